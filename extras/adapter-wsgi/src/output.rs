//! From the thread of a call to the body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::Error;
use http_body::{Body as HttpBody, Frame};
use tokio::sync::{mpsc, oneshot};

/// What a call gives to the one who waits for it.
pub(crate) enum Answer {
    /// The whole body.
    Full(Bytes),
    /// The body's other end; its chunks follow.
    Stream(mpsc::Receiver<Chunk>),
    Failed(Error),
}

pub(crate) type Chunk = Result<Bytes, Error>;

/// Where the bytes of a call go.
pub(crate) enum Output {
    /// Nothing has been handed over.
    Waiting(oneshot::Sender<Answer>),
    Streaming(mpsc::Sender<Chunk>),
    /// As many bytes as were declared.
    Complete,
    Over,
}

/// Room for one chunk: the next is made while it is on its way (B3).
pub(crate) fn channel() -> (mpsc::Sender<Chunk>, mpsc::Receiver<Chunk>) {
    mpsc::channel(1)
}

/// The body: what the thread hands over.
pub(crate) struct Chunks(Option<mpsc::Receiver<Chunk>>);

impl Chunks {
    pub(crate) fn new(receiver: mpsc::Receiver<Chunk>) -> Self {
        Self(Some(receiver))
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(receiver) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let chunk = std::task::ready!(receiver.poll_recv(cx));
        if !matches!(chunk, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
