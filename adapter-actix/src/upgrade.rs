//! Switches of protocols: WebSocket over HTTP/1.1, the only one for which actix hands its stream out.
//!
//! actix has no duplex stream to give. What it has after the head of such a request are two halves: a
//! payload that ends with the connection, and the response's body. A [`Tunnel`] is both. Its body
//! holds the outgoing bytes only. The payload and the app's part live in one task of the same thread:
//! actix polls no body while its write buffer is full, and the app's part must be polled all the same
//! (U16).
//!
//! | | |
//! |---|---|
//! | client to app | payload, a bridge of core's, the app's read: a chunk is copied once, into the buffer of the read |
//! | app to client | the app's write, a [`Slot`](slot::Slot) of 64 KiB, actix's write buffer |
//! | the client reads nothing | actix's write buffer and the slot are full, and writes wait |
//! | the app reads nothing | the payload is full, and actix stops reading |
//! | the client has gone | actix drops the body, which ends the task |
//! | the app's part is over | the body ends, and actix closes the connection |

mod slot;
mod stream;
mod tunnel;

use actix_web::HttpMessage;
use actix_web::dev::{Payload, RequestHead, ServiceRequest};
use actix_web::http::{Method, Version, header};
use gateway_core::Environ;

use crate::response::Facts;

pub(crate) use tunnel::Tunnel;

/// The payload of a request that may switch, taken out of it.
// In a box: few requests have one.
#[inline]
pub(crate) fn take_payload(request: &mut ServiceRequest, facts: Facts) -> Option<Box<Payload>> {
    if !facts.is_tunnel || !can_switch(request.head()) {
        return None;
    }
    Some(Box::new(request.take_payload()))
}

/// Offers what actix can switch to (U1). Gives the payload back if something is on offer.
pub(crate) fn offer(environ: &mut Environ, payload: Box<Payload>) -> Option<Box<Payload>> {
    environ.offer_upgrades(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    let is_offered = environ.upgrades().next().is_some();
    is_offered.then_some(payload)
}

/// True if actix hands the stream out, and the request is one that may have it (U2). actix also does
/// so for other methods, for requests with a body and to HTTP/1.0.
fn can_switch(head: &RequestHead) -> bool {
    let mut offers = head.headers.get_all(header::UPGRADE);
    // actix looks for a line that is the one word: of a list it hands nothing out.
    let is_alone = offers.next().is_some_and(|offer| {
        let offer = offer.as_bytes().trim_ascii();
        offer.eq_ignore_ascii_case(b"websocket")
    }) && offers.next().is_none();
    let is_empty = head
        .headers
        .get(header::CONTENT_LENGTH)
        .is_none_or(|length| length.as_bytes() == b"0");
    is_alone && is_empty && head.method == Method::GET && head.version == Version::HTTP_11
}
