//! Converts an environ into a request of actix's.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{ConnectionType, Request};
use actix_web::HttpMessage as _;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http as native;
use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{Closing, Connection, Environ, Input, InputError, Scheme};
use http::{HeaderValue, Method, Version, header, request};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use tokio::sync::mpsc;

use super::tunnel::Switch;
use crate::names;
use crate::response::{copied_value, joined_values};

/// The only protocol that actix applications switch to.
const WEBSOCKET: &str = "websocket";

/// In the extensions of a request of actix's: it comes from an app, and no encoder of actix's frames
/// the response.
struct Bridged;

/// True for a request that comes from an app.
pub(crate) fn is_bridged(extensions: &actix_web::dev::Extensions) -> bool {
    extensions.contains::<Bridged>()
}

/// A request on the way to a worker.
pub(crate) struct ForeignRequest {
    parts: request::Parts,
    /// The path without the prefix, and the query.
    target: String,
    connection: Connection,
    closing: Closing,
    source: Source,
}

/// What the application reads.
enum Source {
    Body(Input),
    /// The client's bytes, once the protocol is switched.
    Stream(mpsc::Receiver<Bytes>),
}

impl ForeignRequest {
    /// The request, and the switch if one is offered.
    pub(crate) fn new(mut environ: Environ) -> (Self, Option<Switch>) {
        let connection = *environ.connection();
        let closing = environ.closing();
        let host = environ.uri().authority().and_then(|_| environ.host());
        let host = host.and_then(|host| HeaderValue::from_str(&host).ok());
        let offers_websocket = environ.offers_upgrade(WEBSOCKET);
        let target = target(&environ);
        let (mut parts, input) = environ.into_parts();
        if let Some(host) = host {
            // E12: the authority of the target counts, and actix looks at the field first.
            parts.headers.insert(header::HOST, host);
        }
        let (source, switch) = if offers_websocket {
            let has_made_key = add_handshake(&mut parts);
            let (sender, receiver) = mpsc::channel(1);
            (
                Source::Stream(receiver),
                Some(Switch::new(WEBSOCKET, sender, has_made_key)),
            )
        } else {
            // What the host cannot do, the application must not try.
            parts.headers.remove(header::UPGRADE);
            (Source::Body(input), None)
        };
        let request = Self {
            parts,
            target,
            connection,
            closing,
            source,
        };
        (request, switch)
    }

    pub(crate) fn is_head(&self) -> bool {
        self.parts.method == Method::HEAD
    }

    /// True if a switch is offered.
    pub(crate) fn offers_switch(&self) -> bool {
        matches!(self.source, Source::Stream(_))
    }

    /// The request of actix. `None` if the types of `http` 0.2 do not accept its method. `in_handler`
    /// tells whether the handler itself is polled.
    pub(crate) fn into_actix(self, in_handler: Option<Rc<Cell<bool>>>) -> Option<Request> {
        let is_switch = self.offers_switch();
        let Self {
            parts,
            target,
            connection,
            closing,
            source,
        } = self;
        let payload: Payload = match source {
            Source::Body(input) if http_body::Body::is_end_stream(&input) => Payload::None,
            Source::Body(input) => Payload::Stream {
                payload: Box::pin(Incoming(input)),
            },
            Source::Stream(receiver) => Payload::Stream {
                payload: Box::pin(ClientBytes {
                    bytes: receiver,
                    in_handler: in_handler.unwrap_or_default(),
                }),
            },
        };
        let mut request = Request::with_payload(payload);
        let head = request.head_mut();
        head.method = native::Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
        head.version = version(parts.version);
        head.peer_addr = connection.peer_addr();
        let mut copies = joined_values(&parts.headers, |_, _| true);
        for (name, value) in &parts.headers {
            let value = copied_value(value, &mut copies);
            if let (Some(name), Some(value)) = (names::to_native(name), value) {
                head.headers.append(name, value);
            }
        }
        head.uri = uri(&parts, target, connection.scheme())?;
        if is_switch {
            head.set_connection_type(ConnectionType::Upgrade);
        }
        request.extensions_mut().insert(Bridged);
        request.extensions_mut().insert(closing);
        if !parts.extensions.is_empty() {
            request
                .extensions_mut()
                .insert::<http::Extensions>(parts.extensions);
        }
        Some(request)
    }
}

/// Shows an offer as actix knows it: one protocol, by HTTP/1.1. Over HTTP/2 there is no key (RFC
/// 8441, section 5), so the handler gets a made-up one. True then.
fn add_handshake(parts: &mut request::Parts) -> bool {
    let headers = &mut parts.headers;
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static(WEBSOCKET));
    let has_no_key = parts.version >= Version::HTTP_2;
    if has_no_key {
        let key = HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAA==");
        headers.insert(header::SEC_WEBSOCKET_KEY, key);
        parts.version = Version::HTTP_11;
    }
    has_no_key
}

/// The path without the prefix, and the query; `*` for the whole server.
fn target(environ: &Environ) -> String {
    let uri = environ.uri();
    if uri.path() == "*" {
        return "*".to_owned();
    }
    let mut target = environ.raw_path_info().to_owned();
    if target.is_empty() {
        target.push('/');
    }
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    if target.is_ascii() {
        return target;
    }
    // `http` 0.2 accepts no other bytes.
    utf8_percent_encode(&target, CONTROLS).to_string()
}

fn version(version: Version) -> native::Version {
    match version {
        Version::HTTP_09 => native::Version::HTTP_09,
        Version::HTTP_10 => native::Version::HTTP_10,
        Version::HTTP_2 => native::Version::HTTP_2,
        Version::HTTP_3 => native::Version::HTTP_3,
        _ => native::Version::HTTP_11,
    }
}

/// The URI. It is absolute if that of the request is, and if the connection is secure: nothing else
/// tells actix so. Its scheme is the connection's, whatever the client has written (E13).
fn uri(parts: &request::Parts, target: String, scheme: Scheme) -> Option<native::Uri> {
    let authority = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None if scheme == Scheme::Https => {
            parts.headers.get(header::HOST).map(HeaderValue::as_bytes)
        }
        None => None,
    };
    let absolute = authority.and_then(|authority| {
        let uri = native::Uri::builder().scheme(scheme.as_str());
        let uri = uri.authority(authority).path_and_query(target.as_str());
        uri.build().ok()
    });
    absolute.or_else(|| target.parse().ok())
}

/// The request body.
struct Incoming(Input);

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.0).poll_next(cx));
        Poll::Ready(item.map(|item| item.map_err(payload_error)))
    }
}

/// actix's error for an input that cannot be read.
fn payload_error(error: InputError) -> PayloadError {
    if error.is_too_large() {
        PayloadError::Overflow
    } else if error.is_incomplete() {
        PayloadError::Incomplete(None)
    } else {
        PayloadError::Io(std::io::Error::other(error))
    }
}

/// What the client sends after the switch.
struct ClientBytes {
    bytes: mpsc::Receiver<Bytes>,
    /// The handler is polled: it has not answered, and the request itself has no body (I1). A task that
    /// it has spawned for its WebSocket is not meant.
    in_handler: Rc<Cell<bool>>,
}

impl Stream for ClientBytes {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.in_handler.get() {
            return Poll::Ready(None);
        }
        self.bytes.poll_recv(cx).map(|bytes| bytes.map(Ok))
    }
}
