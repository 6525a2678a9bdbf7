//! actix-web's `http` 0.2 and the `http` 1 of everything else: the one file that knows both.
//!
//! Neither version gives out the bytes behind its types, so text is copied: into a buffer that is
//! used again as soon as nothing refers to it any more.

use actix_web::HttpResponse;
use actix_web::http as native;
use actix_web::http::header::HeaderMap as NativeHeaders;
use bytes::{Bytes, BytesMut};
use gateway_core::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, request, uri};

/// Room for the targets or header values of some hundred requests.
const BUFFER: usize = 4096;

/// What is longer gets an allocation of its own, so that it pins no buffer.
const LARGE: usize = 1024;

/// How many empty header maps, of how much room, are kept.
const KEPT_MAPS: usize = 64;
const KEPT_HEADERS: usize = 96;

/// The memory that text is copied into, and emptied header maps.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    buffer: BytesMut,
    maps: Vec<HeaderMap>,
}

impl Scratch {
    fn copy(&mut self, pieces: &[&[u8]]) -> Bytes {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > LARGE {
            return pieces.concat().into();
        }
        if self.buffer.capacity() < length {
            // Takes the old buffer back if its pieces are gone, else makes a new one.
            self.buffer.reserve(BUFFER);
        }
        for piece in pieces {
            self.buffer.extend_from_slice(piece);
        }
        self.buffer.split().freeze()
    }

    /// An empty map, with room if there was a response before.
    pub(crate) fn spare_map(&mut self) -> HeaderMap {
        self.maps.pop().unwrap_or_default()
    }

    /// Takes the map of a response whose headers were copied.
    pub(crate) fn keep_map(&mut self, mut map: HeaderMap) {
        if self.maps.len() < KEPT_MAPS && map.capacity() <= KEPT_HEADERS {
            map.clear();
            self.maps.push(map);
        }
    }
}

/// The head of a request, without its headers; `None` where `http` 1 takes the target for none.
pub(crate) fn request_parts(
    method: &native::Method,
    uri: &native::Uri,
    version: native::Version,
    scratch: &mut Scratch,
) -> Option<request::Parts> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(method.as_str().as_bytes()).ok()?;
    parts.uri = target(uri, scratch)?;
    parts.version = match version {
        native::Version::HTTP_09 => Version::HTTP_09,
        native::Version::HTTP_10 => Version::HTTP_10,
        native::Version::HTTP_2 => Version::HTTP_2,
        native::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    Some(parts)
}

fn target(uri: &native::Uri, scratch: &mut Scratch) -> Option<Uri> {
    let path = uri.path_and_query().map(|path| path.as_str());
    let authority = uri.authority().map(|authority| authority.as_str());
    let Some(scheme) = uri.scheme_str() else {
        // CONNECT: the authority is the target.
        let text = path.filter(|path| !path.is_empty()).or(authority)?;
        return Uri::from_maybe_shared(scratch.copy(&[text.as_bytes()])).ok();
    };
    // From parts: HTTP/2 has a scheme and an authority beside the path `*`.
    let mut parts = uri::Parts::default();
    let authority = scratch.copy(&[authority?.as_bytes()]);
    let path = scratch.copy(&[path.unwrap_or("/").as_bytes()]);
    parts.scheme = Some(scheme.parse().ok()?);
    parts.authority = Some(uri::Authority::from_maybe_shared(authority).ok()?);
    parts.path_and_query = Some(uri::PathAndQuery::from_maybe_shared(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// Request headers as an `http` 1 map; all values share one allocation.
pub(crate) fn request_headers(headers: &NativeHeaders) -> HeaderMap {
    let length = headers.iter().map(|(_, value)| value.len()).sum();
    let mut values = BytesMut::with_capacity(length);
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        values.extend_from_slice(value.as_bytes());
        let bytes = values.split().freeze();
        // actix has parsed the head; a line that http 1 refuses is left out.
        if let (Ok(name), Ok(mut copy)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_maybe_shared(bytes),
        ) {
            copy.set_sensitive(value.is_sensitive());
            map.append(name, copy);
        }
    }
    map
}

/// The status in actix's type.
pub(crate) fn status(status: http::StatusCode) -> native::StatusCode {
    // Both versions take 100 to 999.
    native::StatusCode::from_u16(status.as_u16())
        .unwrap_or(native::StatusCode::INTERNAL_SERVER_ERROR)
}

/// Copies response headers, lines of one name in their order (S8).
///
/// Two are actix's own to write: `Content-Length`, from the size of the body, and `Connection`.
pub(crate) fn response_headers<B>(
    headers: &HeaderMap,
    response: &mut HttpResponse<B>,
    scratch: &mut Scratch,
) {
    let map = response.headers_mut();
    for (name, value) in headers {
        if *name == http::header::CONTENT_LENGTH || *name == http::header::CONNECTION {
            continue;
        }
        let bytes = scratch.copy(&[value.as_bytes()]);
        if let (Ok(name), Ok(mut copy)) = (
            native::header::HeaderName::from_bytes(name.as_str().as_bytes()),
            native::header::HeaderValue::from_maybe_shared(bytes),
        ) {
            copy.set_sensitive(value.is_sensitive());
            map.append(name, copy);
        }
    }
}

/// The scheme by its name.
pub(crate) fn scheme(name: &str) -> Scheme {
    if name.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        Scheme::Http
    }
}
