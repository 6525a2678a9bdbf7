//! Pages for errors.

mod failure;
mod page;

use std::error::Error as StdError;
use std::fmt;

use gateway_core::{
    App, Body, Environ, Error, HttpError, IntoStatus, Response, StartResponse, TryIntoResponse,
};
use http::StatusCode;
#[cfg(feature = "json")]
use http::{HeaderValue, header};

pub use failure::Failure;

type Handler = Box<dyn Fn(&Failure<'_>) -> Option<Result<Response, Error>> + Send + Sync>;

/// Answers an app's errors in the site's own way: handlers by error type and by status, a default
/// for everything else.
///
/// What an app *raises* is handled: an error that its future ends with, an `HttpError` or any other,
/// as long as no head has gone out. An error page that is returned as a value is an answer and is
/// left as it is (as in Flask), and so is an error that carries its own response.
///
/// Of the handlers that fit, the first of these answers: one for the type of the error, one for its
/// status, the [default](Self::default). Where none does, the client gets problem+json if that was
/// asked for and it does not prefer HTML, else the page of the error. A handler sets its own status, as
/// in Flask: `("not here", 404)`.
///
/// Errors of the kind 500 are logged here when a handler answers them (target `gateway`), because
/// nobody behind it sees them any more; not so one whose type has a handler that makes less than a
/// 500 of it: that one was expected. Errors in the middle of a body are not seen here.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::ErrorHandlers;
///
/// let app = view(async |_| Err::<&str, _>(HttpError::not_found()));
/// let app = ErrorHandlers::new(app)
///     .status(404, |failure| (format!("no {}", failure.path()), 404))
///     .error(|error: &std::num::ParseIntError, _| (error.to_string(), 400));
///
/// let environ = Environ::from_request(http::Request::get("/page").body(())?);
/// let response = app.respond(environ).await?;
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.into_body().bytes().await?, "no /page");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "errorhandler")]
#[must_use = "a middleware does nothing until it serves"]
pub struct ErrorHandlers<A> {
    app: A,
    by_type: Vec<Handler>,
    by_status: Vec<(StatusCode, Handler)>,
    default: Option<Handler>,
    #[cfg(feature = "json")]
    offers_problems: bool,
    shows_sources: bool,
}

impl<A: App> ErrorHandlers<A> {
    /// No handlers yet.
    pub fn new(app: A) -> Self {
        Self {
            app,
            by_type: Vec::new(),
            by_status: Vec::new(),
            default: None,
            #[cfg(feature = "json")]
            offers_problems: false,
            shows_sources: false,
        }
    }

    /// A handler for errors that are an `E` themselves; one buried in a cause does not count.
    pub fn error<E, F, R>(mut self, handler: F) -> Self
    where
        E: StdError + 'static,
        F: Fn(&E, &Failure<'_>) -> R + Send + Sync + 'static,
        R: TryIntoResponse,
    {
        self.by_type.push(Box::new(move |failure| {
            let error = failure.error().downcast_ref::<E>()?;
            Some(handler(error, failure).try_into_response())
        }));
        self
    }

    /// A handler for a status. 500 is also the status of all errors that have none.
    ///
    /// A status that is none fits nothing.
    pub fn status<F, R>(mut self, status: impl IntoStatus, handler: F) -> Self
    where
        F: Fn(&Failure<'_>) -> R + Send + Sync + 'static,
        R: TryIntoResponse,
    {
        if let Ok(status) = status.into_status() {
            self.by_status.retain(|(known, _)| *known != status);
            self.by_status.push((status, boxed(handler)));
        }
        self
    }

    /// The handler for everything that has no other.
    pub fn default<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(&Failure<'_>) -> R + Send + Sync + 'static,
        R: TryIntoResponse,
    {
        self.default = Some(boxed(handler));
        self
    }

    /// Answers with `application/problem+json`, unless the client prefers HTML to JSON, as browsers
    /// do. One that has no preference, by `*/*` or without an `Accept`, gets JSON. To give JSON to
    /// browsers, too, is what [`error_format`](crate::MiddlewareExt::error_format) is for.
    #[cfg(feature = "json")]
    pub fn problem_json(mut self) -> Self {
        self.offers_problems = true;
        self
    }

    /// Shows the causes of errors without a status on their page, in builds with debug assertions.
    /// A release build never shows them.
    pub fn debug_pages(mut self) -> Self {
        self.shows_sources = cfg!(debug_assertions);
        self
    }

    /// The answer to a failure, which is in the log then where it has to be; `None` for the error's
    /// own.
    fn answer(&self, failure: &Failure<'_>) -> Option<Result<Response, Error>> {
        if failure.http_error().response().is_some() {
            return None;
        }
        if let Some(answer) = self.by_type.iter().find_map(|handler| handler(failure)) {
            let is_expected = matches!(&answer, Ok(answer) if !answer.status().is_server_error());
            if !is_expected {
                page::log(failure);
            }
            return Some(answer);
        }
        let status = failure.http_error().status();
        let answer = self
            .by_status
            .iter()
            .find(|(known, _)| *known == status)
            .and_then(|(_, handler)| handler(failure))
            .or_else(|| self.default.as_ref().and_then(|handler| handler(failure)))
            .or_else(|| {
                #[cfg(feature = "json")]
                if self.offers_problems && !failure.prefers_html() {
                    return Some(page::problem(failure));
                }
                let is_hidden = failure.error().downcast_ref::<HttpError>().is_none();
                (self.shows_sources && is_hidden && status.is_server_error())
                    .then(|| page::debug(failure))
            });
        if answer.is_some() {
            page::log(failure);
        }
        answer
    }
}

impl<A> ErrorHandlers<A> {
    /// Tells caches that the page would have been another one for another `Accept`.
    #[cfg(feature = "json")]
    fn vary(&self, error: Error) -> Error {
        if !self.offers_problems {
            return error;
        }
        match error.downcast::<HttpError>() {
            Ok(error) if error.response().is_none() => error
                .with_headers([(header::VARY, HeaderValue::from_static("accept"))])
                .map_or_else(Error::from, Error::from),
            Ok(error) => error.into(),
            Err(error) => error,
        }
    }
}

fn boxed<F, R>(handler: F) -> Handler
where
    F: Fn(&Failure<'_>) -> R + Send + Sync + 'static,
    R: TryIntoResponse,
{
    Box::new(move |failure| Some(handler(failure).try_into_response()))
}

impl<A: App> App for ErrorHandlers<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let request = failure::Request::of(&environ);
        let error = match self.app.call(environ, start_response.clone()).await {
            Ok(body) => return Ok(body),
            Err(error) => error,
        };
        let made;
        let http_error = match error.downcast_ref::<HttpError>() {
            Some(http_error) => http_error,
            None => {
                made = HttpError::new(error.status());
                &made
            }
        };
        let failure = Failure::new(&error, http_error, &request);
        match self.answer(&failure) {
            #[cfg(feature = "json")]
            None => Err(self.vary(error)),
            #[cfg(not(feature = "json"))]
            None => Err(error),
            Some(Ok(response)) => {
                // S2: the app may have started its response before it failed.
                start_response.resend(response, error)
            }
            Some(Err(second)) => Err(second),
        }
    }

    gateway_core::forward_lifespan!(app);
}

impl<A> fmt::Debug for ErrorHandlers<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<_> = self.by_status.iter().map(|(status, _)| status).collect();
        f.debug_struct("ErrorHandlers")
            .field("app", &std::any::type_name::<A>())
            .field("types", &self.by_type.len())
            .field("statuses", &statuses)
            .finish_non_exhaustive()
    }
}
