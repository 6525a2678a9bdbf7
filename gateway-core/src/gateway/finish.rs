//! The second half of an exchange: commit, and what HTTP makes of the body.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::outgoing::Outgoing;
use super::run::Ready;
use super::{Facts, Guard, failure};

/// Commits the head and makes the response.
pub(super) fn respond(guard: Guard<'_>, ready: Ready, facts: Facts) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::nothing());
    let committed = match guard.exchange().commit(&mut response) {
        Ok(committed) => committed,
        Err(error) => {
            drop(ready);
            let close = guard.exchange().closes_connection();
            return failure::page(error.into(), facts, close);
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
        return failure::page(error.into(), facts, committed.close_connection);
    }
    *response.body_mut() = framed(guard, ready, declared, response.headers_mut());
    response
}

/// Makes a response one of which no body is sent (B6, B7).
pub(super) fn bodyless(response: &mut Response<Outgoing>, length: Option<u64>) {
    let status = response.status();
    let headers = response.headers_mut();
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
    *response.body_mut() = Outgoing::nothing();
}

/// The error of a body that is known to be shorter than was declared (B5).
fn too_short(declared: Option<u64>, ready: &Ready) -> Option<failure::TooShort> {
    let declared = declared?;
    let sent = ready.length().filter(|known| *known < declared)?;
    Some(failure::TooShort { declared, sent })
}

/// The body that is sent, held to its declared length (B5), which it is not shorter than.
fn framed(
    guard: Guard<'_>,
    ready: Ready,
    declared: Option<u64>,
    headers: &mut HeaderMap,
) -> Outgoing {
    match ready {
        Ready::Full(mut bytes) => {
            if let Some(declared) = declared
                && bytes.len() as u64 > declared
            {
                failure::log_cut(declared);
                bytes.truncate(usize::try_from(declared).unwrap_or(usize::MAX));
            }
            Outgoing::full(bytes)
        }
        Ready::Empty => {
            // B4: not every host says so by itself on HTTP/2.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            Outgoing::empty()
        }
        // The host would not ask for what has no room.
        Ready::Stream(stream) if declared == Some(0) && stream.has_data() => {
            failure::log_cut(0);
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
