//! Waiting for the end of an exchange.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Exchange;

/// Resolves when the exchange is over; see
/// [`Environ::disconnected`](crate::Environ::disconnected).
#[must_use = "a future does nothing until it is polled"]
pub struct Disconnected {
    exchange: Arc<Exchange>,
}

impl Disconnected {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange }
    }

    /// True if the exchange is over by now.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.exchange.lock().over
    }
}

impl Future for Disconnected {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.exchange.lock();
        if slot.over {
            return Poll::Ready(());
        }
        if !slot
            .watchers
            .iter()
            .any(|watcher| watcher.will_wake(cx.waker()))
        {
            slot.watchers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disconnected")
            .field("is_over", &self.is_over())
            .finish()
    }
}
