//! Responses without a body.

use http::{HeaderValue, Response, StatusCode, header};

use super::outgoing::Outgoing;

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
