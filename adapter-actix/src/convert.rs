//! actix-web's `http` 0.2 and the `http` 1 of everything else: the one file that knows both.
//!
//! Neither version gives out the bytes behind its types, so what is asked for is copied.

use actix_web::http as native;
use actix_web::http::header::HeaderMap as NativeHeaders;
use bytes::{Bytes, BytesMut};
use gateway_core::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, uri};

/// The method; `None` where `http` 1 takes the token for none.
#[inline]
pub(crate) fn method(method: &native::Method) -> Option<Method> {
    match *method {
        // Nothing to be parsed for most requests.
        native::Method::GET => Some(Method::GET),
        native::Method::POST => Some(Method::POST),
        native::Method::HEAD => Some(Method::HEAD),
        ref other => Method::from_bytes(other.as_str().as_bytes()).ok(),
    }
}

/// The version of the protocol.
#[inline]
pub(crate) fn version(version: native::Version) -> Version {
    match version {
        native::Version::HTTP_09 => Version::HTTP_09,
        native::Version::HTTP_10 => Version::HTTP_10,
        native::Version::HTTP_2 => Version::HTTP_2,
        native::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// No target is longer for `http` 1; nor for `http` 0.2, but for one that HTTP/2 has in parts.
const LONGEST: usize = u16::MAX as usize - 1;

/// True for a target in origin form (RFC 9112 section 3.2.1), of which every one that `http` 0.2
/// takes is one for `http` 1.
#[inline]
pub(crate) fn is_origin_form(uri: &native::Uri) -> bool {
    // Not by the path, which `http` 0.2 says is `/` where HTTP/2's `:path` is only a query.
    let target = uri.path_and_query().map(|target| target.as_str());
    uri.scheme().is_none()
        && uri.authority().is_none()
        && target.is_some_and(|target| target.starts_with('/') && target.len() <= LONGEST)
}

/// The whole target; `None` where `http` 1 takes it for none.
pub(crate) fn uri(uri: &native::Uri) -> Option<Uri> {
    let path = uri.path_and_query().map(|path| path.as_str());
    let authority = uri.authority().map(|authority| authority.as_str());
    let Some(scheme) = uri.scheme_str() else {
        // CONNECT: the authority is the target.
        let text = path.filter(|path| !path.is_empty()).or(authority)?;
        return text.parse().ok();
    };
    // From parts: HTTP/2 has a scheme and an authority beside the path `*`.
    let mut parts = uri::Parts::default();
    parts.scheme = Some(scheme.parse().ok()?);
    parts.authority = Some(authority?.parse().ok()?);
    parts.path_and_query = Some(path.unwrap_or("/").parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Room for the header values of most requests.
const VALUES: usize = 1024;

/// Request headers as an `http` 1 map; all values share one allocation, or a few.
pub(crate) fn request_headers(headers: &NativeHeaders) -> HeaderMap {
    // Not measured beforehand: going through actix's map costs more than what is left unused.
    let mut values = BytesMut::with_capacity(VALUES);
    let mut map = HeaderMap::with_capacity(headers.len_keys());
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

/// A copy of the values of response headers, one behind the other in one allocation.
#[inline]
pub(crate) fn response_values(headers: &HeaderMap) -> Bytes {
    let length = headers.values().map(HeaderValue::len).sum();
    let mut values = Vec::with_capacity(length);
    for value in headers.values() {
        values.extend_from_slice(value.as_bytes());
    }
    values.into()
}

/// A response header in actix's types; `copy` is that of its value.
#[inline]
pub(crate) fn response_header(
    name: &HeaderName,
    value: &HeaderValue,
    copy: Bytes,
) -> Option<(native::header::HeaderName, native::header::HeaderValue)> {
    let name = match *name {
        // Nothing to be parsed for the one that nearly every response has.
        http::header::CONTENT_TYPE => native::header::CONTENT_TYPE,
        ref other => native::header::HeaderName::from_bytes(other.as_str().as_bytes()).ok()?,
    };
    let mut copy = native::header::HeaderValue::from_maybe_shared(copy).ok()?;
    copy.set_sensitive(value.is_sensitive());
    Some((name, copy))
}

/// The scheme by its name.
pub(crate) fn scheme(name: &str) -> Scheme {
    if name.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        Scheme::Http
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, is_origin_form, native};

    #[test]
    fn e5_a_target_in_origin_form_is_one_for_http_1_too() {
        let longest = format!("/{}", "a".repeat(LONGEST - 1));
        let too_long = format!("{longest}a");
        for (target, expected) in [
            (&*longest, true),
            (&*too_long, false),
            ("/", true),
            ("//a?b", true),
            ("/a|b\"{}?{}|\\^`", true),
            ("?x=1", false),
            ("*", false),
        ] {
            // As h2 makes it of `:path` where there is no `:authority`.
            let mut parts = native::uri::Parts::default();
            parts.path_and_query = Some(target.parse().unwrap());
            let uri = native::Uri::from_parts(parts).unwrap();
            assert_eq!(is_origin_form(&uri), expected, "{target}");
            if expected {
                assert_eq!(super::uri(&uri).unwrap(), target, "{target}");
            }
            // What is no target at all is answered with 400.
            let is_none = target == "?x=1" || target == too_long;
            assert_eq!(super::uri(&uri).is_none(), is_none, "{target}");
        }
    }
}
