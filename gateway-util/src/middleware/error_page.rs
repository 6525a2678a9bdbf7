//! Adds headers to the pages of errors, for middlewares whose hook has not run.

use gateway_core::{Error, HttpError};
use http::{HeaderName, HeaderValue};

/// Adds a header to the page of an `HttpError` that an app failed with, unless it has one of that
/// name. The error itself stays, for the error handlers outside.
///
/// The gateway makes the head of other errors. A middleware cannot change it.
pub(super) fn with_header(
    error: Error,
    name: &'static HeaderName,
    value: impl FnOnce() -> Option<HeaderValue>,
) -> Error {
    let error = match error.downcast::<HttpError>() {
        Ok(error) if !error.headers().contains_key(name) => error,
        Ok(error) => return error.into(),
        Err(error) => return error,
    };
    match value() {
        Some(value) => match error.with_headers([(name.clone(), value)]) {
            Ok(error) => error.into(),
            Err(error) => error.into(),
        },
        None => error.into(),
    }
}
