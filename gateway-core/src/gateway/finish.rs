//! The second half of an exchange: commit, and what HTTP makes of the body.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::outgoing::{Outgoing, Reporting, Streaming};
use super::run::Ready;
use super::{Facts, Guard, failure};
use crate::error::Error;
use crate::exchange::Committed;

/// Commits the head and makes the response.
pub(super) fn respond(guard: Guard<'_>, ready: Ready, facts: Facts) -> Response<Outgoing> {
    let Committed {
        mut head,
        close_connection,
    } = match guard.exchange().commit() {
        Ok(committed) => committed,
        Err(error) => {
            drop(ready);
            let close = guard.exchange().closes_connection();
            return failure::page(error.into(), facts, close);
        }
    };
    facts.close(close_connection, &mut head.headers);
    let body = if facts.is_bodyless(head.status) {
        let length = head.length.or(ready.length());
        drop(ready);
        bodyless(head.status, &mut head.headers, length)
    } else {
        match framed(guard, ready, head.length, &mut head.headers) {
            Ok(body) => body,
            Err(error) => return failure::page(error, facts, close_connection),
        }
    };
    into_response(head.status, head.headers, body)
}

/// Puts the parts together.
pub(super) fn into_response(
    status: StatusCode,
    headers: HeaderMap,
    body: Outgoing,
) -> Response<Outgoing> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The answer where no body is sent (B6, B7).
pub(super) fn bodyless(
    status: StatusCode,
    headers: &mut HeaderMap,
    length: Option<u64>,
) -> Outgoing {
    match status {
        // RFC 9110 section 8.6: a 204 has no Content-Length. On a 304 it may name the length that a
        // 200 would have had, but HTTP/2 clients count it against the body that is not there.
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => {
            headers.remove(header::CONTENT_LENGTH);
        }
        // RFC 9110 section 15.3.6: a 205 says that it is empty.
        StatusCode::RESET_CONTENT => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        // HEAD: the length that GET would have had, where it is known.
        _ => {
            if let Some(length) = length {
                headers
                    .entry(header::CONTENT_LENGTH)
                    .or_insert_with(|| HeaderValue::from(length));
            }
        }
    }
    Outgoing::nothing()
}

/// The body that is sent, held to its declared length (B5).
fn framed(
    guard: Guard<'_>,
    ready: Ready,
    declared: Option<u64>,
    headers: &mut HeaderMap,
) -> Result<Outgoing, Error> {
    let known = ready.length();
    if let (Some(declared), Some(known)) = (declared, known)
        && known < declared
    {
        return Err(Error::from(failure::TooShort {
            declared,
            sent: known,
        }));
    }
    let is_too_long =
        matches!((declared, known), (Some(declared), Some(known)) if known > declared);
    Ok(match (ready, declared) {
        (Ready::Empty(stream), _) => {
            drop(stream);
            // B4: not every host says so by itself on HTTP/2.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            Outgoing::empty()
        }
        (Ready::Full(mut bytes), declared) => {
            if let Some(declared) = declared {
                if is_too_long {
                    failure::log_cut(declared);
                }
                // `declared <= known`, so it fits.
                bytes.truncate(usize::try_from(declared).unwrap_or(usize::MAX));
            }
            Outgoing::full(bytes)
        }
        // The host would not ask for what has no room.
        (Ready::Stream(stream), Some(0)) if stream.has_data() => {
            failure::log_cut(0);
            Outgoing::empty()
        }
        (Ready::Stream(stream), declared) => match guard.release() {
            Some(exchange) => {
                let limit = declared.or(known);
                let mut stream = Streaming::new(stream, limit, exchange, Reporting::Log);
                // Now: the host may stop asking at the declared length.
                if is_too_long {
                    stream.log_cut();
                }
                Outgoing::stream(stream)
            }
            None => Outgoing::empty(),
        },
    })
}
