//! What the log knows of a request.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use gateway_core::Environ;
use http::{Method, StatusCode};

use super::format::{Formatted, LogFormat};

/// A request that is over, for the log.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::mpsc;
/// use gateway_core::{Gateway, Input, view};
/// use gateway_util::{Ended, MiddlewareExt};
///
/// let (sender, entries) = mpsc::channel();
/// let app = view(async |_| "hello").access_log().write_to(move |entry| {
///     let _ = sender.send(entry.clone());
/// });
/// let gateway = Gateway::new(app);
/// let (parts, ()) = http::Request::get("/a?secret").body(())?.into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
/// let entry = entries.try_recv()?;
/// assert_eq!((entry.path(), entry.bytes(), entry.ended()), ("/a", Some(5), Ended::Completed));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct AccessEntry {
    pub(super) remote_addr: Option<IpAddr>,
    pub(super) remote_user: Option<String>,
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) protocol: &'static str,
    pub(super) referer: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) time: SystemTime,
    begin: Instant,
    pub(super) duration: Duration,
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: Option<u64>,
    pub(super) ended: Ended,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The response was handed over whole.
    Completed,
    /// It was broken off: its body failed after the head had gone out (B8).
    Aborted,
    /// The client went away, as far as the host can tell (L3).
    Disconnected,
}

impl AccessEntry {
    pub(super) fn new(environ: &Environ) -> Self {
        let text = |name: &str| environ.header(name).map(|value| value.to_string());
        Self {
            remote_addr: environ.remote_addr(),
            remote_user: environ.get("REMOTE_USER").map(|user| user.to_string()),
            method: environ.request_method().clone(),
            target: environ.request_uri().into_owned(),
            protocol: environ.server_protocol(),
            referer: text("referer"),
            user_agent: text("user-agent"),
            time: SystemTime::now(),
            begin: Instant::now(),
            duration: Duration::ZERO,
            status: None,
            bytes: None,
            ended: Ended::Completed,
        }
    }

    pub(super) fn finish(&mut self, status: Option<StatusCode>, bytes: Option<u64>, ended: Ended) {
        self.duration = self.begin.elapsed();
        self.status = status;
        self.bytes = bytes;
        self.ended = ended;
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
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The target as it was sent, query included: it may hold secrets.
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

    /// The `Referer` header; its bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn referer(&self) -> Option<&str> {
        self.referer.as_deref()
    }

    /// The `User-Agent` header; its bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// When the request came.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// From the call of the app to the end of the body.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The status that the client got, if it got one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The bytes of the body that were handed over; `None` for a page of the gateway, which does not
    /// pass through the log.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// How the exchange ended.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.ended
    }

    /// The entry as a line, without its end.
    pub fn display(&self, format: LogFormat) -> impl fmt::Display {
        Formatted {
            entry: self,
            format,
        }
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
