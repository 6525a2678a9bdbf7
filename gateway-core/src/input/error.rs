//! `InputError`: why a request body could not be read.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::error::BoxError;
use crate::http_error::HttpError;

/// A failed read of the [`Input`](crate::Input).
///
/// It has one of three kinds: [incomplete](Self::is_incomplete), [too large](Self::is_too_large),
/// or a failure of the [transport](Self::is_transport). If an app passes it on, the response is a
/// 413 for a limit, and a 400 otherwise.
#[derive(Debug, Clone)]
pub struct InputError(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Incomplete,
    TooLarge(Option<u64>),
    Transport(Arc<BoxError>),
}

impl InputError {
    pub(super) fn incomplete() -> Self {
        Self(Kind::Incomplete)
    }

    pub(super) fn too_large(limit: u64) -> Self {
        Self(Kind::TooLarge(Some(limit)))
    }

    pub(super) fn transport(error: BoxError) -> Self {
        // An input that was passed on, as by a bridge, keeps its own error.
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self(Kind::Transport(Arc::new(error))),
        }
    }

    /// A limit of the host was passed. For adapters whose host limits bodies by itself: it is
    /// answered like a limit of an [`Input`](crate::Input) (I4). [`Input::new`] keeps it as it is.
    ///
    /// [`Input::new`]: crate::Input::new
    #[must_use]
    pub fn over_host_limit() -> Self {
        Self(Kind::TooLarge(None))
    }

    /// True if the body ended before its declared length (I3). Most hosts detect that first: then
    /// it is an error of their [transport](Self::is_transport).
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.0, Kind::Incomplete)
    }

    /// True if a limit was passed (I4).
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge(_))
    }

    /// True if the host could not read the body to its end (I3): the client left, or violated the
    /// framing. The [source](StdError::source) is the host's error.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.0, Kind::Transport(_))
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Incomplete => f.write_str("the request body ended before its declared length"),
            Kind::TooLarge(None) => {
                f.write_str("the request body is larger than the server allows")
            }
            Kind::TooLarge(Some(limit)) => {
                write!(f, "the request body is larger than {limit} bytes")
            }
            Kind::Transport(_) => f.write_str("the request body could not be read to its end"),
        }
    }
}

impl StdError for InputError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::Transport(error) => Some(&***error),
            _ => None,
        }
    }
}

impl From<InputError> for HttpError {
    fn from(error: InputError) -> Self {
        let page = if error.is_too_large() {
            HttpError::payload_too_large()
        } else {
            HttpError::bad_request()
        };
        page.with_source(error)
    }
}

/// For readers of `std::io` and `tokio::io`. The gateway recognises the error inside it and
/// answers it in the same way.
impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        let kind = if error.is_too_large() {
            io::ErrorKind::FileTooLarge
        } else {
            io::ErrorKind::UnexpectedEof
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn i3_i4_an_error_through_std_io_keeps_its_answer() {
        for (error, kind, status) in [
            (InputError::incomplete(), io::ErrorKind::UnexpectedEof, 400),
            (InputError::too_large(3), io::ErrorKind::FileTooLarge, 413),
        ] {
            let error = io::Error::from(error);
            assert_eq!(error.kind(), kind);
            assert_eq!(Error::from(error).status(), status);
        }
    }
}
