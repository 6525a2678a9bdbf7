//! The head of a response (status, headers) while `start_response` may still change it.

use http::{HeaderMap, StatusCode};

use crate::kept::{keep_map, take_map};

/// The head of a response that is not committed.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The declared Content-Length, found by the check of the headers.
    pub(crate) declared: Option<u64>,
}

impl Head {
    /// An empty head, in recycled memory.
    #[inline]
    pub(crate) fn recycled() -> Self {
        Self::new(StatusCode::OK, take_map())
    }

    #[inline]
    pub(crate) fn new(status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            status,
            headers,
            declared: None,
        }
    }

    /// Empties the head, and keeps its memory for a later one.
    #[inline]
    pub(super) fn recycle(self) {
        keep_map(self.headers);
    }
}
