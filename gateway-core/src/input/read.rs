//! `InputReader`: the input as `tokio::io::AsyncRead`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

use super::Input;

/// Reads the input as a stream of bytes; made by [`Input::reader`].
///
/// If tokio's `read_to_string` meets bytes that are not UTF-8, its error is not one of the input,
/// so it is answered with a 500. [`Input::text`] answers 400.
#[derive(Debug)]
pub struct InputReader {
    input: Input,
    chunk: Bytes,
}

impl Input {
    /// The input as `tokio::io::AsyncRead`.
    #[must_use]
    pub fn reader(self) -> InputReader {
        InputReader {
            input: self,
            chunk: Bytes::new(),
        }
    }
}

impl InputReader {
    /// The input, to ask for its trailers. Bytes that were read ahead are lost.
    #[must_use]
    pub fn into_inner(self) -> Input {
        self.input
    }
}

impl AsyncRead for InputReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.chunk.is_empty() {
            match ready!(self.input.poll_chunk(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Err(error.into())),
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.chunk.len().min(buf.remaining());
        buf.put_slice(&self.chunk.split_to(length));
        Poll::Ready(Ok(()))
    }
}
