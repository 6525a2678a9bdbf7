//! The future of a service.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::Outgoing;
use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The gateway's future, or an answer that needs none. An `async` block around either would
    /// hold the gateway's future twice.
    #[project = AnswerProjection]
    pub(crate) enum Answer<F> {
        Driven { #[pin] future: F },
        Refused { response: Option<Response<Outgoing>> },
    }
}

impl<F> Answer<F> {
    pub(crate) fn driven(future: F) -> Self {
        Self::Driven { future }
    }

    pub(crate) fn refused(response: Response<Outgoing>) -> Self {
        Self::Refused {
            response: Some(response),
        }
    }
}

impl<F: Future<Output = Response<Outgoing>>> Future for Answer<F> {
    type Output = Result<Response<Outgoing>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AnswerProjection::Driven { future } => future.poll(cx).map(Ok),
            // Polled again after its end, a future may do as it likes, short of a panic here.
            AnswerProjection::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            },
        }
    }
}
