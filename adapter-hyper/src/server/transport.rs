//! The bytes of a connection: what hyper leaves to the one who owns the socket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::{Sleep, sleep};

use super::activity::Activity;

/// What an HTTP/2 client sends first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long, and for how much, the client is listened to after the server's last byte.
pub(super) const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// An accepted connection of either kind.
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A stream with two bounds on it:
///
/// - Until the protocol is known nobody holds a client to the header read timeout; then hyper does.
/// - A socket that is closed with bytes unread resets the connection, and the client may lose the
///   response it has not read yet (RFC 9112 section 9.6). So the end is to stop writing, and to
///   throw away what comes in until the client stops too, or for a while (I5).
pub(super) struct Transport {
    stream: Stream,
    first: Option<FirstBytes>,
    linger: Option<Linger>,
    activity: Arc<Activity>,
}

struct FirstBytes {
    expected: &'static [u8],
    deadline: Pin<Box<Sleep>>,
}

struct Linger {
    left: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Transport {
    pub(super) fn new(stream: Stream, timeout: Duration, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            first: Some(FirstBytes {
                expected: PREFACE,
                deadline: Box::pin(sleep(timeout)),
            }),
            linger: None,
            activity,
        }
    }

    /// Follows the bytes until they tell the protocol.
    fn saw(&mut self, bytes: &[u8]) {
        if let Some(first) = &mut self.first {
            match first.expected.strip_prefix(bytes) {
                Some(rest) if !rest.is_empty() && !bytes.is_empty() => first.expected = rest,
                // The whole preface.
                Some([]) => {
                    self.activity.speaks_http2();
                    self.first = None;
                }
                // Something else, or the end.
                _ => self.first = None,
            }
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
            match ready!(self.stream.poll_read(cx, &mut buffer)) {
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

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match this.stream.poll_read(cx, buffer) {
            Poll::Ready(read) => {
                this.saw(&buffer.filled()[before..]);
                Poll::Ready(read)
            }
            Poll::Pending => {
                if let Some(first) = &mut this.first {
                    ready!(first.deadline.as_mut().poll(cx));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.stream.pinned().poll_write(cx, bytes);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.stream.pinned().poll_write_vectored(cx, slices);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Stream::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.pinned().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(this.stream.pinned().poll_shutdown(cx))?;
        }
        // U10: an app that has ended its direction goes on reading.
        if this.activity.is_tunnel() {
            return Poll::Ready(Ok(()));
        }
        this.poll_linger(cx).map(Ok)
    }
}

/// Both directions of a stream, whatever it is.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl Stream {
    fn pinned(&mut self) -> Pin<&mut dyn Duplex> {
        match self {
            Self::Tcp(stream) => Pin::new(stream as &mut dyn Duplex),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream),
        }
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.pinned().poll_read(cx, buffer)
    }
}
