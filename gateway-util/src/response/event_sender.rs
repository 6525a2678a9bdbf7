//! `EventSender`: pushes events into an event stream from any task.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::Event;

/// Sends the events of a stream; made by [`EventStream::channel`](super::EventStream::channel). The
/// stream ends when all clones of this are dropped.
#[derive(Clone)]
pub struct EventSender(mpsc::Sender<Event>);

/// The events that an [`EventSender`] sends.
///
/// See [`EventStream::channel`](super::EventStream::channel).
pub struct PushedEvents(mpsc::Receiver<Event>);

pub(super) fn channel(capacity: usize) -> (EventSender, PushedEvents) {
    let capacity = capacity.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
    let (sender, receiver) = mpsc::channel(capacity);
    (EventSender(sender), PushedEvents(receiver))
}

impl EventSender {
    /// Sends an event, and waits while the stream is full because the client reads too slowly.
    ///
    /// # Errors
    ///
    /// When the client has gone.
    pub async fn send(&self, event: Event) -> Result<(), SendEventError> {
        let sent = self.0.send(event).await;
        sent.map_err(|_| SendEventError { is_full: false })
    }

    /// Sends an event if there is room for it.
    ///
    /// # Errors
    ///
    /// When the stream is full, or the client has gone.
    pub fn try_send(&self, event: Event) -> Result<(), SendEventError> {
        self.0.try_send(event).map_err(|error| SendEventError {
            is_full: matches!(error, mpsc::error::TrySendError::Full(_)),
        })
    }

    /// Waits until the client has gone (L3).
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    /// True if the client has gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Stream for PushedEvents {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}

impl fmt::Debug for EventSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSender")
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PushedEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushedEvents").finish_non_exhaustive()
    }
}

/// An event that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendEventError {
    is_full: bool,
}

impl SendEventError {
    /// True if the stream was full, false if the client has gone.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}

impl fmt::Display for SendEventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full {
            "the stream of events is full"
        } else {
            "the client has gone"
        })
    }
}

impl StdError for SendEventError {}
