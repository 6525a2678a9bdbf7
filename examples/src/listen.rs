//! Binds the address of an example program and prints it.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use gateway_core::BoxError;

/// Takes the TCP socket that systemd has passed, or else listens on
/// [`default_addr`](adapter_hyper::default_addr), 127.0.0.1:8000 or the port in `PORT`. Prints the address.
///
/// # Errors
///
/// If `PORT` is not a port number, if the port is taken, or as [`passed`].
pub fn listen() -> Result<TcpListener, BoxError> {
    match passed()? {
        Some(listener) => Ok(listener),
        None => Ok(listen_at(adapter_hyper::default_addr()?)?),
    }
}

/// Takes the first socket that the parent process has passed, if there is one, and prints its address: as a
/// listener of the standard library, which every host can serve.
///
/// # Errors
///
/// If it is not a TCP socket.
pub fn passed() -> io::Result<Option<TcpListener>> {
    #[cfg(unix)]
    if let Some(passed) = gateway_server::passed_sockets()?.into_iter().next() {
        let listener = passed.into_socket().into_std()?;
        announce(listener.local_addr()?);
        return Ok(Some(listener));
    }
    Ok(None)
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
