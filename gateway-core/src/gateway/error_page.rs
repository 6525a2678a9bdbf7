//! Logs an error of the app, and makes the page that the client sees instead.

use crate::error::Error;
use crate::exchange::Owner;
use crate::http_error::HttpError;
use crate::log;
use crate::panicked::catch;

use super::log_fault::{clause, log_fault};

/// An error before the commit (B1): its own page if it is an `HttpError`, else a generic one.
pub(super) struct ErrorPage {
    pub(super) error: HttpError,
    /// The clause that explains the end.
    pub(super) clause: Option<&'static str>,
}

impl ErrorPage {
    /// Logs the cause, which is never sent, for the exchange of `owner`, and returns the page.
    pub(super) fn of(error: Error, owner: &Owner) -> Self {
        match HttpError::try_from(error) {
            Ok(error) => {
                // B9: the text of the cause is code of the app, which may panic.
                if error.has_cause() {
                    owner.in_scope(&mut || {
                        if let Err(panicked) = catch(|| error.report()) {
                            log::error("B9", "the text of an error", &panicked);
                        }
                    });
                }
                Self {
                    error,
                    clause: None,
                }
            }
            Err(error) => {
                let clause = clause(&error);
                let what = "the app failed with an error that has no response of its own, so the client gets a 500";
                owner.in_scope(&mut || log_fault("B1", &error, what));
                discard(error);
                Self {
                    error: HttpError::internal_server_error(),
                    clause: clause.or(Some("B1")),
                }
            }
        }
    }
}

/// Drops an error of the app. Its destructor may panic (B9).
pub(super) fn discard(error: impl Sized) {
    if let Err(panicked) = catch(|| drop(error)) {
        log::error("B9", "dropping an error", &panicked);
    }
}
