//! The channel between the thread of a blocking app and the response body.

use std::any::Any;
use std::convert::Infallible;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway_core::Error;
use http_body::{Body as HttpBody, Frame};
use tokio::sync::{mpsc, oneshot};

/// The result of a call: a body, or its failure.
pub(super) enum Answer {
    InHand(Bytes),
    Stream(Chunks),
    Failed(Failure),
}

pub(super) enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

type Chunk = Result<Bytes, Failure>;

/// The end that the blocking thread writes to.
pub(super) struct Output {
    ends: Ends,
    /// The sender of the body, until the body has begun.
    chunks: Option<Chunks>,
}

/// Both senders, for the failure of a call whose [`Output`] was lost in a panic.
#[derive(Clone)]
pub(super) struct Ends {
    answer: Arc<Mutex<Option<oneshot::Sender<Answer>>>>,
    /// Room for one chunk: the next one is made while it is sent (B3).
    chunks: mpsc::Sender<Chunk>,
}

/// The body was dropped.
pub(super) struct Gone;

impl Output {
    pub(super) fn new(answer: oneshot::Sender<Answer>) -> (Self, Ends) {
        let (sender, receiver) = mpsc::channel(1);
        let ends = Ends {
            answer: Arc::new(Mutex::new(Some(answer))),
            chunks: sender,
        };
        let output = Self {
            ends: ends.clone(),
            chunks: Some(Chunks {
                receiver: Some(receiver),
                waiting: None,
            }),
        };
        (output, ends)
    }

    /// Sends the whole body.
    pub(super) fn buffered(&mut self, bytes: Bytes) {
        self.ends.answer(Answer::InHand(bytes));
    }

    /// Begins the body; its chunks follow.
    pub(super) fn begin(&mut self) {
        if let Some(chunks) = self.chunks.take() {
            self.ends.answer(Answer::Stream(chunks));
        }
    }

    pub(super) fn is_begun(&self) -> bool {
        self.chunks.is_none()
    }

    /// Waits until the previous chunk has been taken.
    pub(super) fn send(&mut self, chunk: Bytes) -> Result<(), Gone> {
        self.ends.chunks.blocking_send(Ok(chunk)).map_err(|_| Gone)
    }
}

impl Ends {
    fn answer(&self, answer: Answer) {
        let mut sender = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.take() {
            // If nobody waits, the client has gone (L3).
            let _ = sender.send(answer);
        }
    }

    /// Ends the call with a failure: of the body, if it has begun.
    pub(super) fn fail(self, failure: Failure) {
        let is_answered = self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none();
        if is_answered {
            // If nobody reads any more, the failure does not matter (L3).
            let _ = self.chunks.blocking_send(Err(failure));
        } else {
            self.answer(Answer::Failed(failure));
        }
    }
}

/// The body: the chunks that the blocking thread sends.
pub(super) struct Chunks {
    receiver: Option<mpsc::Receiver<Chunk>>,
    /// Dropping it tells the thread that nobody waits any more.
    waiting: Option<oneshot::Sender<Infallible>>,
}

impl Chunks {
    pub(super) fn waited_for(mut self, waiting: oneshot::Sender<Infallible>) -> Self {
        self.waiting = Some(waiting);
        self
    }
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(receiver) = &mut self.receiver else {
            return Poll::Ready(None);
        };
        match ready!(receiver.poll_recv(cx)) {
            Some(Ok(chunk)) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            Some(Err(Failure::Error(error))) => {
                self.receiver = None;
                Poll::Ready(Some(Err(error)))
            }
            Some(Err(Failure::Panic(payload))) => {
                self.receiver = None;
                resume_unwind(payload)
            }
            None => Poll::Ready(None),
        }
    }
}
