//! Who ends an exchange.

use std::sync::Arc;

use crate::exchange::{self, Exchange, Pool};

/// The exchange of a driver that was not polled yet: hosts drop such futures, too, and who watches
/// the exchange must learn of it (L3).
pub(super) struct Claimed(Option<Arc<Exchange>>);

impl Claimed {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self(Some(exchange))
    }

    fn take(mut self) -> Option<Arc<Exchange>> {
        self.0.take()
    }
}

impl Drop for Claimed {
    #[inline]
    fn drop(&mut self) {
        if let Some(exchange) = self.0.take() {
            exchange.close();
        }
    }
}

/// Ends the exchange when the driver is done with it or is dropped.
pub(super) struct Guard<'a> {
    exchange: Option<Arc<Exchange>>,
    pool: &'a Arc<Pool>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(claimed: Claimed, pool: &'a Arc<Pool>) -> Self {
        Self {
            exchange: claimed.take(),
            pool,
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "only `release` and `drop` empty it, and both own it"
    )]
    #[inline]
    pub(super) fn exchange(&self) -> &Arc<Exchange> {
        self.exchange
            .as_ref()
            .expect("the guard has its exchange until it is gone")
    }

    /// Hands the exchange over to the body of a stream.
    pub(super) fn release(mut self) -> Option<(Arc<Exchange>, Arc<Pool>)> {
        Some((self.exchange.take()?, self.pool.clone()))
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange::finish(exchange, self.pool);
        }
    }
}
