//! `Observer`: the interface through which logs, metrics and spans learn how each exchange ended.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::{StatusCode, Version};

use crate::connection::{Connection, Scheme};

/// Is told how an exchange ended, once for each: for access logs, metrics and spans.
///
/// A closure `Fn(&RequestSummary, &Outcome)` is an observer. Write the types of both its parameters:
/// `|request: &RequestSummary, outcome: &Outcome| ..`. The bound is `Observer`, not `Fn`, so the compiler cannot
/// infer them (E0282, "type annotations needed").
///
/// An observer is registered once and shared by all requests, so that a request costs no allocation:
///
/// - on the gateway ([`Gateway::with_observer`](crate::Gateway::with_observer), or the constructor of
///   an adapter), for every request, also those that are refused before the app;
/// - on the environ ([`Environ::observe`](crate::Environ::observe)), by a middleware, for what
///   reaches it.
///
/// A gateway has one observer. A second call of `with_observer` has no effect: the observer of the first stays.
/// Each `Environ::observe` adds another.
///
/// # Contract
///
/// - It is called exactly once per exchange and registration, after the body was closed (L2), in the
///   order of registration.
/// - It runs in a destructor on the server's thread: it must not block. A panic in it is caught and
///   logged (B9).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::mpsc;
/// use gateway_core::{Ended, Gateway, Input, Outcome, RequestSummary, view};
///
/// let (sender, outcomes) = mpsc::channel();
/// let gateway = Gateway::new(view(async |_| "hello")).with_observer(
///     move |request: &RequestSummary, outcome: &Outcome| {
///         let _ = sender.send((request.target().to_owned(), outcome.clone()));
///     },
/// );
/// let (parts, ()) = http::Request::get("/a?b").body(())?.into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
///
/// let (target, outcome) = outcomes.try_recv()?;
/// assert_eq!(target, "/a?b");
/// assert_eq!(outcome.status().map(|status| status.as_u16()), Some(200));
/// assert_eq!((outcome.body_bytes(), outcome.ended()), (5, Ended::Completed));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "access log")]
#[doc(alias = "metrics")]
pub trait Observer: Send + Sync + 'static {
    /// Called when an exchange is over.
    fn observe(&self, request: &RequestSummary, outcome: &Outcome);

    /// Called when the gateway logs why an exchange ends in an error: the app has failed, a response
    /// or an upgraded stream was aborted. `log` writes the line. What the observer does
    /// around it surrounds the line: a span of `tracing` is entered, so that the line names the
    /// request. Observers surround each other in the order of registration.
    ///
    /// It runs before [`observe`](Self::observe), where the exchange is polled or dropped, and must
    /// not block. No line is lost or doubled: if `log` is not called, the line is written without
    /// this observer, and a second call does nothing. A panic is caught and logged (B9). Nobody may
    /// read the line: it is called at every level of the log, also without the feature `tracing`.
    ///
    /// The provided method calls `log`.
    fn in_scope(&self, log: &mut dyn FnMut()) {
        log();
    }
}

impl<F> Observer for F
where
    F: Fn(&RequestSummary, &Outcome) + Send + Sync + 'static,
{
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        self(request, outcome);
    }
}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        (**self).observe(request, outcome);
    }

    fn in_scope(&self, log: &mut dyn FnMut()) {
        (**self).in_scope(log);
    }
}

/// What an observer is told of a request, as it was when the observer was registered.
#[derive(Clone)]
pub struct RequestSummary {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) connection: Connection,
    pub(crate) start: Instant,
}

impl RequestSummary {
    /// The method, as it was sent.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The target as it was sent, with its query, which may hold secrets. Empty if the host cannot
    /// tell.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The version of HTTP.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The scheme (E13).
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.connection.scheme()
    }

    /// The client's end of the connection, where the transport has addresses (E16).
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.connection.peer_addr()
    }

    /// The server's end of the connection, where the transport has addresses.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.connection.local_addr()
    }

    /// When the observer was registered. For an observer of the gateway, that is when the request
    /// came.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// A summary without contents.
    pub(crate) fn empty() -> Self {
        Self {
            method: String::new(),
            target: String::new(),
            version: Version::HTTP_11,
            connection: Connection::new(),
            start: Instant::now(),
        }
    }

    /// Writes what is known of a request into a summary, in the memory that it has already.
    pub(crate) fn fill(
        &mut self,
        method: &str,
        target: &str,
        version: Version,
        connection: Connection,
    ) {
        self.method.push_str(method);
        self.target.push_str(target);
        self.version = version;
        self.connection = connection;
        self.start = Instant::now();
    }
}

impl fmt::Debug for RequestSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query may hold secrets.
        f.debug_struct("RequestSummary")
            .field("method", &self.method())
            .field("path", &self.path())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub(crate) status: Option<StatusCode>,
    pub(crate) body_bytes: u64,
    pub(crate) ended: Ended,
    pub(crate) clause: Option<&'static str>,
    pub(crate) first_byte: Option<Instant>,
    pub(crate) end: Instant,
}

impl Outcome {
    /// The status that was sent. `None` if the exchange ended before there was a response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The bytes of the body that were handed to the host, without framing.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        self.body_bytes
    }

    /// How it ended.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended
    }

    /// The clause of SPEC.md that explains the end, if the gateway answered with a 500 of its own or aborted
    /// the response:
    ///
    /// - the clause that the app broke, such as `"S3"` for a response that was not started;
    /// - if the app failed and broke none, the clause that says what becomes of the failure: `"B1"` for an error
    ///   before the first byte, `"B8"` for one after it, `"B9"` for a panic, `"U9"` for an error after a switch of
    ///   protocols.
    ///
    /// `None` for every other end, also for the page of an [`HttpError`](crate::HttpError), and for a
    /// response that was aborted because the client's input could not be read.
    #[must_use]
    pub fn clause(&self) -> Option<&'static str> {
        self.clause
    }

    /// When the head was handed to the host. `None` if there was no response.
    #[must_use]
    pub fn first_byte(&self) -> Option<Instant> {
        self.first_byte
    }

    /// When the exchange was over.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end
    }

    /// The time from `request.start()` to the end.
    #[must_use]
    pub fn duration(&self, request: &RequestSummary) -> Duration {
        self.end.saturating_duration_since(request.start)
    }
}

/// The ways in which an exchange ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The whole response was handed to the host. An error page of the gateway counts, too.
    ///
    /// Bytes in memory are handed over with the head. A client that leaves after that is not seen, nor
    /// one that takes less than it was sent: what the host and the system hold counts as handed over.
    Completed,
    /// The response was aborted after its head was sent: its body failed, or ended early, or
    /// the app started again (B5, B8, S2).
    Aborted,
    /// The client went away before the end, as far as the host can tell (L3).
    ClientGone,
    /// The gateway refused the request before the app (E12, E14, I2).
    Refused,
    /// The server cut the exchange at the end of its shutdown (L4). Only adapters that own the
    /// server know this; elsewhere it is [`ClientGone`](Self::ClientGone).
    Cut,
}

impl Ended {
    /// The name in lower case, for logs: `"completed"`, `"aborted"`, `"client_gone"`, `"refused"`,
    /// `"cut"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Aborted => "aborted",
            Self::ClientGone => "client_gone",
            Self::Refused => "refused",
            Self::Cut => "cut",
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
