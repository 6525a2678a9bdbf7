//! A URL that is no upstream's.

use std::error::Error as StdError;
use std::fmt;

/// A URL that cannot be that of an upstream; see [`ReverseProxy::new`](crate::ReverseProxy::new).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    url: String,
}

impl UpstreamError {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no upstream: expected http://HOST:PORT, perhaps with a path",
            self.url
        )
    }
}

impl StdError for UpstreamError {}
