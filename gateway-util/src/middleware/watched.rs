//! A body with an eye on it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// What a body's poll gave.
pub(super) type Polled = Poll<Option<Result<Frame<Bytes>, Error>>>;

/// Sees each poll of a body, and may change what it gives.
pub(super) trait Watch: Unpin {
    fn seen(&mut self, polled: Polled, cx: &mut Context<'_>) -> Polled;
}

/// A body whose polls are watched. Nothing else of it changes: length, trailers and end are the
/// inner body's (M1).
pub(super) struct Watched<W> {
    // Closed before the watch, which may report the end.
    body: Body,
    watch: W,
}

impl<W> Watched<W> {
    pub(super) fn new(body: Body, watch: W) -> Self {
        Self { body, watch }
    }
}

impl<W: Watch> HttpBody for Watched<W> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let Self { body, watch } = self.get_mut();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        watch.seen(polled, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
