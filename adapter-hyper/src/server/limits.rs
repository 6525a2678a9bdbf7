//! `ConnectionLimits`: what one connection may take.

use std::num::NonZeroU32;
use std::time::Duration;

/// HTTP/2: exchanges at a time on one connection.
const MAX_STREAMS: u32 = 200;

/// What one connection may take. [`Server`](super::Server) has a method for each, and its documentation says
/// what a client sees of it; [`serve_connection`](super::serve_connection) is given all of them.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use adapter_hyper::ConnectionLimits;
///
/// let limits = ConnectionLimits::new().max_requests(1000).write_timeout(Duration::from_secs(10));
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "limits do nothing by themselves"]
#[doc(alias = "Limits")]
pub struct ConnectionLimits {
    pub(super) header_read_timeout: Duration,
    pub(super) body_read_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) http2_idle_timeout: Duration,
    pub(super) http2_max_streams: u32,
    pub(super) max_requests: Option<NonZeroU32>,
}

impl ConnectionLimits {
    /// The defaults of [`Server`](super::Server).
    pub fn new() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(30),
            body_read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            http2_idle_timeout: Duration::from_secs(60),
            http2_max_streams: MAX_STREAMS,
            max_requests: None,
        }
    }

    /// See [`Server::header_read_timeout`](super::Server::header_read_timeout).
    pub fn header_read_timeout(mut self, timeout: Duration) -> Self {
        self.header_read_timeout = timeout;
        self
    }

    /// See [`Server::body_read_timeout`](super::Server::body_read_timeout).
    pub fn body_read_timeout(mut self, timeout: Duration) -> Self {
        self.body_read_timeout = timeout;
        self
    }

    /// See [`Server::write_timeout`](super::Server::write_timeout).
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// See [`Server::http2_idle_timeout`](super::Server::http2_idle_timeout).
    pub fn http2_idle_timeout(mut self, timeout: Duration) -> Self {
        self.http2_idle_timeout = timeout;
        self
    }

    /// See [`Server::http2_max_streams`](super::Server::http2_max_streams).
    pub fn http2_max_streams(mut self, streams: u32) -> Self {
        self.http2_max_streams = streams.max(1);
        self
    }

    /// See [`Server::max_requests`](super::Server::max_requests).
    pub fn max_requests(mut self, requests: u32) -> Self {
        self.max_requests = Some(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN));
        self
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::new()
    }
}
