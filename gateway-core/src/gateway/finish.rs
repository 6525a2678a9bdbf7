//! The second half of an exchange: commit, and what HTTP makes of the body.

use http::{HeaderMap, HeaderValue, Response, header};

use super::bodyless::bodyless;
use super::facts::Facts;
use super::failure;
use super::fault::{self, TooShort};
use super::guard::Guard;
use super::outgoing::Outgoing;
use super::run::Ready;

/// Commits the head and makes the response.
#[inline]
pub(super) fn respond(guard: Guard<'_>, ready: Ready, facts: Facts) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::nothing());
    let committed = match guard.exchange().commit(&mut response) {
        Ok(committed) => committed,
        Err(error) => {
            drop(ready);
            return failure::page(error.into(), facts, guard.exchange());
        }
    };
    let declared = committed.length;
    facts.close(committed.close_connection, response.headers_mut());
    if facts.is_bodyless(response.status()) {
        let length = declared.or(ready.length());
        drop(ready);
        bodyless(&mut response, length);
        return response;
    }
    if let Some(error) = too_short(declared, &ready) {
        return failure::page(error.into(), facts, guard.exchange());
    }
    *response.body_mut() = framed(guard, ready, declared, response.headers_mut());
    response
}

/// The error of a body that is known to be shorter than was declared (B5).
#[inline]
fn too_short(declared: Option<u64>, ready: &Ready) -> Option<TooShort> {
    let declared = declared?;
    let sent = ready.length().filter(|known| *known < declared)?;
    Some(TooShort { declared, sent })
}

/// The body that is sent, held to its declared length (B5), which it is not shorter than.
#[inline]
fn framed(
    guard: Guard<'_>,
    ready: Ready,
    declared: Option<u64>,
    headers: &mut HeaderMap,
) -> Outgoing {
    match ready {
        Ready::Full(mut bytes) => {
            if let Some(declared) = declared {
                fault::cut(&mut bytes, declared);
            }
            Outgoing::full(bytes)
        }
        Ready::Empty(stream) => {
            drop(stream);
            // B4: not every host says so by itself on HTTP/2.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            Outgoing::empty()
        }
        // The host would not ask for what has no room.
        Ready::Stream(stream) if declared == Some(0) && stream.has_data() => {
            fault::log_cut(0);
            Outgoing::empty()
        }
        Ready::Stream(mut stream) => {
            stream.commit(declared);
            match guard.release() {
                Some((exchange, pool)) => Outgoing::stream(stream.hold(exchange, pool)),
                None => Outgoing::empty(),
            }
        }
    }
}
