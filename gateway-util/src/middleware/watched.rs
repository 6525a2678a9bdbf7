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
    /// Called before a poll, which may panic.
    fn asked(&mut self) {}

    fn seen(&mut self, polled: Polled, cx: &mut Context<'_>) -> Polled;

    /// Called behind a frame after which the body says that it is over: a host need not ask again.
    fn over(&mut self) {}
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
        watch.asked();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        let is_over = matches!(polled, Poll::Ready(Some(Ok(_)))) && body.is_end_stream();
        let polled = watch.seen(polled, cx);
        if is_over {
            watch.over();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
