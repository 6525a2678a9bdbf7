//! The future of a service.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::Outgoing;
use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The gateway's future as one that never fails. An `async` block around it would hold it twice.
    pub(crate) struct Answer<F> {
        #[pin]
        handled: F,
    }
}

impl<F> Answer<F> {
    #[inline]
    pub(crate) fn new(handled: F) -> Self {
        Self { handled }
    }
}

impl<F: Future<Output = Response<Outgoing>>> Future for Answer<F> {
    type Output = Result<Response<Outgoing>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().handled.poll(cx).map(Ok)
    }
}
