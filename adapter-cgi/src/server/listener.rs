//! Where connections come from.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::stream::Stream;
#[cfg(unix)]
use super::unix_socket::UnixSocket;

/// How long the listener rests when the system has no more sockets to give.
const REST: Duration = Duration::from_millis(500);

/// A TCP port or a Unix socket.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener),
    /// With the file, which this server removes.
    #[cfg(unix)]
    Unix(UnixSocket),
    /// The file, if there is one, is somebody else's.
    #[cfg(unix)]
    Passed(UnixListener),
}

impl Listener {
    pub(super) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) | Self::Passed(_) => None,
        }
    }

    /// The next connection. Errors do not end a server: they are logged, and those that are about
    /// this process or the system (too many open files, say) make it rest before the next try.
    pub(super) async fn accept(&self) -> Stream {
        loop {
            match self.try_accept().await {
                Ok(stream) => return stream,
                Err(error) if is_about_the_client(&error) => {
                    tracing::debug!(target: "gateway", "a front end left before it was accepted: {error}");
                }
                Err(error) => {
                    tracing::error!(target: "gateway", "cannot accept connections: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Chunks are handed over as they come; the kernel is not to wait for more of them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(target: "gateway", "TCP_NODELAY: {error}");
                }
                Ok(Stream::Tcp(stream))
            }
            #[cfg(unix)]
            Self::Unix(socket) => Ok(Stream::Unix(socket.accept().await?)),
            #[cfg(unix)]
            Self::Passed(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
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
