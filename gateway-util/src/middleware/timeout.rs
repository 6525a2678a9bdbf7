//! `Timeout`: limits the time that an app may take.

mod bounded;

use std::error::Error as StdError;
use std::fmt;
use std::task::Poll;
use std::time::Duration;

use gateway_core::{App, Body, Environ, Error, HttpError, IntoStatus, StartResponse, StatusError};
use http::StatusCode;

use crate::tokio_context;
use bounded::Bounded;

/// Limits the time that an app may take. Made by
/// [`MiddlewareExt::timeout`](crate::MiddlewareExt::timeout).
///
/// - When the time is over, the app's future is dropped, and so is its body with all that it holds:
///   a file, a connection to a database, the thread of a [`blocking`](crate::blocking()) app. A
///   timer does that, even while the gateway waits for a client that does not read.
/// - Before the head was sent, the client gets a 503, or the status that [`status`](Self::status)
///   sets. After that the response is aborted, so that the client can tell (B8). adapter-hyper's `Server`
///   ends the connection of a client that does not read. Where another server owns the connection, such
///   a client learns of it when it reads again.
/// - By default the time runs from the call to the end of the body. With
///   [`until_first_byte`](Self::until_first_byte), the body may take as long as it likes, for event
///   streams and downloads. With [`between_chunks`](Self::between_chunks), the clock starts again
///   with each chunk.
/// - The time of a slow client counts.
///
/// It needs a tokio runtime with its time driver (`enable_time`). A call outside a runtime is a
/// 500, whose log line says so (L7). On a runtime without the driver, tokio panics with a message.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| -> &str { std::future::pending().await });
/// let app = app.timeout(Duration::from_millis(1)).status(504);
/// let error = app.respond(Environ::from_request(http::Request::new(()))).await.unwrap_err();
/// assert_eq!(error.downcast::<HttpError>()?.status(), 504);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Timeout<A> {
    app: A,
    duration: Duration,
    span: Span,
    status: Result<StatusCode, StatusError>,
}

/// Which part of the exchange is timed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Span {
    Whole,
    Head,
    Chunk,
}

impl<A> Timeout<A> {
    /// Limits the time of an app, with its body.
    pub fn new(app: A, duration: Duration) -> Self {
        Self {
            app,
            duration,
            span: Span::Whole,
            status: Ok(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// Limits the time until the head is sent, and not that of the body.
    #[must_use]
    pub fn until_first_byte(mut self) -> Self {
        self.span = Span::Head;
        self
    }

    /// Limits the time until the first chunk, and that from each chunk to the next.
    #[must_use]
    pub fn between_chunks(mut self) -> Self {
        self.span = Span::Chunk;
        self
    }

    /// Sets the status of the response: 504 for an app that asks other servers. A status that is
    /// not an error's makes it a 500.
    #[must_use]
    pub fn status(mut self, status: impl IntoStatus) -> Self {
        self.status = status.into_status();
        self
    }
}

impl<A: App> App for Timeout<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let runtime = tokio_context::handle("`Timeout`")?;
        let mut sleep = Box::pin(tokio::time::sleep(self.duration));
        let late = Late {
            duration: self.duration,
            status: self.status.clone(),
            start_response: start_response.clone(),
        };
        // In its own scope, so that the app's future is dropped at once when its time is over.
        let body = {
            let mut call = std::pin::pin!(self.app.call(environ, start_response));
            std::future::poll_fn(|cx| {
                if let Poll::Ready(outcome) = call.as_mut().poll(cx) {
                    return Poll::Ready(outcome);
                }
                sleep.as_mut().poll(cx).map(|()| Err(late.error()))
            })
            .await?
        };
        if body.buffered().is_some() {
            return Ok(body);
        }
        let deadline = sleep.deadline();
        Ok(body.wrap(|body| Bounded::new(&runtime, body, deadline, self.span, late)))
    }

    gateway_core::forward_lifespan!(app);
}

/// What happens when the time is over.
struct Late {
    duration: Duration,
    status: Result<StatusCode, StatusError>,
    start_response: StartResponse,
}

impl Late {
    fn is_committed(&self) -> bool {
        self.start_response.is_committed()
    }

    fn error(&self) -> Error {
        let late = TookTooLong(self.duration);
        if self.is_committed() {
            return late.into();
        }
        match &self.status {
            Ok(status) => HttpError::new(*status).with_source(late).into(),
            Err(error) => error.clone().into(),
        }
    }
}

/// The app did not answer in time.
#[derive(Debug)]
struct TookTooLong(Duration);

impl fmt::Display for TookTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app took longer than {:?}", self.0)
    }
}

impl StdError for TookTooLong {}
