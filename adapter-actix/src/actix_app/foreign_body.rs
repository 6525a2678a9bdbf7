//! The body of a response, on its way from a worker to the host.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use actix_web::body::{BoxBody, MessageBody as _};
use bytes::Bytes;
use gateway_core::Error;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// What a worker sends of a body. Without an end, the worker has ended in the middle of it.
pub(crate) enum Part {
    Chunk(Bytes),
    End,
    Failed(Error),
}

/// The host's end of a body: what was there when the head was sent, and the rest.
#[derive(Default)]
pub(crate) struct ForeignBody {
    first: Option<Bytes>,
    rest: Option<mpsc::Receiver<Part>>,
    /// How many bytes are left, if the application declared a length.
    left: Option<u64>,
}

impl ForeignBody {
    /// A body in memory.
    pub(crate) fn full(bytes: Bytes) -> Self {
        let left = Some(bytes.len() as u64);
        Self {
            first: Some(bytes).filter(|bytes| !bytes.is_empty()),
            left,
            ..Self::default()
        }
    }

    /// A body whose rest a worker sends.
    pub(crate) fn streamed(
        first: Option<Bytes>,
        rest: mpsc::Receiver<Part>,
        length: Option<u64>,
    ) -> Self {
        Self {
            first,
            rest: Some(rest),
            left: length,
        }
    }

    /// True if nothing is left.
    fn is_empty(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }

    fn chunk(&mut self, chunk: Bytes) -> Frame<Bytes> {
        self.left = self
            .left
            .map(|left| left.saturating_sub(chunk.len() as u64));
        Frame::data(chunk)
    }
}

impl Body for ForeignBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(self.chunk(first))));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let part = ready!(rest.poll_recv(cx));
        if let Some(Part::Chunk(chunk)) = part {
            return Poll::Ready(Some(Ok(self.chunk(chunk))));
        }
        self.rest = None;
        Poll::Ready(match part {
            Some(Part::Failed(error)) => Some(Err(error)),
            Some(_) => None,
            None => Some(Err(Error::msg(
                "the body of an actix response panicked, or its worker has ended",
            ))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Some(left) if !self.is_empty() => SizeHint::with_exact(left),
            _ if self.is_empty() => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}

/// Sends the rest of a body. It stops, and drops the body, when the host has dropped its end.
pub(crate) async fn pump(body: BoxBody, parts: mpsc::Sender<Part>) {
    let mut body = pin!(body);
    let mut closed = pin!(parts.closed());
    loop {
        let next = poll_fn(|cx| match closed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => body.as_mut().poll_next(cx).map(Some),
        });
        let (part, is_last) = match next.await {
            None => return,
            // An empty chunk says nothing.
            Some(Some(Ok(chunk))) if chunk.is_empty() => continue,
            Some(Some(Ok(chunk))) => (Part::Chunk(chunk), false),
            Some(Some(Err(error))) => (Part::Failed(body_error(&*error)), true),
            Some(None) => (Part::End, true),
        };
        if parts.send(part).await.is_err() || is_last {
            return;
        }
    }
}

/// The error of a body of actix's, which is not `Send`.
pub(crate) fn body_error(error: &dyn std::error::Error) -> Error {
    Error::msg(format!("the body of an actix response failed: {error}"))
}
