//! `Transport`: the socket of a connection, with the limits and the lingering close that hyper
//! lacks.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::activity::Activity;

/// The first bytes of an HTTP/2 client (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long, and for how many bytes, the server reads on after its last byte.
pub(super) const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// A stream with three additions:
///
/// - Its first bytes tell the protocol.
/// - It reports whether the client reads.
/// - If a socket is closed with bytes unread, the connection is reset, and the client may lose a
///   response that it has not read yet (RFC 9112 section 9.6). So the end is to stop writing, and
///   to drop incoming bytes until the client stops too, or a time is over (I5).
pub(super) struct Transport<S> {
    stream: S,
    /// The rest of HTTP/2's preface, as long as what came is its beginning.
    preface: Option<&'static [u8]>,
    linger: Option<Linger>,
    activity: Arc<Activity>,
}

struct Linger {
    left: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            preface: Some(PREFACE),
            linger: None,
            activity,
        }
    }

    fn stream(&mut self) -> Pin<&mut S> {
        Pin::new(&mut self.stream)
    }

    /// Reads the first bytes until they tell the protocol.
    fn saw(&mut self, bytes: &[u8]) {
        if let Some(expected) = self.preface {
            self.preface = match expected.strip_prefix(bytes) {
                Some(rest) if !rest.is_empty() && !bytes.is_empty() => Some(rest),
                // The whole preface.
                Some([]) => {
                    self.activity.speaks_http2();
                    None
                }
                // Another protocol, or the end.
                _ => None,
            };
        }
    }

    /// Notes whether the client takes what is written.
    fn wrote(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match polled {
            Poll::Ready(_) => self.activity.writes(),
            Poll::Pending => self.activity.waits_to_write(),
        }
        polled
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            left: LINGER_BYTES,
            deadline: Box::pin(sleep(LINGER)),
        });
        let mut space = [0; 16 * 1024];
        while linger.left > 0 && linger.deadline.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    linger.left = linger.left.saturating_sub(buffer.filled().len());
                    self.activity.writes();
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = this.stream().poll_read(cx, buffer);
        if read.is_ready() {
            this.saw(&buffer.filled()[before..]);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.stream().poll_write(cx, bytes);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.stream().poll_write_vectored(cx, slices);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(this.stream().poll_shutdown(cx))?;
        }
        // U10: an app that has ended its direction still reads.
        if this.activity.is_tunnel() {
            return Poll::Ready(Ok(()));
        }
        this.poll_linger(cx).map(Ok)
    }
}
