//! The future of a service.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gateway_core::Outgoing;
use http::Response;
use pin_project_lite::pin_project;

use crate::switch::Switchable;

pin_project! {
    /// The gateway's future as one that never fails. An `async` block around it would hold it twice.
    pub(crate) struct Answer<F> {
        #[pin]
        handled: F,
        // Boxed: most requests offer nothing.
        switchable: Option<Box<Switchable>>,
    }
}

impl<F> Answer<F> {
    #[inline]
    pub(crate) fn new(handled: F, switchable: Option<Box<Switchable>>) -> Self {
        Self {
            handled,
            switchable,
        }
    }
}

impl<F: Future<Output = Response<Outgoing>>> Future for Answer<F> {
    type Output = Result<Response<Outgoing>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.handled.poll(cx));
        if let Some(switchable) = this.switchable.take() {
            switchable.switch(&mut response);
        }
        Poll::Ready(Ok(response))
    }
}
