//! The bytes behind a switch of protocols, in both directions.

#[cfg(feature = "futures-io")]
mod futures_io;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "tokio")]
mod tokio;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use crate::shutdown_signal::Closing;

/// A stream of bytes in both directions, as a host has it: what is behind a [`Duplex`].
///
/// Only adapters implement it. Those whose host has a stream of tokio's or hyper's traits use
/// `Duplex::from_tokio` or `Duplex::from_hyper`.
///
/// The contract of each method is that of the method of [`Duplex`] with the same name.
pub trait DuplexIo: Send {
    /// Reads; see [`Duplex::poll_read`].
    ///
    /// # Errors
    ///
    /// When the connection failed.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>;

    /// Writes; see [`Duplex::poll_write`].
    ///
    /// # Errors
    ///
    /// When the connection failed, or the outgoing direction was shut down.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Flushes; see [`Duplex::poll_flush`].
    ///
    /// # Errors
    ///
    /// When the connection failed.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the outgoing direction; see [`Duplex::poll_shutdown`].
    ///
    /// # Errors
    ///
    /// When the connection failed.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Sends what was written and ends the stream, because the app's part is over (U8). By default it
    /// ends the outgoing direction, and dropping the stream does the rest.
    ///
    /// # Errors
    ///
    /// When the connection failed.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_shutdown(cx)
    }
}

/// The stream that an app has after a switch of protocols: bytes in both directions
/// ([`Body::upgrade`](crate::Body::upgrade)).
///
/// It is tokio's `AsyncRead` and `AsyncWrite` with the feature `tokio`, hyper's `Read` and `Write` with
/// `hyper`, and those of `futures-io` with `futures-io`. Its own methods need no feature.
///
/// # Contract
///
/// - Bytes that the client sent together with its request are read first (U6).
/// - After the client's end a read gives 0 bytes. That says nothing about how the client ended (U15):
///   a protocol that must know has a farewell of its own.
/// - The client's end leaves writes working. The app's own end ([`shutdown`](Self::shutdown)) may close
///   both directions (U10).
/// - Writes wait while the client does not read. No time limit of the host applies (U11): an app that
///   needs one sets it.
/// - Dropping it ends both directions.
pub struct Duplex {
    // `None` only while it is dropped.
    io: Option<Io>,
    closing: Closing,
    /// Where the stream goes when the app is done with it.
    back: Option<Arc<Mutex<Option<Io>>>>,
}

type Io = Pin<Box<dyn DuplexIo>>;

/// A stream that was lent to an app.
pub(crate) struct Lent(Arc<Mutex<Option<Io>>>);

impl Lent {
    /// Ends the stream behind the app's part (U8). Without effect where the app has moved the stream
    /// on, and where it has gone with the app's part.
    pub(crate) async fn close(self) {
        let io = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut io) = io {
            // Who has gone needs no end.
            let _ = poll_fn(|cx| io.as_mut().poll_close(cx)).await;
        }
    }
}

impl Duplex {
    /// A stream over what a host has.
    pub fn new(io: impl DuplexIo + 'static) -> Self {
        Self {
            io: Some(Box::pin(io)),
            closing: Closing::default(),
            back: None,
        }
    }

    /// The same stream with the signal of its gateway.
    pub(crate) fn with_closing(mut self, closing: Closing) -> Self {
        self.closing = closing;
        self
    }

    /// The same stream, to be had back when the app drops it.
    pub(crate) fn lend(mut self) -> (Self, Lent) {
        let back = Arc::<Mutex<Option<Io>>>::default();
        self.back = Some(back.clone());
        (self, Lent(back))
    }

    fn io(&mut self) -> io::Result<Pin<&mut (dyn DuplexIo + 'static)>> {
        match &mut self.io {
            Some(io) => Ok(io.as_mut()),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Resolves when the server begins to shut down (U12): the app then says farewell to the client
    /// and ends. What has not ended by the server's deadline is cut.
    pub fn closing(&self) -> Closing {
        self.closing.clone()
    }

    /// Reads into `buffer`, and gives the number of bytes; 0 is the client's end, unless the buffer is
    /// empty. Cancel safe: a poll that is pending has read nothing.
    ///
    /// # Errors
    ///
    /// When the connection failed, or the server cut it.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io()?.poll_read(cx, buffer)
    }

    /// Writes some of the bytes, and gives how many; a poll that is pending has written nothing. The
    /// host sends them without being asked to flush.
    ///
    /// # Errors
    ///
    /// When the connection failed, the server cut it, or the app has shut it down.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.io()?.poll_write(cx, bytes)
    }

    /// Hands over what was written to the host, which need not have sent it by then.
    ///
    /// # Errors
    ///
    /// When the connection failed.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_flush(cx)
    }

    /// Ends the outgoing direction behind what was written (U10).
    ///
    /// # Errors
    ///
    /// When the connection failed.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_shutdown(cx)
    }

    /// Reads some bytes; see [`poll_read`](Self::poll_read).
    ///
    /// # Errors
    ///
    /// As [`poll_read`](Self::poll_read).
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, buffer)).await
    }

    /// Writes all the bytes. When the future is dropped, some of them may be written.
    ///
    /// # Errors
    ///
    /// As [`poll_write`](Self::poll_write); `WriteZero` when the host takes no more.
    pub async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        poll_fn(|cx| {
            while !bytes.is_empty() {
                let written = ready!(self.poll_write(cx, bytes))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                bytes = bytes.get(written..).unwrap_or_default();
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Ends the outgoing direction; see [`poll_shutdown`](Self::poll_shutdown).
    ///
    /// # Errors
    ///
    /// As [`poll_shutdown`](Self::poll_shutdown).
    pub async fn shutdown(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_shutdown(cx)).await
    }
}

impl Drop for Duplex {
    fn drop(&mut self) {
        // If nobody waits for it, it is dropped here.
        if let Some(back) = &self.back {
            *back.lock().unwrap_or_else(PoisonError::into_inner) = self.io.take();
        }
    }
}

impl fmt::Debug for Duplex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex")
            .field("closing", &self.closing)
            .finish_non_exhaustive()
    }
}
