//! The limits of time on a connection.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::time::sleep;

/// How long a request without its whole head may take once the server is to end.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// How long a front end may keep a connection waiting. `None` is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// For the variables of a request, from the connection's first moment or the request's first byte on.
    pub(crate) head: Option<Duration>,
    /// For the next request on a kept connection.
    pub(crate) idle: Option<Duration>,
    /// For the next bytes of a body that the app waits for.
    pub(crate) body: Option<Duration>,
}

impl Times {
    /// The time for a head.
    pub(crate) fn head_limit(self, is_ending: bool) -> Option<Duration> {
        match is_ending {
            true => Some(self.head.map_or(GRACE, |limit| limit.min(GRACE))),
            false => self.head,
        }
    }
}

/// Resolves when the limit is over.
pub(crate) async fn over(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => pending().await,
    }
}

/// Why a connection ends.
pub(crate) fn timed_out(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}
