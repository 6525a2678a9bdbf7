//! The servers that listen on a `Socket`.

use std::io;
use std::net::SocketAddr;

use gateway_server::Socket;
use tokio::net::{TcpListener, ToSocketAddrs};

use super::Server;

impl Server {
    /// Listens on a TCP address; port 0 picks one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or listened on. The error's text names the address. Its
    /// Debug form is the same text, so it reads well if `main` returns it.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self::new(Socket::bind(addr).await?))
    }

    /// Listens on a Unix socket. The file is removed when the server ends. A file that an earlier
    /// server left is replaced.
    ///
    /// Such a transport has no addresses: apps see no REMOTE_ADDR (E16).
    ///
    /// # Errors
    ///
    /// When another server listens there (`AddrInUse`), or the socket cannot be made.
    ///
    /// # Panics
    ///
    /// If it is called outside a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix(path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        Ok(Self::new(Socket::bind_unix(path)?))
    }

    /// Serves the first of the sockets that the parent process has passed, if there is one: systemd, or a
    /// supervisor with the convention of the `listenfd` crate. Call it once, at the beginning of `main`.
    /// [`gateway_server::passed_sockets`] gives all of them, with their names.
    ///
    /// # Errors
    ///
    /// When a descriptor that was passed is no listening TCP or Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_hyper::Server;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = match Server::from_passed()? {
    ///     Some(server) => server,
    ///     None => Server::bind("127.0.0.1:0").await?,
    /// };
    /// # drop(server);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(unix)]
    pub fn from_passed() -> io::Result<Option<Self>> {
        let first = gateway_server::passed_sockets()?.into_iter().next();
        Ok(first.map(|passed| Self::new(passed.into_socket())))
    }

    /// Serves a listener of the standard library, such as one inherited from a supervisor.
    ///
    /// # Errors
    ///
    /// When the listener cannot be made non-blocking.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self::new(Socket::from_std(listener)?))
    }

    /// Serves a listener.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self::new(listener.into())
    }

    /// The address it listens on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.runner.listener().local_addr()
    }
}
