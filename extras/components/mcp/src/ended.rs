//! `Ended`: a body that ends when the server begins to shut down.

use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::Closing;
use http_body::{Body, Frame, SizeHint};

/// A body that is over when `closing` resolves.
pub(crate) struct Ended<B> {
    closing: Closing,
    /// `None` once it is over.
    body: Option<B>,
}

impl<B> Ended<B> {
    pub(crate) fn by(closing: Closing, body: B) -> Self {
        let body = Some(body);
        Self { closing, body }
    }
}

impl<B: Body + Unpin> Body for Ended<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        // First what is ready: an event that was made before the shutdown is sent.
        if let Poll::Ready(polled) = Pin::new(body).poll_frame(cx) {
            return Poll::Ready(polled);
        }
        if Pin::new(&mut this.closing).poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.body = None;
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // What knows its length does not wait for a shutdown, and keeps it (B4).
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
