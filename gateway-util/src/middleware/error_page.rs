//! Headers on the pages of errors, which no start has passed.

use gateway_core::{Error, HttpError};
use http::{HeaderName, HeaderValue};

/// Adds a header to the page of an `HttpError` that an app failed with, unless it has one of that
/// name. The error stays the one it is, for the error handlers outside.
///
/// The head of other errors is the gateway's own: a middleware has no say in it.
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
