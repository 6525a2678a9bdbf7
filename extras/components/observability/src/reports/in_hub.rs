//! `InHub`: a future or a body whose code runs in the hub of its request.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::reporter::Reporter;

/// Polled and dropped in the hub.
pub(super) struct InHub<T> {
    /// `None` once it is dropped.
    inner: Option<T>,
    reporter: Arc<Reporter>,
}

impl<T> InHub<T> {
    pub(super) fn new(inner: T, reporter: Arc<Reporter>) -> Self {
        let inner = Some(inner);
        Self { inner, reporter }
    }

    /// Calls `f` in the hub. Pending if there is nothing left to poll.
    pub(super) fn run<R>(&mut self, f: impl FnOnce(&mut T) -> Poll<R>) -> Poll<R> {
        match &mut self.inner {
            Some(inner) => self.reporter.run(|| f(inner)),
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for InHub<T> {
    fn drop(&mut self) {
        let inner = self.inner.take();
        self.reporter.run(|| drop(inner));
    }
}

impl HttpBody for InHub<Body> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = self.run(|body| Pin::new(body).poll_frame(cx));
        if let Poll::Ready(Some(Err(error))) = &polled {
            self.reporter.error(error);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
