//! `CgiServer`: a server for front ends.

mod run_cgi;
mod timed_stream;

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use gateway_core::{App, Connection};
use gateway_server::{Ending, Runner, Socket, SocketStream, signals};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::time::sleep;

use crate::protocol::CgiProtocol;
use crate::service::CgiService;
use crate::times::{GRACE, Times};

pub use run_cgi::{is_cgi, run_cgi};
use timed_stream::TimedStream;

const MAX_CONNECTIONS: usize = 1000;

/// Those of `adapter-hyper`'s server.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// Longer than the 60 seconds after which nginx closes: who closes while the other begins a request loses it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

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
/// | [`header_read_timeout`](Self::header_read_timeout) | 30 s | the variables of a request, and the first bytes of a connection | the end of the connection, without a response |
/// | [`body_read_timeout`](Self::body_read_timeout) | 30 s | a pause in a request's body while the app waits for it | the response to a failed read, by default a 400 |
/// | [`write_timeout`](Self::write_timeout) | 60 s | a pause in which it reads none of the bytes that wait for it | a reset over TCP, the end of the connection over a Unix socket; the app's body is dropped (L3) |
/// | [`idle_timeout`](Self::idle_timeout) | 75 s | a FastCGI connection that is kept and has no request | the end of the connection |
/// | [`shutdown_deadline`](Self::shutdown_deadline) | 30 s | exchanges in flight when the server ends | the end of the connection |
///
/// Those of a request are in [`CgiService`]. A front end that reads its clients' requests whole before it
/// connects, and takes responses whole, meets no limit of time but the idle one. The total time of a
/// request has no limit.
///
/// # The end
///
/// [`serve`](Self::serve) ends on SIGTERM or Ctrl-C, [`serve_until`](Self::serve_until) when its future
/// says so. Connections that wait in the listener's queue are accepted. They and requests whose variables are not
/// whole have half a second. Other connections without a request are closed at once. Exchanges in flight may end within the
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
/// use adapter_cgi::{CgiProtocol, CgiServer};
/// use gateway_core::view;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = CgiServer::bind(CgiProtocol::FastCgi, "127.0.0.1:0").await?;
/// println!("listening on {:?}", server.local_addr());
/// let stop = async { /* whatever ends the server */ };
/// server.serve_until(view(async |_| "Hello, World!"), stop).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it serves"]
#[doc(alias = "Server")]
pub struct CgiServer {
    runner: Runner<Socket>,
    protocol: CgiProtocol,
    times: Times,
    write_timeout: Duration,
}

impl CgiServer {
    /// Listens on a TCP address; port 0 picks one, see [`local_addr`](Self::local_addr).
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or listened on. The error's text names the address.
    pub async fn bind(protocol: CgiProtocol, addr: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self::new(protocol, Socket::bind(addr).await?))
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
    pub fn bind_unix(protocol: CgiProtocol, path: impl AsRef<std::path::Path>) -> io::Result<Self> {
        Ok(Self::new(protocol, Socket::bind_unix(path)?))
    }

    /// Serves the listening socket that is this process's standard input: what process managers pass to
    /// a FastCGI application (section 2.2 of its specification; `spawn-fcgi`, mod_fcgid, lighttpd's
    /// `bin-path`, `StandardInput=socket` of systemd). It is TCP or a Unix socket, whose file stays.
    ///
    /// # Errors
    ///
    /// When the standard input is no listening socket.
    #[cfg(unix)]
    pub fn from_stdin(protocol: CgiProtocol) -> io::Result<Self> {
        Ok(Self::new(protocol, Socket::from_stdin()?))
    }

    /// Serves the first of the sockets that the parent process has passed, if there is one: systemd
    /// (`LISTEN_FDS`), or a supervisor with the convention of the `listenfd` crate. Call it once, at the beginning
    /// of `main`.
    ///
    /// # Errors
    ///
    /// When a descriptor that was passed is no listening TCP or Unix socket.
    #[cfg(unix)]
    pub fn from_passed(protocol: CgiProtocol) -> io::Result<Option<Self>> {
        let first = gateway_server::passed_sockets()?.into_iter().next();
        Ok(first.map(|passed| Self::new(protocol, passed.into_socket())))
    }

    /// Serves a listener.
    pub fn from_listener(protocol: CgiProtocol, listener: TcpListener) -> Self {
        Self::new(protocol, listener.into())
    }

    /// Serves a listener on a Unix socket. Its file stays.
    #[cfg(unix)]
    pub fn from_unix_listener(protocol: CgiProtocol, listener: tokio::net::UnixListener) -> Self {
        Self::new(protocol, listener.into())
    }

    fn new(protocol: CgiProtocol, socket: Socket) -> Self {
        Self {
            runner: Runner::new(socket).max_connections(MAX_CONNECTIONS),
            protocol,
            times: Times {
                head: Some(HEADER_READ_TIMEOUT),
                idle: Some(IDLE_TIMEOUT),
                body: Some(BODY_READ_TIMEOUT),
            },
            write_timeout: WRITE_TIMEOUT,
        }
    }

    /// The address it listens on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.runner.listener().local_addr()
    }

    /// Serves on this many threads, each with a current-thread runtime; 0, the default, is the runtime that
    /// the server is called in. The app's startup and shutdown run once, on the caller's runtime. How the workers
    /// share a socket is said at [`Socket`].
    pub fn workers(mut self, workers: usize) -> Self {
        self.runner = self.runner.workers(workers);
        self
    }

    /// Bounds the connections open at a time; further ones wait. At least 1. Each worker has an equal part of
    /// it, rounded up.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.runner = self.runner.max_connections(connections);
        self
    }

    /// Limits how long a front end may take for a request's variables. The default is 30 seconds.
    pub fn header_read_timeout(mut self, timeout: Duration) -> Self {
        self.times.head = Some(timeout);
        self
    }

    /// Limits how long an app waits for the next bytes of a request's body. Then the read fails. The
    /// default is 30 seconds.
    pub fn body_read_timeout(mut self, timeout: Duration) -> Self {
        self.times.body = Some(timeout);
        self
    }

    /// Limits how long a front end may read none of the bytes that wait for it. Then its connection
    /// ends. The default is 60 seconds.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Limits how long a FastCGI connection may be kept without a request. Then it ends. The default is 75
    /// seconds. It should be longer than the front end keeps a connection, which is 60 seconds in nginx: a request
    /// that is sent while the server closes is lost. The other protocols keep no connection.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.times.idle = Some(timeout);
        self
    }

    /// Bounds how long exchanges in flight may go on after the server was told to end.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.runner = self.runner.shutdown_deadline(deadline);
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
        let (first, second) = signals()?;
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
        let protocol = self.protocol;
        let write_timeout = self.write_timeout;
        let service = service.with_times(self.times);
        let gateway = service.gateway().clone();
        // What is known of the client's connection is what the front end says.
        let serve = move |stream: SocketStream, _: Connection, mut ending: Ending| {
            let service = service.clone();
            let was_waiting = ending.has_begun();
            async move {
                let ending = async {
                    ending.begun().await;
                    if was_waiting {
                        sleep(GRACE).await;
                    }
                };
                // L3: who leaves, or does not keep to the protocol, is no error of the app.
                let mut stream = TimedStream::new(stream, write_timeout);
                let served = service.serve_until(protocol, &mut stream, ending).await;
                let (stream, has_stalled) = stream.into_inner();
                if has_stalled {
                    will_reset(&stream);
                    tracing::info!(target: "gateway", "a connection ended early: the front end does not read");
                } else if let Err(error) = served {
                    // A reset may overtake what was written; FastCGI has a record for it.
                    let is_aborted = error.kind() == io::ErrorKind::ConnectionAborted;
                    if is_aborted && protocol != CgiProtocol::FastCgi {
                        will_reset(&stream);
                    }
                    tracing::info!(target: "gateway", "a connection ended early: {error}");
                }
            }
        };
        self.runner.run(&gateway, serve, stop, cut).await
    }
}

/// Makes the end of the connection a reset, where the transport has one (B8).
fn will_reset(stream: &SocketStream) {
    if let SocketStream::Tcp(stream) = stream
        && let Err(error) = stream.set_zero_linger()
    {
        tracing::debug!(target: "gateway", clause = "B8", "cannot reset a connection: {error}");
    }
}

impl fmt::Debug for CgiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CgiServer")
            .field("runner", &self.runner)
            .field("protocol", &self.protocol)
            .field("times", &self.times)
            .field("write_timeout", &self.write_timeout)
            .finish()
    }
}
