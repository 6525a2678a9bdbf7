//! `Server`: an HTTP server for an app.

mod activity;
mod alarm;
mod bind;
mod connection;
mod default_addr;
mod handshake;
mod limits;
mod run;
mod serve_connection;
mod timed_body;
mod tracked;
mod transport;
mod tunnel;
mod vigil;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::{Connection, Observer};
use gateway_server::{Listener, Runner, Socket};
use tokio::io::{AsyncRead, AsyncWrite};

pub use default_addr::{DefaultAddrError, default_addr};
use handshake::Handshake;
pub use limits::ConnectionLimits;
pub use serve_connection::serve_connection;

/// An HTTP server for an app: HTTP/1.1 and HTTP/2 (with prior knowledge) on one port.
///
/// # Bounds
///
/// | setting | default | what it bounds | what a client sees |
/// |---|---|---|---|
/// | [`max_connections`](Self::max_connections) | 10 000 | connections at a time | it waits in the listener's queue, and is not refused |
/// | [`max_requests`](Self::max_requests) | none | requests on one connection | `Connection: close` in the last response; on HTTP/2 GOAWAY with NO_ERROR |
/// | [`http2_max_streams`](Self::http2_max_streams) | 200 | exchanges at a time on one HTTP/2 connection | the number in SETTINGS; RST_STREAM with REFUSED_STREAM for more, which may be repeated |
/// | [`header_read_timeout`](Self::header_read_timeout) | 30 s | the head of a request on HTTP/1, the first bytes of any connection, a handshake, and an HTTP/1 connection that is kept alive and idle | the end of the connection, without a response |
/// | [`body_read_timeout`](Self::body_read_timeout) | 30 s | a pause in a request's body while the app waits for it | the response to a failed read, by default a 400; on HTTP/1 the connection closes |
/// | [`write_timeout`](Self::write_timeout) | 60 s | a pause in which a client reads none of the bytes that wait for it | the end of the connection |
/// | [`http2_idle_timeout`](Self::http2_idle_timeout) | 60 s | an HTTP/2 connection without a request, even if it answers pings | GOAWAY with NO_ERROR, and the end of the connection |
/// | [`shutdown_deadline`](Self::shutdown_deadline) | 30 s | exchanges in flight when the server ends | the end of the connection |
///
/// A limit of time may be exceeded by a quarter, and by 15 seconds at most.
///
/// A response that is aborted while its client does not read
/// ([`StartResponse::abort`](gateway_core::StartResponse::abort), as `Timeout` of `gateway-util` does) ends its
/// connection after another second; on HTTP/2 only if no other stream makes progress meanwhile. Then its
/// stream is reset when the client reads again.
///
/// On HTTP/2 the `write_timeout` ends a connection if the app has given data to each stream and
/// none makes progress. A stream whose app is at work keeps the others alive. These limits are
/// fixed: 64 KiB of header fields, a ping every 60 seconds that must be
/// answered within 20. h2 itself ends a connection with GOAWAY and ENHANCE_YOUR_CALM if a client
/// sends thousands of DATA frames of a few bytes: it allows small frames for half the connection's
/// window, 256 bytes each.
///
/// The total time of a request has no limit. A client that sends a byte now and then keeps its
/// exchange. An app limits the time it takes by itself.
///
/// A client that half-closes its connection after its HTTP/1 request gets no response: hyper treats
/// it as one that has gone (L3).
///
/// # Where connections come from
///
/// [`bind`](Self::bind) and [`bind_unix`](Self::bind_unix) listen; [`from_passed`](Self::from_passed) takes the
/// socket that systemd or another supervisor has passed, so that a restart refuses no client;
/// [`new`](Self::new) takes any [`Listener`]. TLS, the PROXY protocol, and whatever else stands before HTTP is a
/// function, which [`with_handshake`](Self::with_handshake) runs on each connection. A program with an accept loop
/// of its own calls [`serve_connection`].
///
/// # Workers
///
/// By default all connections are tasks of the runtime that the server is called in. With
/// [`workers`](Self::workers) they are served on threads with a current-thread runtime each, which share
/// nothing but the app: a request is never moved to another core.
///
/// # The end
///
/// [`serve`](Self::serve) ends on SIGTERM or Ctrl-C, [`serve_until`](Self::serve_until) when its
/// future resolves. Connections that wait in the listener's queue are then accepted, even beyond
/// `max_connections`, and none afterwards. Idle connections are closed at once. A connection
/// without a whole request, or an HTTP/2 peer that does not answer, has half a second. Exchanges in
/// flight may end within the `shutdown_deadline`; responses say `Connection: close`. What remains
/// is cut (L4). A server whose future is dropped is cut at once. Observers are told
/// [`Ended::Cut`](gateway_core::Ended::Cut) of an exchange that is cut.
///
/// # The app's own beginning and end
///
/// The app's [`startup`](gateway_core::App::startup) runs before the first connection is accepted; clients wait in the
/// listener's queue. Its [`shutdown`](gateway_core::App::shutdown) runs when the last exchange and the last stream that
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
pub struct Server<L: Listener = Socket> {
    runner: Runner<L>,
    limits: ConnectionLimits,
    handshake: Option<Handshake<L::Stream>>,
    observer: Option<Arc<dyn Observer>>,
}

impl<L: Listener> Server<L> {
    /// Serves any listener.
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_hyper::Server;
    /// use gateway_core::Connection;
    /// use gateway_server::{Listener, Socket, SocketStream};
    ///
    /// /// Tells apps that a front end on this machine has ended TLS.
    /// struct BehindTls(Socket);
    ///
    /// impl Listener for BehindTls {
    ///     type Stream = SocketStream;
    ///
    ///     async fn accept(&mut self) -> std::io::Result<(SocketStream, Connection)> {
    ///         let (stream, connection) = self.0.accept().await?;
    ///         Ok((stream, connection.with_scheme(gateway_core::Scheme::Https)))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let server = Server::new(BehindTls(Socket::bind("127.0.0.1:0").await?));
    /// # drop(server);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(listener: L) -> Self {
        Self {
            runner: Runner::new(listener),
            limits: ConnectionLimits::new(),
            handshake: None,
            observer: None,
        }
    }

    /// Serves on this many threads, each with a current-thread runtime; 0, the default, is the runtime that
    /// the server is called in. [`available_parallelism`](std::thread::available_parallelism) is one for
    /// each core.
    ///
    /// On Linux, each worker of a server that was made by [`bind`](Self::bind) has its own queue (SO_REUSEPORT), and the
    /// system spreads the connections over them by the client's address and port. From other sockets the
    /// workers accept in turn. A worker that panics is one less; the others go on. The app's startup and
    /// shutdown run once, on the caller's runtime.
    ///
    /// A listener of [`new`](Self::new) must implement [`Listener::share`]; otherwise serving is an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use adapter_hyper::Server;
    /// use gateway_core::view;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cores = std::thread::available_parallelism()?.get();
    /// let server = Server::bind("127.0.0.1:8000").await?.workers(cores);
    /// server.serve(view(async |_| "Hello, World!")).await
    /// # }
    /// ```
    pub fn workers(mut self, workers: usize) -> Self {
        self.runner = self.runner.workers(workers);
        self
    }

    /// Runs a function on each connection before HTTP: TLS, the PROXY protocol, or a check of the client. It
    /// gives the stream that HTTP is spoken on, and what is known of the connection. It may wait for the
    /// client; it has the time of the [`header_read_timeout`](Self::header_read_timeout), and half a second
    /// when the server is to end. Its connection counts for `max_connections`.
    ///
    /// An error of it ends the connection and is logged. So does a panic. A later function replaces an
    /// earlier one.
    ///
    /// The programs `tls` and `proxy_protocol` among the project's examples are made with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use adapter_hyper::Server;
    /// use gateway_core::Scheme;
    /// use tokio::io::AsyncReadExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> io::Result<()> {
    /// // Only clients that know the word.
    /// let server = Server::bind("127.0.0.1:0").await?.with_handshake(async |mut stream, connection| {
    ///     let mut word = [0; 6];
    ///     stream.read_exact(&mut word).await?;
    ///     match &word {
    ///         b"sesame" => Ok((stream, connection.with_scheme(Scheme::Https))),
    ///         _ => Err(io::ErrorKind::PermissionDenied.into()),
    ///     }
    /// });
    /// # drop(server);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_handshake<F, Fut, S>(mut self, handshake: F) -> Self
    where
        F: Fn(L::Stream, Connection) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<(S, Connection)>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.handshake = Some(Handshake::new(handshake));
        self
    }

    /// Limits the connections open at a time; further clients wait. At least 1. Each worker has an equal
    /// part of it, rounded up: a client may wait for one worker while another has room.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.runner = self.runner.max_connections(connections);
        self
    }

    /// Limits the requests on one connection. There is no limit by default: what a connection holds does not
    /// grow with its requests. A limit makes clients connect anew, so that a load balancer can place them
    /// again. At least 1.
    ///
    /// The last response on HTTP/1.1 says `Connection: close`, and requests that were sent behind it are not
    /// read (RFC 9112 section 9.6). On HTTP/2 the client gets GOAWAY with NO_ERROR; streams that it has opened before it knows are
    /// served, so there may be more than the limit (RFC 9113 section 6.8).
    pub fn max_requests(mut self, requests: u32) -> Self {
        self.limits = self.limits.max_requests(requests);
        self
    }

    /// Limits the exchanges at a time on one HTTP/2 connection. At least 1. The default is 200.
    pub fn http2_max_streams(mut self, streams: u32) -> Self {
        self.limits = self.limits.http2_max_streams(streams);
        self
    }

    /// Limits how long a client may take for a request's head, and how long an HTTP/1 connection
    /// may idle. Then its connection ends. The default is 30 seconds; it is exceeded by a quarter at most.
    pub fn header_read_timeout(mut self, timeout: Duration) -> Self {
        self.limits = self.limits.header_read_timeout(timeout);
        self
    }

    /// Limits how long an app waits for the next bytes of a request's body. Then the read fails.
    /// The default is 30 seconds.
    pub fn body_read_timeout(mut self, timeout: Duration) -> Self {
        self.limits = self.limits.body_read_timeout(timeout);
        self
    }

    /// Limits how long a client may read none of the bytes that wait for it. Then its connection
    /// ends. The default is 60 seconds; it is exceeded by a quarter at most.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits = self.limits.write_timeout(timeout);
        self
    }

    /// Limits how long an HTTP/2 connection may be without a request. Then it ends with GOAWAY. The
    /// default is 60 seconds; it is exceeded by a quarter at most.
    pub fn http2_idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits = self.limits.http2_idle_timeout(timeout);
        self
    }

    /// Limits how long exchanges in flight may run after the server was told to end.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.runner = self.runner.shutdown_deadline(deadline);
        self
    }

    /// Registers an observer that is told how each exchange ended, also of requests that are
    /// refused before the app. If there is one already, this call has no effect. A service that has an observer
    /// keeps its own, and this one is told nothing. A middleware adds more with
    /// [`Environ::observe`](gateway_core::Environ::observe). No gateway is told of responses that
    /// hyper itself makes because it could not parse the head.
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
        // As with a gateway's, the first stays.
        self.observer.get_or_insert_with(|| Arc::new(observer));
        self
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("runner", &self.runner)
            .field("limits", &self.limits)
            .field("handshake", &self.handshake.is_some())
            .field("observer", &self.observer.is_some())
            .finish()
    }
}
