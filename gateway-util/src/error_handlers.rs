//! `ErrorHandlers`: a middleware that answers errors with the pages of a site.

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

/// Answers an app's errors with pages of the site: with handlers by error type and by status, and a
/// default for everything else.
///
/// It handles the errors that an app *raises*: an error that its future ends with, an `HttpError`
/// or any other, before the head was sent. An error page that is returned as a value is a response
/// and stays as it is (as in Flask). So does an error that has a response of its own.
///
/// Of the handlers that fit, the first of these is called: one for the type of the error, one for
/// its status, the [default](Self::default). If there is none, the client gets problem+json if that
/// is switched on and it does not prefer HTML, and otherwise the page of the error. A handler sets
/// its own status, as in Flask: `("not here", 404)`.
///
/// If a handler answers an error of the kind 500, the error is logged here (target `gateway`),
/// because nothing outside sees it any more. It is not logged if a handler for its type gives it a
/// status below 500, because then it was expected. Errors in the middle of a body are not seen
/// here.
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

    /// A handler for errors whose own type is `E`. The causes of an error do not count.
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

    /// A handler for a status. 500 is also the status of every error that has none.
    ///
    /// A value that is not a status never fits.
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

    /// The handler for everything that has no other handler.
    ///
    /// The response does not borrow from the failure. A handler that is a function of its own names its
    /// type, or says so: `fn page(failure: &Failure<'_>) -> impl TryIntoResponse + use<>`.
    pub fn default<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(&Failure<'_>) -> R + Send + Sync + 'static,
        R: TryIntoResponse,
    {
        self.default = Some(boxed(handler));
        self
    }

    /// Answers with `application/problem+json`, unless the client prefers HTML to JSON, as browsers
    /// do. A client without a preference (`*/*`, or no `Accept`) gets JSON.
    /// [`error_format`](crate::MiddlewareExt::error_format) gives JSON to browsers, too.
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

    /// The response to a failure, which is logged here if it must be. `None` for the error's own
    /// response.
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
    /// Tells caches that the page depends on `Accept`.
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
