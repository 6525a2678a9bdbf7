//! Converts the driver's response into actix's.

use actix_http::ConnectionType;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody};
use actix_web::dev::RequestHead;
use actix_web::http as native;
use actix_web::http::{Method, Version, header};
use bytes::Bytes;
use gateway_core::Outgoing;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use crate::answer::Rest;
use crate::body::{self, Framing};
use crate::ending::Ending;
use crate::names;
use crate::upgrade::Tunnel;
use crate::values::{Place, Values};

/// The properties of a request that decide how actix sends its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) version: Version,
    /// On HTTP/1 the client offered WebSocket, or asked for a tunnel. actix treats the
    /// whole exchange as if that was accepted: everything that follows on the connection is the
    /// request's body.
    pub(crate) is_tunnel: bool,
    /// actix announces a stream as chunked and does not frame it, as in every tunnel that it serves
    /// itself.
    pub(crate) is_unframed: bool,
    /// The client offered some protocol. actix closes the connection after such a
    /// request and does not say so.
    pub(crate) offers_upgrade: bool,
    /// On HTTP/1 the client ends the connection. actix forgets it where it has read another request by
    /// the time of the response.
    pub(crate) asks_for_close: bool,
}

impl Facts {
    /// `is_bridged` tells whether the request is one of [`ActixApp`](crate::ActixApp)'s, which is
    /// only of interest for a tunnel, and for the end of the connection.
    #[inline]
    pub(crate) fn of(head: &RequestHead, is_bridged: impl Fn() -> bool) -> Self {
        let is_tunnel = head.version < Version::HTTP_2 && is_tunnel(head);
        Self {
            version: head.version,
            is_tunnel,
            is_unframed: is_tunnel && !is_bridged(),
            offers_upgrade: head.connection_type() == ConnectionType::Upgrade,
            asks_for_close: head.version < Version::HTTP_2
                && head.connection_type() == ConnectionType::Close
                && !is_bridged(),
        }
    }
}

fn is_tunnel(head: &RequestHead) -> bool {
    let offers = head.headers.get_all(header::UPGRADE).any(|value| {
        value
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"websocket")
    });
    // A chunked body takes precedence.
    (offers || head.method == Method::CONNECT)
        && !head.headers.contains_key(header::TRANSFER_ENCODING)
}

/// Makes actix's response, framed as HTTP demands, and returns the header map.
#[inline]
pub(crate) fn response(
    mut response: http::Response<Outgoing>,
    facts: Facts,
    head: &RequestHead,
    values: &Values,
    rest: &mut Rest,
) -> (HttpResponse<BoxBody>, HeaderMap) {
    let headers = std::mem::take(response.headers_mut());
    let status = native_status(response.status());
    // The driver adds a `Connection` for `close_connection`.
    let mut closes = facts.offers_upgrade || facts.asks_for_close || rest.closes;
    let mut made = HttpResponse::with_body(status, ());
    let native_headers = made.headers_mut();
    let mut copies = None;
    for (name, value) in &headers {
        // actix itself writes two fields: `Content-Length`, from the size of the body, and
        // `Connection`.
        match *name {
            http::header::CONTENT_LENGTH => continue,
            http::header::CONNECTION => {
                closes = true;
                continue;
            }
            _ => {}
        }
        let value = match Place::of(name, value) {
            Some(place) => values.get(place, value),
            None => {
                let copies = copies.get_or_insert_with(|| joined_values(&headers, is_copied));
                copied_value(value, copies)
            }
        };
        if let (Some(name), Some(value)) = (names::to_native(name), value) {
            native_headers.append(name, value);
        }
    }
    let extensions = std::mem::take(response.extensions_mut());
    if !extensions.is_empty() {
        // actix's map has one value of a type, and `http`'s cannot be iterated: all are one value.
        made.extensions_mut().insert::<Extensions>(extensions);
    }
    let mut outgoing = response.into_body();
    if let Some(payload) = rest.tunnel.take()
        && let Some(upgrade) = outgoing.take_upgrade()
    {
        made.head_mut().set_connection_type(ConnectionType::Upgrade);
        let body = BoxBody::new(Tunnel::new(payload, upgrade));
        return (made.set_body(body), headers);
    }
    let size = body::size(&outgoing);
    let is_http1_stream = size == BodySize::Stream && facts.version < Version::HTTP_2;
    let is_chunked = is_http1_stream && facts.version >= Version::HTTP_11;
    let framing = if is_chunked && facts.is_unframed {
        Framing::Own
    } else {
        Framing::Host
    };
    if closes {
        made.head_mut().set_connection_type(ConnectionType::Close);
    }
    if is_http1_stream && !is_chunked {
        // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
        made.head_mut().no_chunking(true);
        made.head_mut().set_connection_type(ConnectionType::Close);
        closes = true;
    }
    let ending = (closes && facts.version < Version::HTTP_2)
        .then(|| Ending::of(head))
        .flatten();
    let body = body::body(outgoing, size, framing, rest.upload.take(), ending);
    (made.set_body(body), headers)
}

/// The status in actix's type.
fn native_status(status: http::StatusCode) -> native::StatusCode {
    // Both versions accept 100 to 999.
    native::StatusCode::from_u16(status.as_u16())
        .unwrap_or(native::StatusCode::INTERNAL_SERVER_ERROR)
}

/// True if each response has its own copy of a value.
fn is_copied(name: &HeaderName, value: &HeaderValue) -> bool {
    !matches!(
        *name,
        http::header::CONTENT_LENGTH | http::header::CONNECTION
    ) && Place::of(name, value).is_none()
}

/// A copy of the values of some headers, one after the other in one allocation.
#[inline]
pub(crate) fn joined_values(
    headers: &HeaderMap,
    is_wanted: impl Fn(&HeaderName, &HeaderValue) -> bool + Copy,
) -> Bytes {
    let wanted = || {
        headers
            .iter()
            .filter(move |(name, value)| is_wanted(name, value))
            .map(|(_, value)| value)
    };
    let mut values = Vec::with_capacity(wanted().map(HeaderValue::len).sum());
    for value in wanted() {
        values.extend_from_slice(value.as_bytes());
    }
    values.into()
}

/// A value in actix's type. It begins `copies`, where it is taken from. `None` if actix does not
/// accept it.
#[inline]
pub(crate) fn copied_value(
    value: &HeaderValue,
    copies: &mut Bytes,
) -> Option<native::header::HeaderValue> {
    let copy = copies.split_to(value.len());
    let mut copy = native::header::HeaderValue::from_maybe_shared(copy).ok()?;
    copy.set_sensitive(value.is_sensitive());
    Some(copy)
}
