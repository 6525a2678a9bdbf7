//! The head of a response (status, headers) while `start_response` may still change it.

use http::{HeaderMap, StatusCode};

/// A status, headers, and what the check of the headers found.
///
/// It is boxed, because it moves from the exchange to the start that fills it, and back.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The Content-Length that the app declared.
    pub(crate) declared: Option<u64>,
}

impl Head {
    /// Empties the head. Its map keeps its capacity.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.status = StatusCode::OK;
        self.declared = None;
        if !self.headers.is_empty() {
            self.headers.clear();
        }
    }
}
