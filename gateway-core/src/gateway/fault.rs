//! What the log says of an app's faults, and of bodies that are not as long as declared (B5).

use std::error::Error as StdError;
use std::fmt;

use bytes::Bytes;

use crate::error::Error;
use crate::headers::HeaderError;
use crate::log::{self, Chain};
use crate::panicked::{Panicked, catch};
use crate::start_error::StartError;
use crate::status::StatusError;
use crate::try_into_response::NoResponse;

/// Logs a fault of the app, with the clause that the error is about; `otherwise` is the one for
/// errors of the app's own.
pub(super) fn report(otherwise: &'static str, error: &Error, what: &str) {
    let rule = rule(error).unwrap_or(otherwise);
    // B9: the error's text is the app's, too.
    if let Err(panicked) = catch(|| log::error(rule, what, &Chain(error.as_dyn()))) {
        log::error("B9", "the text of an error", &panicked);
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
