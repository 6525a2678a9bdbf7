//! The form of error pages.

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse, TryIntoResponse};
use http::HeaderValue;

#[cfg(feature = "json")]
use crate::error::Problem;

/// Which form the errors of an app have; for [`error_format`](crate::MiddlewareExt::error_format).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorFormat {
    /// The small page of HTML that an [`HttpError`] has by itself.
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

/// Gives the errors of an app one form; made by
/// [`MiddlewareExt::error_format`](crate::MiddlewareExt::error_format).
///
/// - What counts is an error that the app's future ends with: an [`HttpError`], the 404 of a
///   [`Mount`](crate::Mount) and the 405 of [`Methods`](crate::Methods) among them, a failed read of the
///   input, and any other error, which becomes a 500. The form is the same whatever the client accepts.
/// - Status, headers, description and cause stay. The cause is logged by the gateway and never sent.
/// - An `HttpError` that has an answer of its own keeps it: a redirect, or the form that a middleware
///   further in gave it. So a mount can have another form than the site around it.
/// - An `HttpError` that a view returns as a value is an answer and stays as it is.
/// - A panic, and an error of a body that streams, do not pass this middleware: their page is the
///   gateway's. [`catch_panic`](crate::MiddlewareExt::catch_panic) answers panics.
///
/// It goes around [`error_handlers`](crate::MiddlewareExt::error_handlers), which see the errors as
/// they were raised, and gives its form to those that no handler answers.
#[derive(Debug, Clone)]
#[must_use = "a middleware does nothing until it serves"]
pub struct FormatErrors<A> {
    app: A,
    format: ErrorFormat,
}

impl<A> FormatErrors<A> {
    /// Gives the errors of an app a form.
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
        // The error is worth more than its form.
        Err(_) => error.into(),
    }
}

/// Content-Type and body of the page.
fn page(error: &HttpError, format: ErrorFormat) -> Result<(&'static str, Bytes), Error> {
    let (content_type, response) = match format {
        ErrorFormat::Html => {
            // Without the cause, which is logged once.
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
