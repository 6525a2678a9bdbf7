//! `CgiProtocol`: the protocols that front ends speak.

use std::fmt;
use std::str::FromStr;

use crate::codec::cgi_response::Beginning;

/// A protocol between a front end and its application server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "Protocol")]
pub enum CgiProtocol {
    /// FastCGI 1.0, in the role of a responder.
    FastCgi,
    /// SCGI.
    Scgi,
    /// The uwsgi protocol, with the modifiers 0.
    Uwsgi,
}

impl CgiProtocol {
    /// All of them.
    pub const ALL: &[Self] = &[Self::FastCgi, Self::Scgi, Self::Uwsgi];

    /// The name on a command line: `fastcgi`, `scgi`, `uwsgi`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FastCgi => "fastcgi",
            Self::Scgi => "scgi",
            Self::Uwsgi => "uwsgi",
        }
    }

    pub(crate) fn beginning(self) -> Beginning {
        match self {
            Self::Uwsgi => Beginning::StatusLine,
            Self::FastCgi | Self::Scgi => Beginning::StatusField,
        }
    }
}

impl fmt::Display for CgiProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CgiProtocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|one| one.as_str() == name);
        found
            .copied()
            .ok_or_else(|| format!("{name:?} is none of fastcgi, scgi, uwsgi"))
    }
}
