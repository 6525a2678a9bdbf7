//! `Listener`: accepts connections from a TCP port or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use gateway_core::Connection;
use tokio::net::{TcpListener, TcpStream};

use super::transport::Stream;
#[cfg(unix)]
use super::unix_socket::UnixSocket;

/// How long the listener pauses when the system has no more sockets.
const REST: Duration = Duration::from_millis(500);

/// More than the queue of any system holds, so that clients which keep connecting do not delay the
/// end.
const MAX_QUEUE: usize = 4096;

/// A TCP port or a Unix socket.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

impl Listener {
    pub(super) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The next connection. Errors do not end a server: they are logged. If one is about this
    /// process or the system (too many open files, say), the listener pauses before the next try.
    pub(super) async fn accept(&self) -> (Stream, Connection) {
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_about_the_client(&error) => {
                    tracing::debug!(target: "gateway", "a client left before it was accepted: {error}");
                }
                Err(error) => {
                    tracing::error!(target: "gateway", "cannot accept connections: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// Accepts the connections in the queue, and at most as many as a queue holds. Afterwards
    /// nobody can connect.
    ///
    /// A client that has connected expects a response, and would be reset.
    pub(super) fn into_waiting(self) -> Vec<(Stream, Connection)> {
        let mut waiting = Vec::new();
        let taken = match self {
            Self::Tcp(listener) => listener.into_std().and_then(|listener| {
                take_waiting(|| {
                    let (stream, peer) = listener.accept()?;
                    stream.set_nonblocking(true)?;
                    waiting.push(tcp(TcpStream::from_std(stream)?, peer));
                    Ok(())
                })
            }),
            #[cfg(unix)]
            Self::Unix(socket) => take_waiting(|| {
                let stream = socket.accept_waiting()?;
                waiting.push((Stream::Unix(stream), Connection::new()));
                Ok(())
            }),
        };
        if let Err(error) = taken {
            tracing::debug!(target: "gateway", "cannot accept the waiting connections: {error}");
        }
        waiting
    }

    async fn try_accept(&self) -> io::Result<(Stream, Connection)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(tcp(stream, peer))
            }
            // E16: a Unix socket has no addresses.
            #[cfg(unix)]
            Self::Unix(socket) => Ok((Stream::Unix(socket.accept().await?), Connection::new())),
        }
    }
}

/// A stream with the settings of the server, and what is known of it.
fn tcp(stream: TcpStream, peer: SocketAddr) -> (Stream, Connection) {
    // Chunks are sent at once: the kernel must not wait for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gateway", "TCP_NODELAY: {error}");
    }
    let mut connection = Connection::new().with_peer_addr(peer);
    if let Ok(local) = stream.local_addr() {
        connection = connection.with_local_addr(local);
    }
    (Stream::Tcp(stream), connection)
}

/// Accepts until no connection waits.
///
/// # Errors
///
/// When the system has no more sockets.
fn take_waiting(mut accept: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    for _ in 0..MAX_QUEUE {
        match accept() {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if is_about_the_client(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
