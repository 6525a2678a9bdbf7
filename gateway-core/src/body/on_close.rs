//! `Body::on_close`: a body with a callback that runs when the body is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Body, FrameSource, Repr, Switch};
use crate::error::Error;
use crate::log;
use crate::panicked::catch;

/// A body, and the callback that runs after it was dropped.
///
/// The order of the fields is the order of closing: the body first (and the callbacks it already
/// has), then the callback.
pub(super) struct Closing<F: FnOnce()> {
    body: Body,
    _callback: Callback<F>,
}

struct Callback<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Closing<F> {
    pub(super) fn new(body: Body, callback: F) -> Self {
        Self {
            body,
            _callback: Callback(Some(callback)),
        }
    }
}

impl<F: FnOnce()> Drop for Callback<F> {
    fn drop(&mut self) {
        let Some(callback) = self.0.take() else {
            return;
        };
        // L2: a callback that panics must not keep the others from running.
        if let Err(panicked) = catch(callback) {
            log::error("L2", "calling an on_close callback", &panicked);
        }
    }
}

// The callback is called by value and never pinned.
impl<F: FnOnce()> Unpin for Closing<F> {}

impl<F: FnOnce()> HttpBody for Closing<F> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<F: FnOnce() + Send> FrameSource for Closing<F> {
    fn buffered(&self) -> Option<&Bytes> {
        match &self.body.0 {
            Repr::Full(bytes) => Some(bytes),
            Repr::Stream { frames, .. } => frames.buffered(),
        }
    }

    fn buffered_mut(self: Pin<&mut Self>) -> Option<&mut Bytes> {
        match &mut self.get_mut().body.0 {
            Repr::Full(bytes) => Some(bytes),
            Repr::Stream { frames, .. } => frames.as_mut().buffered_mut(),
        }
    }

    fn switch(&self) -> Option<&dyn Switch> {
        self.body.switch()
    }

    fn switch_mut(self: Pin<&mut Self>) -> Option<&mut dyn Switch> {
        match &mut self.get_mut().body.0 {
            Repr::Full(_) => None,
            Repr::Stream { frames, .. } => frames.as_mut().switch_mut(),
        }
    }
}
