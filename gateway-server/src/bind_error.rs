//! `BindError`: why a server cannot listen on an address, in plain words.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The addresses, and the error of the system. The Debug form is for people, because a `main` that
/// returns an error prints it.
pub(crate) struct BindError {
    addrs: Vec<SocketAddr>,
    error: io::Error,
}

impl BindError {
    pub(crate) fn new(addrs: Vec<SocketAddr>, error: io::Error) -> Self {
        Self { addrs, error }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot listen on ")?;
        for (number, addr) in self.addrs.iter().enumerate() {
            let separator = if number > 0 { ", " } else { "" };
            write!(f, "{separator}{addr}")?;
        }
        match self.error.kind() {
            io::ErrorKind::AddrInUse => f.write_str(": another program listens there"),
            io::ErrorKind::AddrNotAvailable => f.write_str(": this machine has no such address"),
            io::ErrorKind::PermissionDenied => {
                f.write_str(": the system does not allow it to this user")
            }
            _ => write!(f, ": {}", self.error),
        }
    }
}

impl fmt::Debug for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for BindError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}

impl From<BindError> for io::Error {
    fn from(error: BindError) -> Self {
        Self::new(error.error.kind(), error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_in_plain_words() {
        let said = |kind: io::ErrorKind| {
            let addrs = vec![([127, 0, 0, 1], 80).into(), ([127, 0, 0, 2], 80).into()];
            let error = io::Error::from(BindError::new(addrs, kind.into()));
            assert_eq!(error.kind(), kind);
            let said = error.to_string();
            let reason = said.strip_prefix("cannot listen on 127.0.0.1:80, 127.0.0.2:80: ");
            reason.map(str::to_owned)
        };
        let words = [
            (io::ErrorKind::AddrInUse, "another program listens there"),
            (
                io::ErrorKind::AddrNotAvailable,
                "this machine has no such address",
            ),
            (
                io::ErrorKind::PermissionDenied,
                "the system does not allow it to this user",
            ),
            (io::ErrorKind::OutOfMemory, "out of memory"),
        ];
        for (kind, words) in words {
            assert_eq!(said(kind).as_deref(), Some(words));
        }
    }
}
