//! One line for each request.

mod entry;
mod format;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_core::{App, Body, Environ, Error, Observer, Outcome, RequestSummary, StartResponse};

pub use entry::AccessEntry;
pub use format::LogFormat;

/// Logs one line for each request, when its response is over. Made by
/// [`MiddlewareExt::access_log`](crate::MiddlewareExt::access_log).
///
/// - The line goes to `tracing`, as an event of the target `access` with the fields `remote_addr`,
///   `remote_user`, `method`, `path`, `protocol`, `status`, `bytes`, `seconds` and `ended`; or to a function, as an [`AccessEntry`], which prints itself in any
///   [`LogFormat`].
/// - It is written when the exchange is over (see [`Observer`]), so that status, bytes and duration
///   are those of the whole exchange, pages of the gateway included, and also when the client went
///   away before there was a response.
/// - A request that the gateway refuses does not reach a middleware. [`AccessLog::observer`] on the
///   gateway logs these, too.
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
    /// it must not block. A panic in it is logged.
    #[must_use]
    pub fn write_to(mut self, sink: impl Fn(&AccessEntry) + Send + Sync + 'static) -> Self {
        self.sink = Arc::new(sink);
        self
    }
}

impl AccessLog<()> {
    /// An observer for [`Gateway::with_observer`](gateway_core::Gateway::with_observer): it logs
    /// every request, also those that are refused before the app. It knows no headers: REMOTE_USER,
    /// `Referer` and `User-Agent` are absent.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Gateway, HttpError, RefusedHead, view};
    /// use gateway_util::{AccessLog, LogFormat};
    /// use http::Version;
    /// use std::sync::mpsc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, lines) = mpsc::channel();
    /// let log = AccessLog::observer().write_to(move |entry| {
    ///     let _ = sender.send(entry.display(LogFormat::Common).to_string());
    /// });
    /// let gateway = Gateway::new(view(async |_| "hello")).with_observer(log);
    /// let head = RefusedHead::new(Version::HTTP_11).with_method("GET").with_target("?");
    /// drop(gateway.refuse(&head, HttpError::bad_request()));
    /// assert!(lines.try_recv()?.contains("\"GET ? HTTP/1.1\" 400 "));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn observer() -> Self {
        Self::new(())
    }
}

impl<A: App> App for AccessLog<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let line = Line {
            entry: Mutex::new(Some(AccessEntry::of(&environ))),
            sink: self.sink.clone(),
        };
        environ.observe(Arc::new(line));
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

impl Observer for AccessLog<()> {
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        let mut entry = AccessEntry::unknown();
        entry.finish(request, outcome);
        (self.sink)(&entry);
    }
}

impl<A: fmt::Debug> fmt::Debug for AccessLog<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessLog").field(&self.app).finish()
    }
}

/// The entry of a request in flight.
struct Line {
    entry: Mutex<Option<AccessEntry>>,
    sink: Arc<Sink>,
}

impl Observer for Line {
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        let entry = self
            .entry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut entry) = entry {
            entry.finish(request, outcome);
            (self.sink)(&entry);
        }
    }
}
