//! `RequestKind`: what of a request decides how its response is sent: HEAD or not, the version,
//! `TE`.

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};

use super::trailers::{Trailers, takes_trailers};
use crate::environ::{Environ, Framing};

/// What the driver keeps of a request after the app has got the environ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestKind {
    is_head: bool,
    version: Version,
    /// B11: the client accepts trailers.
    takes_trailers: bool,
    /// U7: a 2xx response opens a tunnel.
    is_extended_connect: bool,
}

impl RequestKind {
    #[inline]
    pub(crate) fn of_request(environ: &Environ) -> Self {
        Self::of(&environ.framing(takes_trailers))
    }

    #[inline]
    pub(super) fn of(framing: &Framing<'_>) -> Self {
        let version = framing.version;
        Self {
            is_head: *framing.method == Method::HEAD,
            version,
            takes_trailers: version >= Version::HTTP_2
                || (version == Version::HTTP_11 && framing.asks_for_trailers),
            is_extended_connect: framing.is_extended_connect,
        }
    }

    /// The kind of a request of which only this is known.
    #[inline]
    pub(super) fn new(method: &Method, version: Version) -> Self {
        Self {
            is_head: *method == Method::HEAD,
            version,
            takes_trailers: version >= Version::HTTP_2,
            is_extended_connect: false,
        }
    }

    #[inline]
    pub(super) fn version(self) -> Version {
        self.version
    }

    /// True if a 2xx response without a switch would open a tunnel to nowhere (U7).
    #[inline]
    pub(super) fn is_extended_connect(self) -> bool {
        self.is_extended_connect
    }

    /// Adds `Connection: close`, if the protocol has it: on HTTP/1 (S7). A response to HTTP/1.0 is one
    /// of HTTP/1.0 then: to a response of a later version hyper would add the `keep-alive` that
    /// the client has asked for.
    #[inline]
    pub(super) fn close_connection<B>(self, response: &mut Response<B>) {
        if !self.shares_connection() {
            return;
        }
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        if self.version == Version::HTTP_10 {
            *response.version_mut() = Version::HTTP_10;
        }
    }

    /// True if an unread request body blocks the connection: on HTTP/1. Later versions have a
    /// stream for each request.
    #[inline]
    pub(super) fn shares_connection(self) -> bool {
        self.version < Version::HTTP_2
    }

    /// True if no body is sent with this status (B6, B7).
    #[inline]
    pub(crate) fn is_bodyless(self, status: StatusCode) -> bool {
        self.is_head
            || matches!(
                status,
                StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
            )
    }

    /// Which trailers of the body are sent (B11).
    #[inline]
    pub(super) fn trailers(self, headers: &HeaderMap) -> Trailers {
        if !self.takes_trailers {
            Trailers::None
        } else if self.version >= Version::HTTP_2 {
            Trailers::All
        } else {
            Trailers::declared_in(headers)
        }
    }
}
