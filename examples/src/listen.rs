//! How every program here begins.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use gateway_core::BoxError;

/// Listens where [`default_addr`](adapter_hyper::default_addr) says, 127.0.0.1:8000 or the port in
/// `PORT`, and says so.
///
/// # Errors
///
/// A `PORT` that is none, or one that is taken.
pub fn listen() -> Result<TcpListener, BoxError> {
    Ok(listen_at(adapter_hyper::default_addr()?)?)
}

/// Listens at an address, and says so. Port 0 picks a free one.
///
/// # Errors
///
/// An address that is taken, or not one of this machine.
pub fn listen_at(addr: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(addr)?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Tells whoever started the program that it accepts connections, and where.
pub fn announce(addr: SocketAddr) {
    let mut out = io::stdout().lock();
    // Served all the same when nobody reads it.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}
