//! `Connection`: the addresses of both ends and the scheme of the connection that a request came in
//! on.

use std::fmt;
use std::net::SocketAddr;

/// What the transport knows of the connection that a request came in on (E13, E16).
///
/// A gateway fills it in from the socket. What the transport does not have is absent: a Unix
/// socket has no addresses.
///
/// # Examples
///
/// ```
/// use gateway_core::{Connection, Scheme};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let connection = Connection::new().with_peer_addr("192.0.2.7:4711".parse()?).with_scheme(Scheme::Https);
/// assert_eq!(connection.peer_addr().map(|addr| addr.port()), Some(4711));
/// assert_eq!(connection.local_addr(), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connection {
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    scheme: Scheme,
    requires_host: bool,
}

impl Connection {
    /// A connection over plain HTTP of which nothing else is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            peer: None,
            local: None,
            scheme: Scheme::Http,
            requires_host: false,
        }
    }

    /// Sets the address of the client's end.
    #[must_use]
    #[doc(alias = "peer")]
    pub const fn with_peer_addr(mut self, addr: SocketAddr) -> Self {
        self.peer = Some(addr);
        self
    }

    /// Sets the address of the server's end.
    #[must_use]
    #[doc(alias = "local")]
    pub const fn with_local_addr(mut self, addr: SocketAddr) -> Self {
        self.local = Some(addr);
        self
    }

    /// Sets the scheme that the transport speaks: `Https` where this process ends TLS.
    #[must_use]
    pub const fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// Says whether an HTTP/1.1 request without a `Host` header is refused with 400 (E12).
    ///
    /// An adapter calls it if a connection parsed the head, as RFC 9112 section 3.2 demands. A
    /// request that is made in process needs no `Host`, and by default none is required.
    #[must_use]
    pub const fn with_required_host(mut self, is_required: bool) -> Self {
        self.requires_host = is_required;
        self
    }

    /// True if an HTTP/1.1 request without a `Host` header is refused.
    #[must_use]
    pub const fn requires_host(&self) -> bool {
        self.requires_host
    }

    /// The client's end, where the transport has addresses.
    #[must_use]
    pub const fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The server's end, where the transport has addresses.
    #[must_use]
    pub const fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }

    /// The scheme that the transport speaks.
    #[must_use]
    #[doc(alias = "url_scheme")]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }
}

/// The scheme of a request: `http` or `https`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Plain HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `"http"` or `"https"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL that names none: 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
