//! `FormatErrors`: gives the error pages of an app one format: HTML, text or JSON.

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse, TryIntoResponse};
use http::HeaderValue;

#[cfg(feature = "json")]
use crate::error::Problem;

/// The format of an app's errors; for [`error_format`](crate::MiddlewareExt::error_format).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorFormat {
    /// The small HTML page that an [`HttpError`] has by default.
    Html,
    /// Two lines of text: status and name, and the description.
    Text,
    /// An object with the members `status`, `title` and `detail`, as `application/json`.
    #[cfg(feature = "json")]
    Json,
    /// The same object as `application/problem+json` (RFC 9457); see [`Problem`].
    #[cfg(feature = "json")]
    Problem,
}

/// Gives the errors of an app one format; made by
/// [`MiddlewareExt::error_format`](crate::MiddlewareExt::error_format).
///
/// - It changes an error that the app's future ends with: an [`HttpError`], the 404 of a
///   [`Mount`](crate::Mount), the 405 of [`Methods`](crate::Methods), a failed read of the
///   input, and any other error, which becomes a 500. The format does not depend on `Accept`.
/// - Status, headers, description and cause stay. The gateway logs the cause and never sends it.
/// - An `HttpError` that has a response of its own keeps it: a redirect, or the format of a
///   middleware further in. So a mount can have another format than the site around it.
/// - An `HttpError` that a view returns as a value is a response and stays as it is.
/// - A panic, an error of a streaming body, and a body that is shorter than its declared length, do
///   not pass this middleware: the gateway makes their page.
///   [`catch_panic`](crate::MiddlewareExt::catch_panic) answers panics.
///
/// It goes around [`error_handlers`](crate::MiddlewareExt::error_handlers). They see the errors as
/// they were raised, and this gives its format to those that no handler answers.
#[derive(Debug, Clone)]
#[must_use = "a middleware does nothing until it serves"]
pub struct FormatErrors<A> {
    app: A,
    format: ErrorFormat,
}

impl<A> FormatErrors<A> {
    /// Gives the errors of an app a format.
    pub fn new(app: A, format: ErrorFormat) -> Self {
        Self { app, format }
    }
}

impl<A: App> App for FormatErrors<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let outcome = self.app.call(environ, start_response).await;
        outcome.map_err(|error| formatted(error, self.format))
    }

    gateway_core::forward_lifespan!(app);
}

fn formatted(error: Error, format: ErrorFormat) -> Error {
    let error = HttpError::try_from(error)
        .unwrap_or_else(|error| HttpError::internal_server_error().with_source(error.into_boxed()));
    if error.response().is_some() {
        return error.into();
    }
    match page(&error, format) {
        Ok((content_type, page)) => {
            let content_type = HeaderValue::from_static(content_type);
            error.with_page(content_type, page).into()
        }
        // If the format fails, the error itself is passed on.
        Err(_) => error.into(),
    }
}

/// Content-Type and body of the page.
fn page(error: &HttpError, format: ErrorFormat) -> Result<(&'static str, Bytes), Error> {
    let (content_type, response) = match format {
        ErrorFormat::Html => {
            // Without the cause, which is logged elsewhere once.
            let page =
                HttpError::new(error.status()).with_description(error.description().to_owned());
            ("text/html; charset=utf-8", page.try_into_response()?)
        }
        ErrorFormat::Text => {
            let text = format!("{error}\n{}\n", error.description());
            ("text/plain; charset=utf-8", text.try_into_response()?)
        }
        #[cfg(feature = "json")]
        ErrorFormat::Json => (
            "application/json",
            Problem::from(error).try_into_response()?,
        ),
        #[cfg(feature = "json")]
        ErrorFormat::Problem => {
            let problem = Problem::from(error).try_into_response()?;
            ("application/problem+json", problem)
        }
    };
    let bytes = response.into_body().buffered().unwrap_or_default();
    Ok((content_type, bytes))
}
