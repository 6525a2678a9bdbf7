//! The stream of an app after a switch, over actix's payload and the slot.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream as _;
use gateway_core::bridge::Reader;
use gateway_core::{BoxError, DuplexIo};

use super::slot::Slot;

/// The app's end of both directions.
pub(super) struct Stream {
    reader: Reader,
    /// The rest of a chunk.
    chunk: Bytes,
    slot: Slot,
}

impl Stream {
    pub(super) fn new(reader: Reader, slot: Slot) -> Self {
        Self {
            reader,
            chunk: Bytes::new(),
            slot,
        }
    }
}

impl DuplexIo for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if buffer.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.chunk.is_empty() {
            match ready!(Pin::new(&mut self.reader).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Err(lost(error))),
                None => return Poll::Ready(Ok(0)),
            }
        }
        let length = buffer.len().min(self.chunk.len());
        if let Some(buffer) = buffer.get_mut(..length) {
            self.chunk.copy_to_slice(buffer);
        }
        if self.chunk.is_empty() {
            // A copy, because a slice would keep actix's read buffer.
            self.chunk = Bytes::new();
        }
        Poll::Ready(Ok(length))
    }

    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.slot.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.slot.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.slot.end();
        Poll::Ready(self.slot.flush())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.slot.end();
    }
}

/// The connection is gone, or the app's part is over but the stream is still read.
fn lost(error: BoxError) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, error)
}
