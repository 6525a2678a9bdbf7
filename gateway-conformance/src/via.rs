//! `Via`: the ways in which a case can reach its app.

use std::fmt;
use std::str::FromStr;

use crate::wire::Protocol;

/// The way in which a case talks to its app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Via {
    /// Over a socket in HTTP/1.1 (or 1.0, if the case says so).
    Http1,
    /// Over a socket in HTTP/2, in clear text with prior knowledge.
    Http2,
    /// Through [`Gateway`](gateway_core::Gateway), without a socket.
    InProcess,
}

impl Via {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Http1, Self::Http2, Self::InProcess];

    /// Those with a socket.
    pub(crate) const SOCKETS: &[Self] = &[Self::Http1, Self::Http2];

    /// The name in reports: `http/1.1`, `http/2`, `in-process`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "http/1.1",
            Self::Http2 => "http/2",
            Self::InProcess => "in-process",
        }
    }
}

/// Over a socket, in the protocol.
impl From<Protocol> for Via {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http1 => Self::Http1,
            Protocol::Http2 => Self::Http2,
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Via {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|via| via.as_str() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|via| via.as_str()).collect();
            format!("{name:?} is none of {}", known.join(", "))
        })
    }
}
