//! The driver's response as actix's.

use actix_http::ConnectionType;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody};
use actix_web::dev::RequestHead;
use actix_web::http::{Method, Version, header};
use gateway_core::Outgoing;
use http::HeaderMap;

use crate::body::{self, Framing};
use crate::convert;
use crate::payload::Pump;

/// What of a request decides how actix sends its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) version: Version,
    /// On HTTP/1 the client offered to change to WebSocket, or asked for a tunnel. No app can
    /// accept yet, but actix treats the whole exchange as if one had: the request's body is all
    /// that follows on the connection, and a stream is announced as chunked and not framed.
    pub(crate) is_tunnel: bool,
    /// The client offered to change to some protocol: actix closes the connection after such a
    /// request and would not say so.
    pub(crate) offers_upgrade: bool,
}

impl Facts {
    #[inline]
    pub(crate) fn of(head: &RequestHead) -> Self {
        Self {
            version: head.version,
            is_tunnel: head.version < Version::HTTP_2 && is_tunnel(head),
            offers_upgrade: head.connection_type() == ConnectionType::Upgrade,
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

/// Makes actix's response, framed as HTTP wants it, and gives the header map back.
#[inline]
pub(crate) fn response(
    mut response: http::Response<Outgoing>,
    facts: Facts,
    pump: Option<Pump>,
) -> (HttpResponse<BoxBody>, HeaderMap) {
    let headers = std::mem::take(response.headers_mut());
    let status = convert::status(response.status());
    let mut declared = None;
    // The driver puts a `Connection` there for `close_connection`.
    let mut closes = facts.offers_upgrade;
    let mut made = HttpResponse::with_body(status, ());
    let mut values = convert::response_values(&headers);
    for (name, value) in &headers {
        let copy = values.split_to(value.len());
        // Two are actix's own to write: `Content-Length`, from the size of the body, and
        // `Connection`.
        if *name == http::header::CONTENT_LENGTH {
            declared = value.to_str().ok().and_then(|value| value.parse().ok());
        } else if *name == http::header::CONNECTION {
            closes = true;
        } else if let Some((name, value)) = convert::response_header(name, value, copy) {
            made.headers_mut().append(name, value);
        }
    }
    let outgoing = response.into_body();
    let size = body::size(&outgoing, declared);
    let is_http1_stream = size == BodySize::Stream && facts.version < Version::HTTP_2;
    let is_chunked = is_http1_stream && facts.version >= Version::HTTP_11;
    let framing = if is_chunked && facts.is_tunnel {
        Framing::Own
    } else {
        Framing::Host
    };
    if closes {
        made.head_mut().set_connection_type(ConnectionType::Close);
    }
    if is_http1_stream && !is_chunked {
        // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
        made.head_mut().no_chunking(true);
        made.head_mut().set_connection_type(ConnectionType::Close);
    }
    let body = body::body(outgoing, size, framing, pump);
    (made.set_body(body), headers)
}
