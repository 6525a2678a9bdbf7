//! A stream that logs the HTTP/2 frames that pass through it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::frame::{Direction, FrameReader};
use super::log::Log;

/// A stream that logs the frames that pass through it.
///
/// A frame is in the log before the engine sees it. So what the engine reports is
/// always in the log already.
#[derive(Debug)]
pub(super) struct Tap {
    inner: TcpStream,
    received: FrameReader,
    sent: FrameReader,
    log: Arc<Log>,
}

impl Tap {
    pub(super) fn new(inner: TcpStream, log: Arc<Log>) -> Self {
        Self {
            inner,
            received: FrameReader::new(Direction::Received),
            sent: FrameReader::new(Direction::Sent),
            log,
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buffer))?;
        let log = &this.log;
        this.received
            .feed(&buffer.filled()[before..], |frame| log.push(frame));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, bytes))?;
        let log = &this.log;
        this.sent.feed(&bytes[..written], |frame| log.push(frame));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.log.end();
    }
}
