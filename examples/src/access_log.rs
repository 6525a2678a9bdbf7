//! A middleware: one log line for each request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderMap, Method, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Logs one line for each request, when its response is over: method, path, status, bytes of the
/// body, and the time from the call to the end of the body.
///
/// The status is the one that the client got, as far as a middleware can tell: a body that fails
/// before anything was sent is a 500. It is left out when the client went away before that.
#[derive(Debug, Clone)]
pub struct AccessLog<A>(A);

impl<A> AccessLog<A> {
    /// Logs the requests to an app.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for AccessLog<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        // Logged on drop: from here on there is a line, whatever becomes of the request.
        let mut line = Line::new(&environ, start_response);
        let start_response = line.watch_head();
        match self.0.call(environ, start_response).await {
            Ok(body) => {
                line.returned(&body);
                Ok(body.wrap(|body| Watched { body, line }))
            }
            Err(error) => {
                line.failed(&error);
                Err(error)
            }
        }
    }
}

/// The log line of a request in flight.
struct Line {
    method: Method,
    path: String,
    begin: Instant,
    start_response: StartResponse,
    head: Arc<Mutex<Head>>,
    bytes: u64,
    /// The app was asked and has not answered yet; when it never does, the client has gone.
    is_waiting: bool,
    /// The status of the page that the gateway sends instead of the app's answer.
    instead: Option<StatusCode>,
}

/// What the app started its response with.
#[derive(Clone, Copy, Default)]
struct Head {
    status: Option<StatusCode>,
    length: Option<u64>,
}

impl Line {
    fn new(environ: &Environ, start_response: StartResponse) -> Self {
        Self {
            method: environ.request_method().clone(),
            // As sent, percent-encoded: no line break gets into the log. And without the query,
            // which may hold secrets.
            path: environ.uri().path().to_owned(),
            begin: Instant::now(),
            start_response,
            head: Arc::default(),
            bytes: 0,
            is_waiting: true,
            instead: None,
        }
    }

    /// The handle for the app: what it starts with is seen here.
    fn watch_head(&self) -> StartResponse {
        let head = self.head.clone();
        self.start_response.wrap(move |status, headers| {
            *lock(&head) = Head {
                status: Some(*status),
                length: declared_length(headers),
            };
        })
    }

    /// The app returned a body.
    fn returned(&mut self, body: &Body) {
        self.is_waiting = false;
        let Head { status, length } = *lock(&self.head);
        // B5: known to be too short before it is sent.
        if body.len() < length
            && body.len().is_some()
            && self.method != Method::HEAD
            && !matches!(status.map(|status| status.as_u16()), Some(204 | 205 | 304))
        {
            self.instead = Some(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    /// The app or its body failed. Before commit the gateway answers that with a page (B1).
    fn failed(&mut self, error: &Error) {
        if self.start_response.is_committed() {
            return;
        }
        self.instead = Some(error.status());
    }

    /// The status that the client got; none when it went away before there was one.
    fn status(&self) -> Option<StatusCode> {
        if self.instead.is_some() {
            self.instead
        } else if self.start_response.is_committed() {
            lock(&self.head).status
        } else if self.is_waiting && !std::thread::panicking() {
            None
        } else {
            // B9, S1, S3: a panic, or the gateway found no head that it could send.
            Some(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let status = self.status();
        let head = *lock(&self.head);
        // The gateway's own pages do not pass through here.
        let is_own = self.start_response.is_committed() && self.instead.is_none();
        // B5: what is longer than declared is not sent.
        let bytes = self.bytes.min(head.length.unwrap_or(u64::MAX));
        tracing::info!(
            target: "access",
            method = %self.method,
            path = %self.path,
            status = status.map(|status| status.as_u16()),
            bytes = is_own.then_some(bytes),
            duration = ?self.begin.elapsed(),
        );
    }
}

/// A body whose frames are counted on their way.
struct Watched {
    body: Body,
    line: Line,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { body, line } = &mut *self;
        let poll = Pin::new(body).poll_frame(cx);
        line.is_waiting = poll.is_pending();
        match &poll {
            Poll::Ready(Some(Ok(frame))) => {
                line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            Poll::Ready(Some(Err(error))) => line.failed(error),
            _ => {}
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn lock(head: &Mutex<Head>) -> MutexGuard<'_, Head> {
    head.lock().unwrap_or_else(PoisonError::into_inner)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
