//! `Body::from_producer` and its `Writer`: a body whose chunks an async function writes.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;

use super::FrameSource;
use crate::error::Error;

/// The writing end of [`Body::from_producer`](crate::Body::from_producer).
///
/// It may be moved to another task: writes then wake the body.
pub struct Writer {
    slot: Arc<Mutex<Slot>>,
}

/// One frame on its way from the writer to the body.
#[derive(Default)]
struct Slot {
    frame: Option<Frame<Bytes>>,
    /// The body was dropped, or its producer has ended.
    closed: bool,
    /// The body is polling the producer at this moment.
    driving: bool,
    writer: Option<Waker>,
    body: Option<Waker>,
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    /// Writes a chunk, and waits until the gateway has taken it.
    ///
    /// An empty chunk is written at once: it never reaches the wire (B2). When the returned future
    /// is dropped after it was polled, the chunk may still be sent, and is never sent twice.
    ///
    /// # Errors
    ///
    /// When nobody reads the body any more: the client has gone, or the response ended.
    pub async fn write(&mut self, chunk: impl Into<Bytes>) -> Result<(), WriteError> {
        let chunk = chunk.into();
        if chunk.is_empty() {
            return if lock(&self.slot).closed {
                Err(WriteError(()))
            } else {
                Ok(())
            };
        }
        self.send(Frame::data(chunk)).await
    }

    /// Writes the trailers, which end the body.
    ///
    /// They are sent if the protocol and the client allow it, and dropped otherwise (B11):
    /// HTTP/1.1 asks for `TE: trailers` in the request and `Trailer` in the response.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub async fn trailers(&mut self, trailers: HeaderMap) -> Result<(), WriteError> {
        self.send(Frame::trailers(trailers)).await
    }

    async fn send(&mut self, frame: Frame<Bytes>) -> Result<(), WriteError> {
        let mut frame = Some(frame);
        std::future::poll_fn(|cx| self.poll_send(cx, &mut frame)).await
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        frame: &mut Option<Frame<Bytes>>,
    ) -> Poll<Result<(), WriteError>> {
        let mut slot = lock(&self.slot);
        if slot.frame.is_none() && frame.is_none() {
            // The chunk was taken: the write is complete, whatever has happened to the body since.
            return Poll::Ready(Ok(()));
        }
        if slot.closed {
            return Poll::Ready(Err(WriteError(())));
        }
        if slot.frame.is_none() {
            slot.frame = frame.take();
        }
        // The body itself polls this, in its own task. It looks into the slot when this returns,
        // and polls again for the next chunk. So nothing must be woken.
        if slot.driving
            && slot
                .body
                .as_ref()
                .is_some_and(|body| body.will_wake(cx.waker()))
        {
            slot.writer = None;
            return Poll::Pending;
        }
        if !slot
            .writer
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            slot.writer = Some(cx.waker().clone());
        }
        let waker = slot.body.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake();
        }
        Poll::Pending
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("closed", &lock(&self.slot).closed)
            .finish()
    }
}

/// Nobody reads the body any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError(());

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response is no longer read")
    }
}

impl std::error::Error for WriteError {}

pin_project! {
    /// The reading end: it drives the producer and takes the frames that the producer writes.
    pub(super) struct PushFrames<F, Fut> {
        producer: Option<F>,
        #[pin]
        future: Option<Fut>,
        slot: Arc<Mutex<Slot>>,
        outcome: Option<Result<(), Error>>,
    }

    impl<F, Fut> PinnedDrop for PushFrames<F, Fut> {
        fn drop(this: Pin<&mut Self>) {
            close(this.project().slot);
        }
    }
}

/// Refuses further writes, and wakes a writer that waits.
fn close(slot: &Mutex<Slot>) {
    let mut slot = lock(slot);
    slot.closed = true;
    let waker = slot.writer.take();
    drop(slot);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<F, Fut> PushFrames<F, Fut> {
    pub(super) fn new(producer: F) -> Self {
        Self {
            producer: Some(producer),
            future: None,
            slot: Arc::default(),
            outcome: None,
        }
    }
}

impl<F, Fut> HttpBody for PushFrames<F, Fut>
where
    F: FnOnce(Writer) -> Fut,
    Fut: Future<Output = Result<(), Error>>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        if let Some(producer) = this.producer.take() {
            this.future.set(Some(producer(Writer {
                slot: this.slot.clone(),
            })));
        }
        // What another task wrote comes first.
        if let Some(frame) = take(this.slot, cx, Next::Drive) {
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(future) = this.future.as_mut().as_pin_mut() {
            if let Poll::Ready(outcome) = future.poll(cx) {
                this.future.set(None);
                *this.outcome = Some(outcome);
            }
            if let Some(frame) = take(this.slot, cx, Next::Wait) {
                return Poll::Ready(Some(Ok(frame)));
            }
            if this.outcome.is_none() {
                return Poll::Pending;
            }
        }
        close(this.slot);
        Poll::Ready(this.outcome.take().and_then(Result::err).map(Err))
    }
}

impl<F, Fut> FrameSource for PushFrames<F, Fut>
where
    F: FnOnce(Writer) -> Fut + Send,
    Fut: Future<Output = Result<(), Error>> + Send,
{
}

/// What the body does when the slot is empty.
#[derive(PartialEq)]
enum Next {
    /// Polls the producer.
    Drive,
    /// Waits for a writer that was moved elsewhere.
    Wait,
}

/// Takes the frame in the slot. If there is none, registers the waker for the next one.
fn take(slot: &Mutex<Slot>, cx: &Context<'_>, next: Next) -> Option<Frame<Bytes>> {
    let mut slot = lock(slot);
    let frame = slot.frame.take();
    slot.driving = frame.is_none() && next == Next::Drive;
    if frame.is_none() {
        if !slot
            .body
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            slot.body = Some(cx.waker().clone());
        }
        return None;
    }
    let waker = slot.writer.take();
    drop(slot);
    if let Some(waker) = waker {
        waker.wake();
    }
    frame
}
