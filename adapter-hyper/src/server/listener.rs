//! Where connections come from.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use gateway_core::Connection;
use tokio::net::{TcpListener, TcpStream};

use super::transport::Stream;
#[cfg(unix)]
use super::unix_socket::UnixSocket;

/// How long the listener rests when the system has no more sockets to give.
const REST: Duration = Duration::from_millis(500);

/// More than a queue holds on any system: clients that go on connecting do not hold the end up.
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

    /// The next connection. Errors do not end a server: they are logged, and those that are about
    /// this process or the system (too many open files, say) make it rest before the next try.
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

    /// What waits in the queue, and no more than it holds. Nobody can connect afterwards.
    ///
    /// A client that has connected has been promised an answer, and would be reset.
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
            tracing::debug!(target: "gateway", "cannot accept who waits: {error}");
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

/// A stream as the server wants it, and what is known of it.
fn tcp(stream: TcpStream, peer: SocketAddr) -> (Stream, Connection) {
    // Chunks are handed over as they come; the kernel is not to wait for more of them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gateway", "TCP_NODELAY: {error}");
    }
    let mut connection = Connection::new().with_peer_addr(peer);
    if let Ok(local) = stream.local_addr() {
        connection = connection.with_local_addr(local);
    }
    (Stream::Tcp(stream), connection)
}

/// Accepts until nobody waits.
///
/// # Errors
///
/// When the system has no more sockets to give.
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
