//! A request body whose read fails if the client stalls.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::BoxError;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

/// A body whose read fails if nothing arrives within the limit.
#[derive(Debug)]
pub(super) struct TimedBody {
    body: Incoming,
    timeout: Duration,
    /// Made at the first wait.
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, timeout: Duration) -> Self {
        Self {
            body,
            timeout,
            timer: None,
            is_waiting: false,
        }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.is_waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timeout = this.timeout;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if !this.is_waiting {
            this.is_waiting = true;
            if let Some(deadline) = Instant::now().checked_add(timeout) {
                timer.as_mut().reset(deadline);
            }
        }
        ready!(timer.as_mut().poll(cx));
        let error = io::Error::new(io::ErrorKind::TimedOut, "the request body stalled");
        Poll::Ready(Some(Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
