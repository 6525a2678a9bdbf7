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
    let listener = TcpListener::bind(adapter_hyper::default_addr()?)?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Tells whoever started the program that it accepts connections, and where.
pub fn announce(addr: SocketAddr) {
    let mut out = io::stdout().lock();
    // Served all the same when nobody reads it.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}
