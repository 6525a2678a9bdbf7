//! Why a server cannot listen.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The addresses, and the system's word. A `main` that returns an error shows its Debug form, which
/// is to be read by people here.
pub(super) struct BindError {
    addrs: Vec<SocketAddr>,
    error: io::Error,
}

impl BindError {
    pub(super) fn new(addrs: Vec<SocketAddr>, error: io::Error) -> Self {
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
