//! What the client sees of an error, and what the log says.

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::bodyless::bodyless;
use super::facts::Facts;
use super::outgoing::Outgoing;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::headers::{self, HeaderError};
use crate::http_error::HttpError;
use crate::into_response::NoResponse;
use crate::log::{self, Chain};
use crate::panicked::{Panicked, catch};
use crate::start_error::StartError;
use crate::status::StatusError;

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

/// Logs a fault of the app, with the clause that the error is about; `otherwise` is the one for
/// errors of the app's own.
pub(super) fn report(otherwise: &'static str, error: &Error, what: &str) {
    let rule = rule(error).unwrap_or(otherwise);
    // B9: the error's text is the app's, too.
    if let Err(panicked) = catch(|| log::error(rule, what, &Chain(error.as_dyn()))) {
        log::error("B9", "the text of an error", &panicked);
    }
}

/// Drops an error of the app, whose destructor may panic (B9).
fn discard(error: impl Sized) {
    if let Err(panicked) = catch(|| drop(error)) {
        log::error("B9", "dropping an error", &panicked);
    }
}

fn rule(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<StartError>() {
        Some(error.rule())
    } else if let Some(error) = error.downcast_ref::<HeaderError>() {
        Some(error.rule())
    } else if error.is::<StatusError>() {
        Some("N4")
    } else if error.is::<NoResponse>() {
        Some("N2")
    } else if error.is::<Panicked>() {
        Some("B9")
    } else if error.is::<TooShort>() {
        Some("B5")
    } else {
        None
    }
}

/// Says once that a body is longer than its declared length (B5).
pub(super) fn log_cut(declared: u64) {
    log::warn(
        "B5",
        &format_args!("the body is longer than the declared {declared} bytes; the rest is dropped"),
    );
}

/// Cuts bytes in hand to their declared length (B5).
#[inline]
pub(super) fn cut(bytes: &mut Bytes, declared: u64) {
    if bytes.len() as u64 > declared {
        log_cut(declared);
        bytes.truncate(usize::try_from(declared).unwrap_or(usize::MAX));
    }
}

/// A body of fewer bytes than were declared (B5).
#[derive(Debug)]
pub(super) struct TooShort {
    pub(super) declared: u64,
    pub(super) sent: u64,
}

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the body has {} bytes, {} were declared",
            self.sent, self.declared
        )
    }
}

impl StdError for TooShort {}
