//! A server for front ends.

mod bind_error;
mod listener;
#[cfg(unix)]
mod passed;
mod run_cgi;
mod signals;
mod stream;
#[cfg(unix)]
mod unix_socket;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use gateway_core::{App, Error, lifespan};
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use crate::protocol::Protocol;
use crate::service::CgiService;

use bind_error::BindError;
use listener::Listener;
pub use run_cgi::{is_cgi, run_cgi};

const MAX_CONNECTIONS: usize = 1000;
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// A server for a front end: FastCGI, SCGI or uwsgi, over TCP or a Unix socket.
///
/// Whoever can connect can say who the client is, over which scheme it came, and who is logged in: none
/// of these protocols knows authentication. Listen on a Unix socket that only the front end may open, or
/// on an address that only it can reach.
///
/// # Bounds
///
/// | setting | default | what it bounds | what a front end sees |
/// |---|---|---|---|
/// | [`max_connections`](Self::max_connections) | 1000 | connections at a time | it waits in the listener's queue |
/// | [`shutdown_deadline`](Self::shutdown_deadline) | 30 s | exchanges in flight when the server ends | the end of the connection |
///
/// Those of a request are in [`CgiService`]. There is no limit of time: the front end holds its clients
/// to one, and closes what it does not need.
///
/// # The end
///
/// [`serve`](Self::serve) ends on SIGTERM or Ctrl-C, [`serve_until`](Self::serve_until) when its future
/// says so. Connections without a request are closed at once. Exchanges in flight may end within the
/// `shutdown_deadline`; what is left is cut (L4).
///
/// The app's [`startup`](App::startup) runs before the first connection is accepted, and its
/// [`shutdown`](App::shutdown) behind the last exchange, within what is left of the deadline (L9, L10). An
/// error of either is the server's. A server that is told to end during the startup drops it, and ends
/// without an error.
///
/// # Examples
///
/// ```
/// use adapter_cgi::{Protocol, Server};
/// use gateway_core::view;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = Server::bind(Protocol::FastCgi, "127.0.0.1:0").await?;
/// println!("listening on {:?}", server.local_addr());
/// let stop = async { /* whatever ends the server */ };
/// server.serve_until(view(async |_| "Hello, World!"), stop).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    listener: Listener,
    protocol: Protocol,
    max_connections: usize,
    shutdown_deadline: Duration,
}

impl Server {
    /// Listens on a TCP address; port 0 picks one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or listened on. The error's text names the address.
    pub async fn bind(protocol: Protocol, addr: impl ToSocketAddrs) -> io::Result<Self> {
        let addrs: Vec<SocketAddr> = lookup_host(addr).await?.collect();
        match TcpListener::bind(&*addrs).await {
            Ok(listener) => Ok(Self::from_listener(protocol, listener)),
            Err(error) => Err(BindError::new(addrs, error).into()),
        }
    }

    /// Listens on a Unix socket. The file is removed when the server ends. One that a server left
    /// behind is replaced. Who may connect is who may write to the file.
    ///
    /// # Errors
    ///
    /// When another server listens there (`AddrInUse`), or the socket cannot be made.
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix(protocol: Protocol, path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        let socket = unix_socket::UnixSocket::bind(path.as_ref())?;
        Ok(Self::new(protocol, Listener::Unix(socket)))
    }

    /// Serves the listening socket that is this process's standard input: what process managers pass to
    /// a FastCGI application (section 2.2 of its specification; `spawn-fcgi`, mod_fcgid, lighttpd's
    /// `bin-path`, `StandardInput=socket` of systemd). It is TCP or a Unix socket, whose file stays.
    ///
    /// # Errors
    ///
    /// When the standard input is no listening socket.
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    #[cfg(unix)]
    pub fn from_stdin(protocol: Protocol) -> io::Result<Self> {
        Ok(Self::new(protocol, passed::listener()?))
    }

    /// Serves a listener.
    pub fn from_listener(protocol: Protocol, listener: TcpListener) -> Self {
        Self::new(protocol, Listener::Tcp(listener))
    }

    /// Serves a listener on a Unix socket. Its file stays.
    #[cfg(unix)]
    pub fn from_unix_listener(protocol: Protocol, listener: tokio::net::UnixListener) -> Self {
        Self::new(protocol, Listener::Passed(listener))
    }

    fn new(protocol: Protocol, listener: Listener) -> Self {
        Self {
            listener,
            protocol,
            max_connections: MAX_CONNECTIONS,
            shutdown_deadline: SHUTDOWN_DEADLINE,
        }
    }

    /// The address it listens on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// Bounds the connections open at a time; further ones wait. At least 1.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Bounds how long exchanges in flight may go on after the server was told to end.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = deadline;
        self
    }

    /// Serves the app until SIGTERM or Ctrl-C. A second signal cuts what is still in flight.
    ///
    /// # Errors
    ///
    /// When the process cannot listen for signals; and as [`serve_until`](Self::serve_until).
    pub async fn serve<A: App>(self, app: A) -> io::Result<()> {
        self.serve_service(CgiService::new(app)).await
    }

    /// As [`serve`](Self::serve), for a service: one that knows its front end, say.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_service<A: App>(self, service: CgiService<A>) -> io::Result<()> {
        let mut signals = signals::Signals::listen()?;
        let mut again = signals::Signals::listen()?;
        let first = async move { signals.next().await };
        let second = async move {
            // It hears the first signal too.
            again.next().await;
            again.next().await;
        };
        self.run(service, first, second).await
    }

    /// Serves the app until `signal` resolves.
    ///
    /// # Errors
    ///
    /// The error of the app's startup or shutdown, or `TimedOut` when its shutdown has not ended by the
    /// deadline. What goes wrong with a connection or with accepting one is logged.
    pub async fn serve_until<A: App>(
        self,
        app: A,
        signal: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.serve_service_until(CgiService::new(app), signal).await
    }

    /// As [`serve_until`](Self::serve_until), for a service.
    ///
    /// # Errors
    ///
    /// As [`serve_until`](Self::serve_until).
    pub async fn serve_service_until<A: App>(
        self,
        service: CgiService<A>,
        signal: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.run(service, signal, pending()).await
    }

    async fn run<A: App>(
        self,
        service: CgiService<A>,
        stop: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (mut stop, mut cut) = (pin!(stop), pin!(cut));
        let app = service.gateway().app();
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            started = lifespan::start(app) => started.map_err(of_app)?,
        }
        let (ending, told) = watch::channel(false);
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = tasks.join_next() => log_panic(ended),
                mut stream = self.listener.accept(), if tasks.len() < self.max_connections => {
                    let (service, protocol) = (service.clone(), self.protocol);
                    let mut told = told.clone();
                    tasks.spawn(async move {
                        let ending = async move {
                            // A sender that is gone has told.
                            let _ = told.wait_for(|is_ending| *is_ending).await;
                        };
                        // L3: who leaves, or does not keep to the protocol, is no error of the app.
                        let served = service.serve_until(protocol, &mut stream, ending).await;
                        if let Err(error) = served {
                            // A reset may overtake what was written; FastCGI has a record for it.
                            let is_aborted = error.kind() == io::ErrorKind::ConnectionAborted;
                            if is_aborted && protocol != Protocol::FastCgi {
                                stream.will_reset();
                            }
                            tracing::info!(target: "gateway", "a connection ended early: {error}");
                        }
                    });
                }
            }
        }
        drop(self.listener);
        tracing::info!(target: "gateway", connections = tasks.len(), "shutting down");
        // L4: before the connections are told, so that streams without an end can end by themselves.
        service.gateway().shutdown_signal().begin();
        // Every task has a receiver.
        let _ = ending.send(true);
        let drained = async {
            while let Some(ended) = tasks.join_next().await {
                log_panic(ended);
            }
        };
        let mut deadline = pin!(sleep(self.shutdown_deadline));
        let is_drained = tokio::select! {
            () = drained => true,
            () = &mut deadline => false,
            () = &mut cut => false,
        };
        if !is_drained {
            tracing::warn!(target: "gateway", clause = "L4", connections = tasks.len(), "cutting");
            // L8: what is dropped from now on was cut by this server.
            service.gateway().begin_cutting();
            tasks.shutdown().await;
        }
        tokio::select! {
            // Also behind the deadline the app has one turn.
            biased;
            stopped = lifespan::stop(app) => stopped.map_err(of_app),
            () = &mut deadline => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the app's shutdown has not ended by the deadline",
            )),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("protocol", &self.protocol)
            .field("max_connections", &self.max_connections)
            .field("shutdown_deadline", &self.shutdown_deadline)
            .finish()
    }
}

/// The app's own error.
fn of_app(error: Error) -> io::Error {
    io::Error::other(error.into_boxed())
}

/// B9: a connection that panics is one connection less.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "gateway", clause = "B9", "a connection panicked: {error}");
    }
}
