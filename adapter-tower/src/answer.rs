//! The future of a service.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use gateway_core::Outgoing;
use http::Response;
use pin_project_lite::pin_project;

use crate::unread::Unread;

pin_project! {
    /// The gateway's future as one that never fails. An `async` block around it would hold it twice.
    ///
    /// A response whose request body was dropped unread waits for one turn of the host. hyper takes
    /// note of the drop then: it drains what has arrived, or it will close the connection, and says so
    /// in the head that it writes next (I5; RFC 9112 section 9.6).
    pub(crate) struct Answer<F> {
        #[pin]
        handled: F,
        unread: Option<Unread>,
        held: Option<Box<Response<Outgoing>>>,
    }
}

impl<F> Answer<F> {
    /// `unread` is there where a body that is not read closes the connection: on HTTP/1.
    #[inline]
    pub(crate) fn new(handled: F, unread: Option<Unread>) -> Self {
        Self {
            handled,
            unread,
            held: None,
        }
    }
}

impl<F: Future<Output = Response<Outgoing>>> Future for Answer<F> {
    type Output = Result<Response<Outgoing>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(held) = this.held.take() {
            return Poll::Ready(Ok(*held));
        }
        let response = ready!(this.handled.poll(cx));
        if this.unread.as_ref().is_some_and(Unread::is_unread) {
            *this.held = Some(Box::new(response));
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(response))
    }
}
