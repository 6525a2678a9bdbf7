//! Logs that the app broke a clause of the specification, and which.

use crate::body::NoBytes;
use crate::error::Error;
use crate::headers::HeaderError;
use crate::log::{self, Chain};
use crate::panicked::{Panicked, catch};
use crate::start_error::StartError;
use crate::status::StatusError;
use crate::try_into_response::NoResponse;

use super::length::TooShort;
use super::switch_error::SwitchError;

/// Logs an error of the app with its clause. `otherwise` is the clause of an error that names none.
pub(super) fn log_fault(otherwise: &'static str, error: &Error, what: &str) {
    let clause = clause(error).unwrap_or(otherwise);
    // B9: the text of an error is code of the app, which may panic.
    if let Err(panicked) = catch(|| log::error(clause, what, &Chain(error.as_dyn()))) {
        log::error("B9", "the text of an error", &panicked);
    }
}

/// The clause that the app broke, if the error names one.
pub(super) fn clause(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<StartError>() {
        Some(error.clause())
    } else if let Some(error) = error.downcast_ref::<HeaderError>() {
        Some(error.clause())
    } else if error.is::<StatusError>() {
        Some("N4")
    } else if error.is::<NoResponse>() {
        Some("N2")
    } else if error.is::<Panicked>() {
        Some("B9")
    } else if error.is::<TooShort>() {
        Some("B5")
    } else if error.is::<NoBytes>() {
        Some("U13")
    } else if let Some(error) = error.downcast_ref::<SwitchError>() {
        Some(error.clause())
    } else {
        None
    }
}
