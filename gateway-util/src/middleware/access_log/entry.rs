//! `AccessEntry`: what the access log knows of one request.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use gateway_core::{Ended, Environ, Outcome, RequestSummary};
use http::{StatusCode, Version};

/// A request that is over, as the access log sees it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::mpsc;
/// use gateway_core::{Ended, Gateway, Input, view};
/// use gateway_util::MiddlewareExt;
///
/// let (sender, entries) = mpsc::channel();
/// let app = view(async |_| "hello").access_log().write_to(move |entry| {
///     let _ = sender.send(entry.clone());
/// });
/// let gateway = Gateway::new(app);
/// let (parts, ()) = http::Request::get("/a?secret").body(())?.into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
/// let entry = entries.try_recv()?;
/// assert_eq!((entry.path(), entry.bytes(), entry.ended()), ("/a", 5, Ended::Completed));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct AccessEntry {
    pub(super) remote_addr: Option<IpAddr>,
    pub(super) remote_user: Option<String>,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) protocol: &'static str,
    pub(super) referer: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) time: SystemTime,
    pub(super) duration: Duration,
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: u64,
    pub(super) ended: Ended,
}

impl AccessEntry {
    /// The entry of a request that has just arrived.
    pub(super) fn of(environ: &Environ) -> Self {
        let text = |name: &str| environ.header(name).map(|value| value.to_string());
        Self {
            remote_user: environ.get("REMOTE_USER").map(|user| user.to_string()),
            referer: text("referer"),
            user_agent: text("user-agent"),
            ..Self::unknown()
        }
    }

    /// An entry without contents. They are added when the request is over.
    pub(super) fn unknown() -> Self {
        Self {
            remote_addr: None,
            remote_user: None,
            method: String::new(),
            target: String::new(),
            protocol: "HTTP/1.1",
            referer: None,
            user_agent: None,
            time: SystemTime::now(),
            duration: Duration::ZERO,
            status: None,
            bytes: 0,
            ended: Ended::Completed,
        }
    }

    pub(super) fn finish(&mut self, request: &RequestSummary, outcome: &Outcome) {
        self.remote_addr = request.peer_addr().map(|peer| peer.ip());
        request.method().clone_into(&mut self.method);
        request.target().clone_into(&mut self.target);
        self.protocol = match request.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_3 => "HTTP/3.0",
            _ => "HTTP/1.1",
        };
        self.duration = outcome.duration(request);
        self.status = outcome.status();
        self.bytes = outcome.body_bytes();
        self.ended = outcome.ended();
    }

    /// REMOTE_ADDR.
    #[must_use]
    pub fn remote_addr(&self) -> Option<IpAddr> {
        self.remote_addr
    }

    /// REMOTE_USER.
    #[must_use]
    pub fn remote_user(&self) -> Option<&str> {
        self.remote_user.as_deref()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The target as it was sent, with its query, which may hold secrets.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// SERVER_PROTOCOL.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The `Referer` header. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn referer(&self) -> Option<&str> {
        self.referer.as_deref()
    }

    /// The `User-Agent` header. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// When the request came.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// The time from the call of the log to the end of the exchange.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The status that the client got, if it got one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The bytes of the body that were handed to the host.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How the exchange ended.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended
    }
}

impl fmt::Debug for AccessEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query and the headers may hold secrets.
        f.debug_struct("AccessEntry")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("status", &self.status)
            .field("bytes", &self.bytes)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
