//! Implements tokio's `AsyncRead` and `AsyncWrite` for `Duplex`, and makes a `Duplex` from any type
//! that has both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Duplex, DuplexIo};

impl Duplex {
    /// A stream over one of tokio's: for adapters, and for tests (`tokio::io::duplex`).
    ///
    /// It ends as [`DuplexIo::poll_close`] does by default. That is not enough for a `TcpStream` of a
    /// server: its adapter implements [`DuplexIo`] itself, or gives a stream that lingers (U8).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::Duplex;
    ///
    /// let (ours, theirs) = tokio::io::duplex(64);
    /// let (mut ours, mut theirs) = (Duplex::from_tokio(ours), Duplex::from_tokio(theirs));
    /// ours.write_all(b"hello").await?;
    /// drop(ours);
    ///
    /// let mut buffer = [0; 8];
    /// assert_eq!(theirs.read(&mut buffer).await?, 5);
    /// assert_eq!(theirs.read(&mut buffer).await?, 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from_tokio(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self::new(FromTokio(Box::pin(io)))
    }
}

struct FromTokio<T>(Pin<Box<T>>);

impl<T: AsyncRead + AsyncWrite + Send> DuplexIo for FromTokio<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.0.as_mut().poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}

impl AsyncRead for Duplex {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Self::poll_read(
            self.get_mut(),
            cx,
            buffer.initialize_unfilled()
        ))?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Duplex {
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
