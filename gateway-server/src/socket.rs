//! `Socket`: a TCP port or a Unix socket as a listener.

mod stream;
#[cfg(unix)]
mod unix_file;

use std::io;
use std::net::{self, SocketAddr};
#[cfg(unix)]
use std::os::unix::net as unix;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;

use gateway_core::Connection;
use socket2::{Domain, Protocol, SockRef, Type};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::bind_error::BindError;
use crate::listener::Listener;

pub use stream::SocketStream;
#[cfg(unix)]
use unix_file::UnixFile;

/// How many complete connections the system holds until they are accepted.
const BACKLOG: i32 = 1024;

/// A TCP port or a Unix socket that this process listens on.
///
/// Small writes are sent at once (TCP_NODELAY). A [`Connection`] of TCP has both addresses; that of a Unix
/// socket has none (E16).
///
/// Workers accept from sockets of their own where the system can do that: on Linux, for a TCP port that
/// [`bind`](Self::bind) has opened, with SO_REUSEPORT, which is set when the first worker asks for it. From
/// then on another process of the same user can join the port if it sets that option, too. All other
/// sockets are one queue, from which the workers accept in turn.
///
/// # Examples
///
/// ```
/// use gateway_server::{Listener, Socket};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut socket = Socket::bind("127.0.0.1:0").await?;
/// let addr = socket.local_addr().expect("a TCP address");
/// let _client = tokio::net::TcpStream::connect(addr).await?;
/// let (_stream, connection) = socket.accept().await?;
/// assert_eq!(connection.local_addr(), Some(addr));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Socket {
    handle: Handle,
    /// The address is this process's alone: it came from nobody, and nobody keeps it.
    is_own: bool,
    /// The file of a Unix socket that this process has made.
    #[cfg(unix)]
    file: Option<Arc<UnixFile>>,
}

/// A listener, which belongs to a runtime from the first wait on.
#[derive(Debug)]
enum Handle {
    StdTcp(net::TcpListener),
    Tcp(TcpListener),
    #[cfg(unix)]
    StdUnix(unix::UnixListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Socket {
    /// Listens on a TCP address; port 0 picks one, see [`local_addr`](Self::local_addr). If a name has
    /// several addresses, it is the first that can be listened on.
    ///
    /// # Errors
    ///
    /// When the address cannot be resolved or listened on. The error's text names the address. Its Debug
    /// form is the same text, so it reads well if `main` returns it.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let addrs: Vec<SocketAddr> = lookup_host(addr).await?.collect();
        let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        for addr in &addrs {
            match listen(*addr, |_| Ok(())) {
                Ok(listener) => {
                    return Ok(Self {
                        is_own: true,
                        ..Self::new(Handle::StdTcp(listener))
                    });
                }
                Err(error) => failed = error,
            }
        }
        Err(BindError::new(addrs, failed).into())
    }

    /// Listens on a Unix socket. The file is removed when the listener is dropped, and with workers the
    /// last of them. A file that an earlier server left is replaced. Who may connect is who may write to
    /// the file.
    ///
    /// # Errors
    ///
    /// When another server listens there (`AddrInUse`), or the socket cannot be made. The error's text
    /// names the path.
    ///
    /// # Panics
    ///
    /// If it is called outside a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix(path: impl AsRef<Path>) -> io::Result<Self> {
        let (listener, file) = unix_file::bind(path.as_ref())?;
        Ok(Self {
            file: Some(Arc::new(file)),
            ..Self::new(Handle::StdUnix(listener))
        })
    }

    /// A listener of the standard library, such as one that another process has made.
    ///
    /// # Errors
    ///
    /// When it cannot be made non-blocking.
    pub fn from_std(listener: net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::new(Handle::StdTcp(listener)))
    }

    /// A listener of the standard library on a Unix socket. Its file stays.
    ///
    /// # Errors
    ///
    /// When it cannot be made non-blocking.
    #[cfg(unix)]
    pub fn from_std_unix(listener: unix::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::new(Handle::StdUnix(listener)))
    }

    /// The listening socket that is this process's standard input: what process managers pass to a FastCGI
    /// application (section 2.2 of its specification; `spawn-fcgi`, mod_fcgid, lighttpd's `bin-path`,
    /// `StandardInput=socket` of systemd). It is TCP or a Unix socket, whose file stays.
    ///
    /// # Errors
    ///
    /// When the standard input is no listening socket.
    #[cfg(unix)]
    pub fn from_stdin() -> io::Result<Self> {
        use std::os::fd::AsFd;
        let stdin = std::io::stdin().as_fd().try_clone_to_owned()?;
        let not_listening = |_| {
            let message = "the standard input is no listening socket";
            io::Error::new(io::ErrorKind::InvalidInput, message)
        };
        Self::from_passed(stdin.into()).map_err(not_listening)
    }

    /// A socket of either kind that another process has made.
    #[cfg(unix)]
    pub(crate) fn from_passed(socket: socket2::Socket) -> io::Result<Self> {
        if !listens(&socket)? {
            let message = "it is no listening socket";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        match socket.local_addr()?.is_unix() {
            true => Self::from_std_unix(socket.into()),
            false => Self::from_std(socket.into()),
        }
    }

    /// The TCP listener itself, non-blocking, for a server that takes one of the standard library.
    ///
    /// # Errors
    ///
    /// When it is a Unix socket (`InvalidInput`), or the system has no more descriptors.
    pub fn into_std(self) -> io::Result<net::TcpListener> {
        match self.handle {
            Handle::StdTcp(listener) => Ok(listener),
            Handle::Tcp(listener) => listener.into_std(),
            #[cfg(unix)]
            Handle::StdUnix(_) | Handle::Unix(_) => {
                let message = "it is a Unix socket and no TCP port";
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    fn new(handle: Handle) -> Self {
        Self {
            handle,
            is_own: false,
            #[cfg(unix)]
            file: None,
        }
    }

    /// The TCP address that it listens on; `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.handle.socket().local_addr().ok()?.as_socket()
    }

    fn share_handle(&self) -> io::Result<Handle> {
        if self.is_own
            && let Handle::StdTcp(listener) = &self.handle
            && let Some(beside) = listen_beside(listener)
        {
            return Ok(Handle::StdTcp(beside));
        }
        let socket = self.handle.socket().try_clone()?;
        Ok(match &self.handle {
            Handle::StdTcp(_) | Handle::Tcp(_) => Handle::StdTcp(socket.into()),
            #[cfg(unix)]
            Handle::StdUnix(_) | Handle::Unix(_) => Handle::StdUnix(socket.into()),
        })
    }
}

impl Listener for Socket {
    type Stream = SocketStream;

    async fn accept(&mut self) -> io::Result<(SocketStream, Connection)> {
        self.handle.register()?;
        match &self.handle {
            Handle::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(tcp(stream, Some(peer)))
            }
            #[cfg(unix)]
            Handle::Unix(listener) => Ok(unix(listener.accept().await?.0)),
            // Each is registered.
            _ => Err(io::ErrorKind::Interrupted.into()),
        }
    }

    fn accept_waiting(&mut self) -> io::Result<(SocketStream, Connection)> {
        // tokio's listener knows only what its reactor has seen.
        let (stream, peer) = self.handle.socket().accept()?;
        stream.set_nonblocking(true)?;
        match &self.handle {
            Handle::StdTcp(_) | Handle::Tcp(_) => {
                Ok(tcp(TcpStream::from_std(stream.into())?, peer.as_socket()))
            }
            #[cfg(unix)]
            Handle::StdUnix(_) | Handle::Unix(_) => Ok(unix(UnixStream::from_std(stream.into())?)),
        }
    }

    fn share(&self) -> io::Result<Self> {
        Ok(Self {
            handle: self.share_handle()?,
            is_own: self.is_own,
            #[cfg(unix)]
            file: self.file.clone(),
        })
    }
}

impl Handle {
    fn socket(&self) -> SockRef<'_> {
        match self {
            Self::StdTcp(listener) => listener.into(),
            Self::Tcp(listener) => listener.into(),
            #[cfg(unix)]
            Self::StdUnix(listener) => listener.into(),
            #[cfg(unix)]
            Self::Unix(listener) => listener.into(),
        }
    }

    /// Makes it a listener of the runtime that it is called in.
    fn register(&mut self) -> io::Result<()> {
        *self = match self {
            Self::StdTcp(listener) => Self::Tcp(TcpListener::from_std(listener.try_clone()?)?),
            #[cfg(unix)]
            Self::StdUnix(listener) => Self::Unix(UnixListener::from_std(listener.try_clone()?)?),
            _ => return Ok(()),
        };
        Ok(())
    }
}

impl From<TcpListener> for Socket {
    fn from(listener: TcpListener) -> Self {
        Self::new(Handle::Tcp(listener))
    }
}

/// Its file stays.
#[cfg(unix)]
impl From<UnixListener> for Socket {
    fn from(listener: UnixListener) -> Self {
        Self::new(Handle::Unix(listener))
    }
}

fn listen(
    addr: SocketAddr,
    configure: impl FnOnce(&socket2::Socket) -> io::Result<()>,
) -> io::Result<net::TcpListener> {
    let socket =
        socket2::Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // On Unix: connections of an earlier server that has ended do not hold the address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    configure(&socket)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A second socket on the port of the first. Both have queues of their own, over which the system
/// distributes the connections. `None` where the system does not.
#[cfg(target_os = "linux")]
fn listen_beside(listener: &net::TcpListener) -> Option<net::TcpListener> {
    // Not before: without the option, the first one was an error if another program listens there.
    SockRef::from(listener).set_reuse_port(true).ok()?;
    listen(listener.local_addr().ok()?, |socket| {
        socket.set_reuse_port(true)
    })
    .ok()
}

/// Elsewhere the option is missing, or gives all connections to one of the sockets.
#[cfg(not(target_os = "linux"))]
fn listen_beside(_: &net::TcpListener) -> Option<net::TcpListener> {
    None
}

/// A stream with the settings of a server, and what is known of it.
fn tcp(stream: TcpStream, peer: Option<SocketAddr>) -> (SocketStream, Connection) {
    // Chunks are sent at once: the kernel must not wait for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gateway", "TCP_NODELAY: {error}");
    }
    let mut connection = Connection::new();
    if let Some(peer) = peer {
        connection = connection.with_peer_addr(peer);
    }
    if let Ok(local) = stream.local_addr() {
        connection = connection.with_local_addr(local);
    }
    (SocketStream::Tcp(stream), connection)
}

/// E16: a Unix socket has no addresses.
#[cfg(unix)]
fn unix(stream: UnixStream) -> (SocketStream, Connection) {
    (SocketStream::Unix(stream), Connection::new())
}

/// True for a stream socket that listens. Where the system does not tell, one that has no peer passes.
#[cfg(unix)]
fn listens(socket: &socket2::Socket) -> io::Result<bool> {
    let is_stream = socket.r#type()? == socket2::Type::STREAM;
    let has_no_peer = socket
        .peer_addr()
        .is_err_and(|error| error.kind() == io::ErrorKind::NotConnected);
    #[cfg(target_os = "linux")]
    let is_listener = socket.is_listener()?;
    #[cfg(not(target_os = "linux"))]
    let is_listener = true;
    Ok(is_stream && has_no_peer && is_listener)
}
