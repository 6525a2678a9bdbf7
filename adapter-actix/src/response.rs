//! The driver's response as actix's.

use actix_http::ConnectionType;
use actix_web::body::{BodySize, BoxBody};
use actix_web::dev::RequestHead;
use actix_web::http::{Method, Version, header};
use actix_web::{HttpResponse, http};
use gateway_core::Outgoing;

use crate::body::{self, Framing};
use crate::convert::{self, Scratch};
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

/// Makes actix's response, framed as HTTP wants it.
pub(crate) fn response(
    response: ::http::Response<Outgoing>,
    facts: Facts,
    pump: Option<Pump>,
    scratch: &mut Scratch,
) -> HttpResponse<BoxBody> {
    let (parts, outgoing) = response.into_parts();
    let declared = parts
        .headers
        .get(::http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let size = body::size(&outgoing, declared);
    let is_http1_stream = size == BodySize::Stream && facts.version < Version::HTTP_2;
    let is_chunked = is_http1_stream && facts.version >= Version::HTTP_11;
    let framing = if is_chunked && facts.is_tunnel {
        Framing::Own
    } else {
        Framing::Host
    };
    let status: http::StatusCode = convert::status(parts.status);
    let mut made = HttpResponse::with_body(status, body::body(outgoing, size, framing, pump));
    convert::response_headers(&parts.headers, &mut made, scratch);
    let head = made.head_mut();
    // The driver puts it there, for `close_connection`.
    if parts.headers.contains_key(::http::header::CONNECTION) || facts.offers_upgrade {
        head.set_connection_type(ConnectionType::Close);
    }
    if is_http1_stream && !is_chunked {
        // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    scratch.keep_map(parts.headers);
    made
}
