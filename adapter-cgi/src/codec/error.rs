//! Why bytes are not what they should be.

use std::error::Error as StdError;
use std::fmt;

/// Bytes that are no message of the protocol, or one beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// A rule of the protocol is broken, and which.
    Malformed(&'static str),
    /// The variables take up more bytes than the limit.
    TooLong { limit: usize },
    /// There are more variables than the limit.
    TooMany { limit: usize },
}

impl CodecError {
    /// True if a limit was passed.
    pub(crate) fn is_limit(self) -> bool {
        !matches!(self, Self::Malformed(_))
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(rule) => f.write_str(rule),
            Self::TooLong { limit } => {
                write!(f, "the variables are longer than {limit} bytes")
            }
            Self::TooMany { limit } => write!(f, "there are more than {limit} variables"),
        }
    }
}

impl StdError for CodecError {}
