//! The future of a hyper service: the gateway's future, which never fails.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gateway_core::Outgoing;
use http::Response;
use pin_project_lite::pin_project;

use crate::switch::Switchable;

pin_project! {
    /// The gateway's future as one that never fails. An `async` block around it would store it
    /// twice.
    pub(crate) struct Answer<F> {
        #[pin]
        handled: F,
        // Boxed, because most requests offer no switch.
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
        // Most requests offer no switch, and their response is passed on in place.
        if this.switchable.is_none() {
            return this.handled.poll(cx).map(Ok);
        }
        let mut response = ready!(this.handled.poll(cx));
        if let Some(switchable) = this.switchable.take() {
            switchable.switch(&mut response);
        }
        Poll::Ready(Ok(response))
    }
}
