//! Implements hyper's `Read` and `Write` for `Duplex`, and makes a `Duplex` from any type that has
//! both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use super::{Duplex, DuplexIo};

/// How much of a slice one write takes. hyper's HTTP/2 takes a whole slice as soon as the client has
/// room for one byte of it, and keeps the rest in memory.
const LONGEST_WRITE: usize = 64 * 1024;

/// The space on the stack that bytes are read through: hyper's cursor lends no initialised memory.
const READ: usize = 8 * 1024;

impl Duplex {
    /// A stream over one of hyper's, such as `hyper::upgrade::Upgraded`: for adapters.
    ///
    /// One write takes at most 64 KiB.
    pub fn from_hyper(io: impl Read + Write + Send + 'static) -> Self {
        Self::new(FromHyper(Box::pin(io)))
    }
}

struct FromHyper<T>(Pin<Box<T>>);

impl<T: Read + Write + Send> DuplexIo for FromHyper<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.0.as_mut().poll_read(cx, buffer.unfilled()))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = bytes.get(..LONGEST_WRITE).unwrap_or(bytes);
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}

impl Read for Duplex {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [0; READ];
        let room = buffer.remaining().min(READ);
        let space = space.get_mut(..room).unwrap_or_default();
        let read = ready!(Self::poll_read(self.get_mut(), cx, space))?;
        buffer.put_slice(space.get(..read).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl Write for Duplex {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Self::poll_write(self.get_mut(), cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_flush(self.get_mut(), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_shutdown(self.get_mut(), cx)
    }
}
