//! What the driver remembers of a request.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};

use crate::environ::Environ;

/// What the driver has to know of the request once the app has the environ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    is_head: bool,
    version: Version,
}

impl Facts {
    #[inline]
    pub(crate) fn of(environ: &Environ) -> Self {
        Self::new(environ.request_method(), environ.version())
    }

    #[inline]
    pub(super) fn new(method: &Method, version: Version) -> Self {
        Self {
            is_head: *method == Method::HEAD,
            version,
        }
    }

    /// Says that the connection closes, where the app asked for it and the protocol knows that (S7).
    #[inline]
    pub(super) fn close(self, close_connection: bool, headers: &mut HeaderMap) {
        if close_connection && self.version < Version::HTTP_2 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// True if nothing of a body will be sent (B6, B7).
    #[inline]
    pub(super) fn is_bodyless(self, status: StatusCode) -> bool {
        self.is_head
            || matches!(
                status,
                StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
            )
    }
}
