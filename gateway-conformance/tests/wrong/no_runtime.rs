//! Polling where there is no runtime.

use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

/// Awaits the future, which is polled on threads that know of no runtime.
pub(crate) async fn call<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| elsewhere(cx, |cx| future.as_mut().poll(cx))).await
}

/// A body that is polled on threads that know of no runtime.
pub(crate) struct NoRuntime(pub(crate) Body);

impl HttpBody for NoRuntime {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        elsewhere(cx, |cx| Pin::new(&mut self.0).poll_frame(cx))
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Does it on a thread of its own, and waits for that.
fn elsewhere<T: Send>(
    cx: &Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T> + Send,
) -> Poll<T> {
    let waker = cx.waker();
    let polling = || poll(&mut Context::from_waker(waker));
    thread::scope(|scope| scope.spawn(polling).join()).unwrap_or_else(|panic| resume_unwind(panic))
}
