use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::wire::deadline::{DEFAULT_DEADLINE, Deadline};
use crate::wire::request::{put_chunk, put_last_chunk};
use crate::wire::{Head, WireError, WireRequest, WireResponse};

use super::receiver::Receiver;
use super::socket::Socket;

/// One connection that speaks HTTP/1 and reads no byte more than it is asked for.
///
/// Dropping it closes the connection; [`reset`](Self::reset) breaks it off.
///
/// # Errors
///
/// What the methods have in common:
///
/// * [`is_timeout`](WireError::is_timeout): the deadline passed. A call to read can be
///   repeated; nothing is lost.
/// * [`is_closed`](WireError::is_closed), [`is_reset`](WireError::is_reset): the server
///   ended the connection before a head was whole. After the head this is no error
///   but the response's [`end`](WireResponse::end).
/// * [`is_malformed`](WireError::is_malformed): the bytes violate RFC 9112.
/// * [`is_request`](WireError::is_request): a call out of order.
#[derive(Debug)]
pub struct Http1Connection {
    pub(super) socket: Socket,
    pub(super) receiver: Receiver,
    limit: Duration,
    authority: String,
}

impl Http1Connection {
    /// Connects over TCP, within [`DEFAULT_DEADLINE`].
    ///
    /// # Errors
    ///
    /// Those of the connect, or `TimedOut`.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = tokio::time::timeout(DEFAULT_DEADLINE, TcpStream::connect(address)).await??;
        // A request written in steps has to leave in these steps.
        stream.set_nodelay(true)?;
        Ok(Self::new(Socket::Tcp(stream), address.to_string()))
    }

    /// Connects to a Unix socket, within [`DEFAULT_DEADLINE`].
    ///
    /// # Errors
    ///
    /// Those of the connect, or `TimedOut`.
    #[cfg(unix)]
    pub async fn open_unix(path: impl AsRef<Path>) -> io::Result<Self> {
        let connect = UnixStream::connect(path);
        let stream = tokio::time::timeout(DEFAULT_DEADLINE, connect).await??;
        Ok(Self::new(Socket::Unix(stream), "localhost".to_owned()))
    }

    /// Takes over a TCP stream that the test has connected, with buffers of its choice.
    ///
    /// # Errors
    ///
    /// If the stream does not know its peer.
    pub fn from_tcp(stream: TcpStream) -> io::Result<Self> {
        let authority = stream.peer_addr()?.to_string();
        Ok(Self::new(Socket::Tcp(stream), authority))
    }

    fn new(socket: Socket, authority: String) -> Self {
        Self {
            socket,
            receiver: Receiver::default(),
            limit: DEFAULT_DEADLINE,
            authority,
        }
    }

    /// Sets how long each operation may take.
    pub fn set_deadline(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a Unix socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends the request and reads its response, both at once: a server may answer
    /// before it has taken the body, and then it does not matter whether it takes it.
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn request(&mut self, request: &WireRequest) -> Result<WireResponse, WireError> {
        let bytes = request.to_http1(&self.authority);
        let deadline = self.deadline();
        let reading = async {
            self.receiver
                .read_head(&self.socket, deadline, request.method())
                .await?;
            self.receiver.finish(&self.socket, deadline).await
        };
        tokio::pin!(reading);
        tokio::select! {
            biased;
            response = &mut reading => response,
            // Whether sending failed shows in what there is to read.
            _ = self.socket.write_all(&bytes) => reading.await,
        }
    }

    /// Sends the request; of a streamed one, the head.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_request(&mut self, request: &WireRequest) -> Result<(), WireError> {
        self.send(request.to_http1(&self.authority)).await
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    ///
    /// [`is_timeout`](WireError::is_timeout) if the server does not take them,
    /// [`is_reset`](WireError::is_reset) if it has closed.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), WireError> {
        let writing = self.socket.write_all(bytes.as_ref());
        let sent = self.deadline().bound("room to send", &[], writing).await?;
        sent.map_err(|error| WireError::io("send", error))
    }

    /// Sends these bytes as one chunk. Empty, it would be the last chunk; use
    /// [`send_last_chunk`](Self::send_last_chunk) for that.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_chunk(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), WireError> {
        let mut out = Vec::new();
        put_chunk(&mut out, bytes.as_ref());
        self.send(out).await
    }

    /// Sends the last chunk and an empty trailer section.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_last_chunk(&mut self) -> Result<(), WireError> {
        let mut out = Vec::new();
        put_last_chunk(&mut out, &[]);
        self.send(out).await
    }

    /// Closes this side for writing. The server sees the end of what is sent.
    ///
    /// # Errors
    ///
    /// [`is_reset`](WireError::is_reset) or [`is_io`](WireError::is_io) if the
    /// connection is gone already.
    pub async fn half_close(&mut self) -> Result<(), WireError> {
        self.socket
            .half_close()
            .await
            .map_err(|error| WireError::io("half-close", error))
    }

    /// Breaks the connection off with a reset (a Unix socket has none and is closed).
    ///
    /// # Errors
    ///
    /// [`is_io`](WireError::is_io) if the system refuses.
    pub fn reset(self) -> Result<(), WireError> {
        self.socket
            .reset_on_drop()
            .map_err(|error| WireError::io("reset", error))
    }

    /// Reads exactly one response to a request with this method, interim ones first.
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn read_response(
        &mut self,
        method: impl AsRef<str>,
    ) -> Result<WireResponse, WireError> {
        let deadline = self.deadline();
        self.receiver
            .read_head(&self.socket, deadline, method.as_ref())
            .await?;
        self.receiver.finish(&self.socket, deadline).await
    }

    /// Reads an interim response, or `None` if what comes next is a final one, which
    /// stays unread. The response that follows lists it among its `interim`.
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn read_interim(&mut self) -> Result<Option<Head>, WireError> {
        self.receiver
            .read_interim(&self.socket, self.deadline())
            .await
    }

    /// Reads up to the end of a final head. The body is for
    /// [`read_chunk`](Self::read_chunk) and [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn read_head(&mut self, method: impl AsRef<str>) -> Result<Head, WireError> {
        self.receiver
            .read_head(&self.socket, self.deadline(), method.as_ref())
            .await
    }

    /// Reads the next chunk as soon as it is there as a whole, or what has come of a
    /// body that is not chunked. `None` is the end of the body, however it came.
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn read_chunk(&mut self) -> Result<Option<Bytes>, WireError> {
        self.receiver
            .read_chunk(&self.socket, self.deadline())
            .await
    }

    /// Reads what is left of the response and gives all of it, with the chunks read
    /// before.
    ///
    /// # Errors
    ///
    /// As for every method of this [`Http1Connection`].
    pub async fn finish(&mut self) -> Result<WireResponse, WireError> {
        self.receiver.finish(&self.socket, self.deadline()).await
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.limit)
    }
}
