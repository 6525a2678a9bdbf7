//! Binds the address of an example program and prints it.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use gateway_core::BoxError;

/// Listens on [`default_addr`](adapter_hyper::default_addr), 127.0.0.1:8000 or the port in
/// `PORT`, and prints the address.
///
/// # Errors
///
/// If `PORT` is not a port number, or the port is taken.
pub fn listen() -> Result<TcpListener, BoxError> {
    Ok(listen_at(adapter_hyper::default_addr()?)?)
}

/// Listens on an address, and prints it. Port 0 picks a free one.
///
/// # Errors
///
/// If the address is taken, or does not belong to this machine.
pub fn listen_at(addr: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(addr)?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Tells the user or script that started the program that it accepts connections, and where.
pub fn announce(addr: SocketAddr) {
    let mut out = io::stdout().lock();
    // The server runs on even if nobody reads this.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}
