//! `Duplex`: the stream of bytes in both directions that an app gets after a switch of protocols.

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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

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
    /// A socket needs more. If bytes of the client are unread when a socket is dropped, the kernel
    /// resets the connection, and the client may lose what was sent last. So end the outgoing
    /// direction, then read and discard until the client ends, for a bounded time.
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
///   a protocol that must know has a last message of its own.
/// - The client's end leaves writes working. The app's own end ([`shutdown`](Self::shutdown)) may close
///   both directions (U10).
/// - Writes wait while the client does not read. No time limit of the host applies (U11): an app that
///   needs one sets it.
/// - Dropping it ends both directions.
pub struct Duplex {
    // `None` only while it is dropped.
    io: Option<Io>,
    closing: Closing,
    /// Where the stream goes when the app drops it.
    back: Option<Arc<Back>>,
}

type Io = Pin<Box<dyn DuplexIo>>;

/// The place of a stream that an app has dropped.
#[derive(Default)]
struct Back {
    is_back: AtomicBool,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    io: Option<Io>,
    /// The task that closes the stream.
    host: Option<Waker>,
}

impl Back {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that was lent to an app.
pub(crate) struct Lent {
    back: Arc<Back>,
    /// The waker in the slot. Most polls find it unchanged, and take no lock.
    host: Option<Waker>,
    /// The stream, once the app has dropped it.
    io: Option<Io>,
}

impl Lent {
    /// Ends the stream once the app has dropped it (U8). Pending until then.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_dropped() {
            if !self
                .host
                .as_ref()
                .is_some_and(|host| host.will_wake(cx.waker()))
            {
                self.host = Some(cx.waker().clone());
                let replaced = self.back.slot().host.replace(cx.waker().clone());
                drop(replaced);
            }
            // Another task may have dropped it in between.
            if !self.is_dropped() {
                return Poll::Pending;
            }
        }
        if self.io.is_none() {
            self.io = self.back.slot().io.take();
        }
        if let Some(io) = &mut self.io {
            // A client that has gone needs no end.
            let _ = ready!(io.as_mut().poll_close(cx));
            self.io = None;
        }
        Poll::Ready(())
    }

    /// True if the app has dropped the stream.
    pub(crate) fn is_dropped(&self) -> bool {
        self.back.is_back.load(Ordering::Acquire)
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

    /// The same stream, and a handle that gets it back when the app drops it.
    pub(crate) fn lend(mut self) -> (Self, Lent) {
        let back = Arc::<Back>::default();
        self.back = Some(back.clone());
        let lent = Lent {
            back,
            host: None,
            io: None,
        };
        (self, lent)
    }

    fn io(&mut self) -> io::Result<Pin<&mut (dyn DuplexIo + 'static)>> {
        match &mut self.io {
            Some(io) => Ok(io.as_mut()),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Resolves when the server begins to shut down (U12): the app then sends its last message and
    /// ends. A stream that has not ended at the server's deadline is cut.
    pub fn closing(&self) -> Closing {
        self.closing.clone()
    }

    /// Reads into `buffer`, and returns the number of bytes; 0 is the client's end, unless the buffer
    /// is empty. Cancel safe: a poll that is pending has read nothing.
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

    /// Writes some of the bytes, and returns how many; a poll that is pending has written nothing. The
    /// host sends them without a flush.
    ///
    /// # Errors
    ///
    /// When the connection failed, the server cut it, or the app has shut it down.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.io()?.poll_write(cx, bytes)
    }

    /// Hands the written bytes to the host, which may send them later.
    ///
    /// # Errors
    ///
    /// When the connection failed.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_flush(cx)
    }

    /// Ends the outgoing direction after the written bytes (U10).
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
        let Some(back) = &self.back else {
            return;
        };
        let mut slot = back.slot();
        slot.io = self.io.take();
        back.is_back.store(true, Ordering::Release);
        let host = slot.host.take();
        drop(slot);
        if let Some(host) = host {
            host.wake();
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
