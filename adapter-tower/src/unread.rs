//! Whether the body of a request was dropped before its end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

/// True once the body was dropped before its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Arc<AtomicBool>);

impl Unread {
    pub(crate) fn is_unread(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

pin_project! {
    /// A request's body that tells when it is dropped before its end.
    pub(crate) struct Watched<B> {
        #[pin]
        body: B,
        // Behind the body: the host knows of the drop when the flag says so.
        mark: Mark,
    }
}

struct Mark {
    is_over: bool,
    unread: Unread,
}

impl<B> Watched<B> {
    pub(crate) fn new(body: B) -> (Self, Unread) {
        let unread = Unread::default();
        let mark = Mark {
            is_over: false,
            unread: unread.clone(),
        };
        (Self { body, mark }, unread)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if !self.is_over {
            self.unread.0.store(true, Ordering::Release);
        }
    }
}

impl<B: HttpBody> HttpBody for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        this.mark.is_over = frame.is_none() || this.body.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
