//! `Listener`: where a server's connections come from.

use std::io;

use gateway_core::Connection;
use tokio::io::{AsyncRead, AsyncWrite};

/// Where connections come from: a stream of bytes for each, and what is known of it.
///
/// [`Socket`](crate::Socket) listens on TCP and on Unix sockets. Implement it for another transport, or
/// around a `Socket`.
///
/// # Examples
///
/// A listener whose clients are in the same process:
///
/// ```
/// use std::io;
/// use gateway_core::Connection;
/// use gateway_server::Listener;
/// use tokio::io::DuplexStream;
/// use tokio::sync::mpsc;
///
/// struct InProcess(mpsc::Receiver<DuplexStream>);
///
/// impl Listener for InProcess {
///     type Stream = DuplexStream;
///
///     async fn accept(&mut self) -> io::Result<(DuplexStream, Connection)> {
///         match self.0.recv().await {
///             Some(stream) => Ok((stream, Connection::new())),
///             // Nobody can connect any more. The server runs until it is told to end.
///             None => std::future::pending().await,
///         }
///     }
/// }
/// # let _ = InProcess(mpsc::channel(1).1);
/// ```
pub trait Listener: Send + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Waits for the next connection. The address of the client, the address that it has connected to,
    /// and the scheme belong into the [`Connection`] (E13, E16).
    ///
    /// The future is dropped and made again while it waits. No connection may be lost with it. It must not
    /// wait for what a client sends: the others would wait, too.
    ///
    /// # Errors
    ///
    /// An error does not end the server. If its kind is about one client (`ConnectionAborted`,
    /// `ConnectionReset`, `ConnectionRefused`, `Interrupted`), the server accepts the next one. After any
    /// other, such as too many open files, it logs the error and pauses: for 10 milliseconds at first,
    /// and for a second at most.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Connection)>> + Send;

    /// A connection that is complete and was not accepted yet. The server calls it when it ends, until
    /// it fails: whoever has connected before gets a response.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if no connection waits, which is what it says by default.
    fn accept_waiting(&mut self) -> io::Result<(Self::Stream, Connection)> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Another listener on the same address, for a worker with a runtime of its own. Each connection
    /// is given to one of them.
    ///
    /// # Errors
    ///
    /// `Unsupported` if only one worker can accept, which is what it says by default.
    fn share(&self) -> io::Result<Self>
    where
        Self: Sized,
    {
        let message = "this listener cannot be shared by workers";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}
