//! `Failure`: the error and the request, as an error handler sees them.

use std::borrow::Cow;

use gateway_core::{Environ, Error, HttpError};
use http::{Method, Uri};
use percent_encoding::percent_decode_str;

#[cfg(feature = "negotiation")]
use crate::request::Accept;

/// What is kept of the request, because the app gets the environ.
#[derive(Debug)]
pub(super) struct Request {
    method: Method,
    uri: Uri,
    /// Where PATH_INFO begins in the URI's path.
    split: usize,
    #[cfg(feature = "negotiation")]
    accept: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn of(environ: &Environ) -> Self {
        Self {
            method: environ.request_method().clone(),
            uri: environ.uri().clone(),
            split: environ.script_name_len(),
            #[cfg(feature = "negotiation")]
            accept: environ
                .header("accept")
                .map(|value| value.as_bytes().to_vec()),
        }
    }
}

/// An error that an app raised, and the request that it was raised for.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::{Either, ErrorHandlers, Problem};
///
/// let app = view(async |_| Err::<&str, _>(HttpError::gone()));
/// let app = ErrorHandlers::new(app).default(|failure| {
///     let error = failure.http_error();
///     if failure.prefers_json() {
///         return Either::Left(Problem::from(error));
///     }
///     Either::Right((format!("{}: {}", failure.method(), error.name()), error.status()))
/// });
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.status(), 410);
/// assert_eq!(response.into_body().bytes().await?, "GET: Gone");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Failure<'a> {
    error: &'a Error,
    http_error: &'a HttpError,
    request: &'a Request,
}

impl<'a> Failure<'a> {
    pub(super) fn new(error: &'a Error, http_error: &'a HttpError, request: &'a Request) -> Self {
        Self {
            error,
            http_error,
            request,
        }
    }

    /// The error as it was raised. Its text is not for the client.
    #[must_use]
    pub fn error(&self) -> &'a Error {
        self.error
    }

    /// The error as the client may see it: the raised one, or the 500 that replaces it.
    #[must_use]
    pub fn http_error(&self) -> &'a HttpError {
        self.http_error
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.request.method
    }

    /// The request's URI as the host parsed it.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.request.uri
    }

    /// SCRIPT_NAME as it was sent: the part of the path that leads to the app around which the handlers
    /// are, for the links of a page. The app inside may be mounted deeper.
    #[must_use]
    pub fn raw_script_name(&self) -> &str {
        let path = self.request.uri.path();
        path.get(..self.request.split).unwrap_or_default()
    }

    /// PATH_INFO as text, with U+FFFD for bytes that are not UTF-8. The client chooses it: escape
    /// it in HTML.
    #[must_use]
    pub fn path(&self) -> Cow<'_, str> {
        let path = self.request.uri.path();
        percent_decode_str(path.get(self.request.split..).unwrap_or_default()).decode_utf8_lossy()
    }

    /// What the client accepts.
    #[cfg(feature = "negotiation")]
    #[must_use]
    pub fn accept(&self) -> Accept {
        let accept = self.request.accept.as_deref();
        Accept::parse(accept)
    }

    /// True if the client prefers JSON to HTML. A client without a preference is treated as a
    /// browser.
    #[cfg(feature = "negotiation")]
    #[must_use]
    pub fn prefers_json(&self) -> bool {
        let accept = self.accept();
        let json = accept
            .quality("application/problem+json")
            .max(accept.quality("application/json"));
        json > accept.quality("text/html")
    }

    /// True if the client prefers HTML to JSON, as browsers do. A client without a preference is
    /// treated as a program.
    #[cfg(feature = "negotiation")]
    #[must_use]
    pub fn prefers_html(&self) -> bool {
        let offers = ["application/problem+json", "application/json", "text/html"];
        self.accept().best(&offers) == Some("text/html")
    }
}
