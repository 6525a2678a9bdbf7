//! A server for those who have none.

mod activity;
mod bind_error;
mod connection;
mod cutting;
mod default_addr;
mod limits;
mod listener;
mod run;
mod signals;
mod timed_body;
mod tracked;
mod transport;
mod tunnel;
#[cfg(unix)]
mod unix_socket;
mod vigil;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::{App, Observer};
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};

use crate::service::HyperService;

use bind_error::BindError;
pub use default_addr::{DefaultAddrError, default_addr};
use limits::Limits;
use listener::Listener;

const MAX_CONNECTIONS: usize = 10_000;
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// An HTTP server for an app: HTTP/1.1 and HTTP/2 (with prior knowledge) on one port.
///
/// # Bounds
///
/// | setting | default | what it bounds | what a client sees |
/// |---|---|---|---|
/// | [`max_connections`](Self::max_connections) | 10 000 | connections at a time | it waits in the listener's queue, and is not turned away |
/// | [`header_read_timeout`](Self::header_read_timeout) | 30 s | the head of a request on HTTP/1, the first bytes of any connection, and an HTTP/1 connection that is kept alive and idle | the end of the connection, without a word |
/// | [`body_read_timeout`](Self::body_read_timeout) | 30 s | a pause in a request's body while the app waits for it | the answer to a failed read, by default a 400; on HTTP/1 the connection closes |
/// | [`write_timeout`](Self::write_timeout) | 60 s | a pause in which a client takes nothing of what is there for it | the end of the connection |
/// | [`http2_idle_timeout`](Self::http2_idle_timeout) | 60 s | an HTTP/2 connection without a request, even if it answers pings | GOAWAY with NO_ERROR, and the end of the connection |
/// | [`shutdown_deadline`](Self::shutdown_deadline) | 30 s | exchanges in flight when the server ends | the end of the connection |
///
/// A limit may be exceeded by a quarter, and by 15 seconds at most.
///
/// On HTTP/2 the `write_timeout` ends a connection of which no stream makes progress although the app
/// has given something to each; a stream whose app is at work keeps the others alive. Fixed are: 200
/// streams at a time, 64 KiB of header fields, a ping each 60 seconds that has to be answered within 20.
/// h2 itself ends a connection with GOAWAY and ENHANCE_YOUR_CALM where a client sends thousands of DATA
/// frames of a few bytes: it allows small frames for half the connection's window, 256 bytes each.
///
/// What is not bounded: the whole time of a request. A client that sends a byte now and then keeps its
/// exchange; an app bounds the time it takes by itself.
///
/// A client that half-closes its connection after its HTTP/1 request gets no answer: hyper takes it for
/// one that has gone (L3).
///
/// # The end
///
/// [`serve`](Self::serve) ends on SIGTERM or Ctrl-C, [`serve_until`](Self::serve_until) when its
/// future says so. Who waits in the listener's queue by then is accepted, also beyond
/// `max_connections`, and nobody afterwards. Idle connections are closed at once. One that has sent no
/// request yet, or half of one, or an HTTP/2 peer that answers nothing, has half a second. Exchanges in
/// flight may end within the `shutdown_deadline`; responses say `Connection: close`. What is left is cut
/// (L4). A server whose future is dropped is cut at once. For observers what is cut has ended with
/// [`Ended::Cut`](gateway_core::Ended::Cut).
///
/// # The app's own beginning and end
///
/// The app's [`startup`](App::startup) runs before the first connection is accepted; clients wait in the
/// listener's queue. Its [`shutdown`](App::shutdown) runs when the last exchange and the last stream that
/// was switched have ended or were cut, within what is left of the `shutdown_deadline` (L9, L10). An error
/// of either is the server's. A server that is told to end during the startup drops it, and ends without
/// an error.
///
/// # Streams that were switched
///
/// WebSocket and other protocols ([`Body::upgrade`](gateway_core::Body::upgrade)) run as tasks of their
/// connection. No limit of the table applies to them but the last (U11). They are told when the server is
/// to end ([`Duplex::closing`](gateway_core::Duplex::closing)), waited for, and cut at the deadline (U12).
/// Over HTTP/2 there is WebSocket (RFC 8441) and nothing else.
///
/// # Examples
///
/// ```
/// use adapter_hyper::Server;
/// use gateway_core::view;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0").await?;
/// println!("listening on {:?}", server.local_addr());
/// let stop = async { /* whatever ends the server */ };
/// server.serve_until(view(async |_| "Hello, World!"), stop).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    listener: Listener,
    max_connections: usize,
    limits: Limits,
    shutdown_deadline: Duration,
    observer: Option<Arc<dyn Observer>>,
}

impl Server {
    /// Listens on a TCP address; port 0 picks one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or listened on. The error's text names the address, and
    /// reads the same where `main` returns it.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let addrs: Vec<SocketAddr> = lookup_host(addr).await?.collect();
        match TcpListener::bind(&*addrs).await {
            Ok(listener) => Ok(Self::from_listener(listener)),
            Err(error) => Err(BindError::new(addrs, error).into()),
        }
    }

    /// Listens on a Unix socket. The file is removed when the server ends. One that a server left
    /// behind is replaced.
    ///
    /// Such a transport has no addresses: apps see no REMOTE_ADDR (E16).
    ///
    /// # Errors
    ///
    /// When another server listens there (`AddrInUse`), or the socket cannot be made.
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix(path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        let socket = unix_socket::UnixSocket::bind(path.as_ref())?;
        Ok(Self::new(Listener::Unix(socket)))
    }

    /// Serves a listener of the standard library, such as one inherited from a supervisor.
    ///
    /// # Errors
    ///
    /// When the listener cannot be made non-blocking.
    ///
    /// # Panics
    ///
    /// When called outside of a tokio runtime.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::from_listener(TcpListener::from_std(listener)?))
    }

    /// Serves a listener.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self::new(Listener::Tcp(listener))
    }

    fn new(listener: Listener) -> Self {
        Self {
            listener,
            max_connections: MAX_CONNECTIONS,
            limits: Limits::default(),
            shutdown_deadline: SHUTDOWN_DEADLINE,
            observer: None,
        }
    }

    /// The address it listens on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// Bounds the connections open at a time; further clients wait. At least 1.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Bounds how long a client may take for a request's head, and how long an HTTP/1 connection may
    /// idle. By default 30 seconds.
    pub fn header_read_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_read_timeout = timeout;
        self
    }

    /// Bounds how long an app waits for the next bytes of a request's body: the read fails then. By
    /// default 30 seconds.
    pub fn body_read_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_read_timeout = timeout;
        self
    }

    /// Bounds how long a client may take nothing of what is there for it: its connection ends then. By
    /// default 60 seconds.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_timeout = timeout;
        self
    }

    /// Bounds how long an HTTP/2 connection may be without a request: it ends with GOAWAY then. By
    /// default 60 seconds.
    pub fn http2_idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits.http2_idle_timeout = timeout;
        self
    }

    /// Bounds how long exchanges in flight may go on after the server was told to end.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = deadline;
        self
    }

    /// Registers an observer that is told how each exchange ended, also those that are refused before
    /// the app. A service that already has an observer keeps its own, and this one hears nothing; a
    /// middleware registers more by [`Environ::observe`](gateway_core::Environ::observe). What hyper
    /// itself answers, because it could not parse the head, no gateway hears of.
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_hyper::Server;
    /// use gateway_core::{Outcome, RequestSummary, view};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = Server::bind("127.0.0.1:0").await?.with_observer(
    ///     |request: &RequestSummary, outcome: &Outcome| {
    ///         println!("{} {}: {}", request.method(), request.path(), outcome.ended());
    ///     },
    /// );
    /// server.serve_until(view(async |_| "Hello!"), async {}).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Serves the app until SIGTERM or Ctrl-C. A second signal cuts what is still in flight.
    ///
    /// # Errors
    ///
    /// When the process cannot listen for signals; and as [`serve_until`](Self::serve_until).
    pub async fn serve<A: App>(self, app: A) -> io::Result<()> {
        self.serve_service(HyperService::new(app)).await
    }

    /// As [`serve`](Self::serve), for a service: one with a gateway of its own
    /// ([`HyperService::from_gateway`]), or one that fills the environ ([`HyperService::with`]). What
    /// it knows of a connection is replaced.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_service<A: App>(self, service: HyperService<A>) -> io::Result<()> {
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
        self.serve_service_until(HyperService::new(app), signal)
            .await
    }

    /// As [`serve_until`](Self::serve_until), for a service.
    ///
    /// # Errors
    ///
    /// As [`serve_until`](Self::serve_until).
    pub async fn serve_service_until<A: App>(
        self,
        service: HyperService<A>,
        signal: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.run(service, signal, pending()).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("max_connections", &self.max_connections)
            .field("limits", &self.limits)
            .field("shutdown_deadline", &self.shutdown_deadline)
            .field("observer", &self.observer.is_some())
            .finish()
    }
}
