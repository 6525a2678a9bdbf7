//! One line for each request.

mod date;
mod entry;
mod format;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderMap, Method, StatusCode, header};

use super::watched::{Polled, Watch, Watched};

pub use entry::{AccessEntry, Ended};
pub use format::LogFormat;

/// Logs one line for each request, when its response is over. Made by
/// [`MiddlewareExt::access_log`](crate::MiddlewareExt::access_log).
///
/// - The line goes to `tracing`, as an event of the target `access` whose fields are those of
///   [`LogFormat::Json`]; or to a function, as an [`AccessEntry`], which prints itself in any
///   [`LogFormat`].
/// - It is written when the body is closed, so that bytes and duration are those of the whole
///   exchange, and also when the client went away before there was an answer.
/// - The status is the one that the client got, as far as a middleware can tell: an error before
///   commit has that of its page. It is absent where the client went away before that.
/// - REMOTE_ADDR and REMOTE_USER are those on the way in: put [`ProxyFix`](crate::ProxyFix) and
///   [`BasicAuth`](crate::BasicAuth) around this one to see what they say.
/// - What a client sends is escaped: it can neither end a line nor forge a field.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::mpsc;
/// use gateway_core::{Gateway, Input, view};
/// use gateway_util::{LogFormat, MiddlewareExt};
///
/// let (sender, lines) = mpsc::channel();
/// let app = view(async |_| "hello").access_log().write_to(move |entry| {
///     let _ = sender.send(entry.display(LogFormat::Common).to_string());
/// });
/// let gateway = Gateway::new(app);
/// let (parts, ()) = http::Request::get("/a?b").body(())?.into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
/// assert!(lines.try_recv()?.contains("\"GET /a?b HTTP/1.1\" 200 5"));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "Logger")]
#[doc(alias = "CommonLogger")]
#[derive(Clone)]
pub struct AccessLog<A> {
    app: A,
    sink: Arc<Sink>,
}

type Sink = dyn Fn(&AccessEntry) + Send + Sync;

impl<A> AccessLog<A> {
    /// Logs the requests to an app, to `tracing`.
    pub fn new(app: A) -> Self {
        Self {
            app,
            sink: Arc::new(format::trace),
        }
    }

    /// Hands the entries to a function instead. It runs inside a destructor on the server's thread:
    /// it must not block, and a panic in it is lost.
    #[must_use]
    pub fn write_to(mut self, sink: impl Fn(&AccessEntry) + Send + Sync + 'static) -> Self {
        self.sink = Arc::new(sink);
        self
    }
}

impl<A: App> App for AccessLog<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        // Logged on drop: from here on there is a line, whatever becomes of the request.
        let mut line = Line::new(&environ, start_response, self.sink.clone());
        let start_response = line.watch_head();
        match self.app.call(environ, start_response).await {
            Ok(body) => {
                line.returned(&body);
                Ok(body.wrap(|body| Watched::new(body, line)))
            }
            Err(error) => {
                line.failed(&error);
                Err(error)
            }
        }
    }
}

impl<A: fmt::Debug> fmt::Debug for AccessLog<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessLog").field(&self.app).finish()
    }
}

/// The entry of a request in flight.
struct Line {
    entry: AccessEntry,
    sink: Arc<Sink>,
    start_response: StartResponse,
    head: Arc<Mutex<Head>>,
    bytes: u64,
    /// The length of the body, where it is known.
    length: Option<u64>,
    /// The app, or its body, was asked and has not answered yet.
    is_waiting: bool,
    is_ended: bool,
    is_failed: bool,
    /// The body is being polled: still so at the end, it panicked.
    is_polled: bool,
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
    fn new(environ: &Environ, start_response: StartResponse, sink: Arc<Sink>) -> Self {
        Self {
            entry: AccessEntry::new(environ),
            sink,
            start_response,
            head: Arc::default(),
            bytes: 0,
            length: None,
            is_waiting: true,
            is_ended: false,
            is_failed: false,
            is_polled: false,
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

    /// True if nothing of a body is sent (B6, B7).
    fn is_bodyless(&self, status: Option<StatusCode>) -> bool {
        self.entry.method() == Method::HEAD
            || matches!(status.map(|status| status.as_u16()), Some(204 | 205 | 304))
    }

    /// The app returned a body.
    fn returned(&mut self, body: &Body) {
        self.is_waiting = false;
        self.length = body.known_len();
        if let Some(length) = body.known_len() {
            self.known(length);
        }
    }

    /// The body is known to have so many bytes, with nothing sent. Too few of them are a 500 (B5).
    fn known(&mut self, bytes: u64) {
        let Head { status, length } = *lock(&self.head);
        if length.is_some_and(|length| bytes < length) && !self.is_bodyless(status) {
            self.instead = Some(StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    /// The app or its body failed. Before commit the gateway answers that with a page (B1).
    fn failed(&mut self, error: &Error) {
        self.is_failed = true;
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

    fn ended(&self, status: Option<StatusCode>, sent: u64, declared: Option<u64>) -> Ended {
        let is_page = self.instead.is_some() || !self.start_response.is_committed();
        if status.is_none() {
            return Ended::Disconnected;
        }
        if is_page || self.is_ended || self.is_bodyless(status) {
            return Ended::Completed;
        }
        if self.is_failed || self.is_polled || std::thread::panicking() {
            return Ended::Aborted;
        }
        match declared.or(self.length) {
            // A host need not ask for the end of what it has all of.
            Some(length) if sent >= length => Ended::Completed,
            _ => Ended::Disconnected,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let status = self.status();
        let declared = lock(&self.head).length;
        // B5: what is longer than declared is not sent.
        let sent = self.bytes.min(declared.unwrap_or(u64::MAX));
        let ended = self.ended(status, sent, declared);
        // The gateway's own pages do not pass through here.
        let is_own = self.start_response.is_committed() && self.instead.is_none();
        let bytes = match (is_own, self.is_bodyless(status)) {
            (true, true) => Some(0),
            (true, false) => Some(sent),
            (false, _) => None,
        };
        self.entry.finish(status, bytes, ended);
        (self.sink)(&self.entry);
    }
}

impl Watch for Line {
    fn asked(&mut self) {
        self.is_polled = true;
    }

    fn seen(&mut self, polled: Polled, _: &mut Context<'_>) -> Polled {
        self.is_polled = false;
        self.is_waiting = polled.is_pending();
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                // Trailers are the end.
                self.is_ended = frame.is_trailers();
            }
            Poll::Ready(Some(Err(error))) => self.failed(error),
            Poll::Ready(None) => {
                self.is_ended = !self.is_failed;
                if !self.start_response.is_committed() {
                    self.known(0);
                }
            }
            Poll::Pending => {}
        }
        polled
    }

    fn over(&mut self) {
        self.is_ended = !self.is_failed;
    }
}

fn lock(head: &Mutex<Head>) -> MutexGuard<'_, Head> {
    head.lock().unwrap_or_else(PoisonError::into_inner)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
