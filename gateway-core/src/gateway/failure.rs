//! What the client sees of an error.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::bodyless::bodyless;
use super::facts::Facts;
use super::fault::{TooShort, cut, report};
use super::outgoing::Outgoing;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::headers;
use crate::http_error::HttpError;
use crate::log;
use crate::panicked::catch;

/// The answer to an error before commit (B1): its own page if it is an `HttpError`, else a generic
/// one. The cause is logged and never sent.
///
/// The page's head is made in what the exchange keeps for one.
pub(super) fn page(error: Error, facts: Facts, exchange: &Exchange) -> Response<Outgoing> {
    let error = match HttpError::try_from(error) {
        Ok(error) => {
            // B9: the text of its cause is the app's.
            if let Err(panicked) = catch(|| error.report()) {
                log::error("B9", "the text of an error", &panicked);
            }
            error
        }
        Err(error) => {
            report("B1", &error, "the app failed before its response was sent");
            discard(error);
            HttpError::internal_server_error()
        }
    };
    let mut response = Response::new(Outgoing::nothing());
    let close_connection = exchange.abandon(response.headers_mut());
    let (status, page) = fill(response.headers_mut(), &error, facts);
    discard(error);
    *response.status_mut() = status;
    facts.close(close_connection, response.headers_mut());
    if facts.is_bodyless(status) {
        bodyless(&mut response, Some(page.len() as u64));
    } else {
        *response.body_mut() = Outgoing::full(page);
    }
    response
}

/// The page of an error whose headers are fit to be sent, else of a 500.
fn fill(headers: &mut HeaderMap, error: &HttpError, facts: Facts) -> (StatusCode, Bytes) {
    let (status, mut page) = error.page_into(headers);
    match headers::check(headers) {
        // B5: the error may have an answer of its own, with a length that is not the body's.
        Ok(Some(declared)) if !facts.is_bodyless(status) => {
            cut(&mut page, declared);
            let sent = page.len() as u64;
            if sent == declared {
                return (status, page);
            }
            let short = TooShort { declared, sent };
            log::error("B5", "the answer of an HTTP error", &short);
        }
        Ok(_) => return (status, page),
        Err(refused) => log::error(refused.rule(), "the headers of an HTTP error", &refused),
    }
    headers.clear();
    HttpError::internal_server_error().page_into(headers)
}

/// Drops an error of the app, whose destructor may panic (B9).
fn discard(error: impl Sized) {
    if let Err(panicked) = catch(|| drop(error)) {
        log::error("B9", "dropping an error", &panicked);
    }
}
