//! `Closed`: a future that resolves when the response has ended or the client has left.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Exchange;

/// Resolves when the exchange is over; see
/// [`Environ::closed`](crate::Environ::closed).
#[must_use = "a future does nothing until it is polled"]
#[doc(alias = "Disconnected")]
pub struct Closed {
    exchange: Arc<Exchange>,
    /// Its place among the watchers, once it was polled.
    place: Option<usize>,
}

impl Closed {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            place: None,
        }
    }

    /// True if the exchange is over by now.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.exchange.lock().is_closed
    }
}

impl Future for Closed {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut slot = this.exchange.lock();
        if slot.is_closed {
            return Poll::Ready(());
        }
        let replaced = slot.watchers.register(&mut this.place, cx);
        drop(slot);
        drop(replaced);
        Poll::Pending
    }
}

/// Removes the waker: an app may make a new future for every event that it sends.
impl Drop for Closed {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let waker = self.exchange.lock().watchers.remove(place);
            drop(waker);
        }
    }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed")
            .field("is_over", &self.is_over())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use super::{Closed, Exchange};

    #[test]
    fn l3_who_waits_no_longer_is_not_kept() {
        let exchange = Arc::new(Exchange::default());
        for _ in 0..3 {
            let waiting = pin!(Closed::new(exchange.clone()));
            assert!(
                waiting
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
        assert_eq!(exchange.lock().watchers.count(), 0);
    }
}
