//! The answers that need no handler, and the log.

use std::error::Error as StdError;
#[cfg(feature = "tracing")]
use std::fmt;
use std::fmt::Write;

use gateway_core::{Error, Response, TryIntoResponse};

use super::Failure;
#[cfg(feature = "json")]
use crate::error::Problem;
#[cfg(feature = "json")]
use crate::response::ResponseFields;

/// The error for programs. Its choice depends on what the client accepts, and caches have to know.
#[cfg(feature = "json")]
pub(super) fn problem(failure: &Failure<'_>) -> Result<Response, Error> {
    let mut response = Problem::from(failure.http_error()).try_into_response()?;
    response.vary(http::header::ACCEPT)?;
    Ok(response)
}

/// The error for its author, as text: nothing in it can become markup.
pub(super) fn debug(failure: &Failure<'_>) -> Result<Response, Error> {
    let mut text = format!(
        "{}\n\n{} {}\n\n",
        failure.http_error(),
        failure.method(),
        failure.uri()
    );
    let mut cause: Option<&dyn StdError> = Some(failure.error().as_dyn());
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{error}\n    {error:?}");
        cause = error.source();
    }
    text.push_str("\nThis page is shown by debug builds only.\n");
    (
        text,
        failure.http_error().status(),
        [("content-type", "text/plain; charset=utf-8")],
    )
        .try_into_response()
}

/// Logs what is the server's fault: the driver sees an answer and no error.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "logging is compiled out")
)]
pub(super) fn log(failure: &Failure<'_>) {
    #[cfg(feature = "tracing")]
    if failure.http_error().status().is_server_error() {
        tracing::error!(
            target: "gateway",
            clause = "N6",
            "{} {}: {}",
            failure.method(),
            failure.uri().path(),
            Chain(failure.error().as_dyn())
        );
    }
}

/// An error with its causes, on one line.
#[cfg(feature = "tracing")]
struct Chain<'a>(&'a (dyn StdError + 'a));

#[cfg(feature = "tracing")]
impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
