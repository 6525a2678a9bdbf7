//! Resets the exchange of an ended request, and keeps its memory, by `Kept`, for a later one (L5).

use std::sync::Arc;

use super::{Exchange, Slot};
use crate::kept::Kept;
use crate::shutdown_signal::ShutdownSignal;

thread_local! {
    static EXCHANGES: Kept<Arc<Exchange>> = const { Kept::new() };
}

impl Exchange {
    /// An exchange of the gateway with this signal, in recycled memory.
    #[inline]
    pub(crate) fn recycled(signal: &ShutdownSignal) -> Arc<Self> {
        let is_of_gateway =
            |exchange: &Arc<Self>| exchange.shutdown.as_ref().is_some_and(|own| own.is(signal));
        Kept::take(&EXCHANGES, is_of_gateway)
            .unwrap_or_else(|| Arc::new(Self::with_shutdown(signal.clone())))
    }

    /// Keeps an exchange that was reset. One without a gateway is not used again.
    #[inline]
    pub(super) fn keep(self: Arc<Self>) {
        if self.shutdown.is_some() {
            Kept::keep(&EXCHANGES, self);
        }
    }

    /// Makes a used exchange new.
    #[inline]
    pub(super) fn reset(&mut self) {
        let Slot {
            state,
            extensions,
            is_closed,
            driver,
            host,
            watchers,
            observations,
            offers,
        } = self.slot_mut();
        state.reset();
        if !extensions.is_empty() {
            extensions.clear();
        }
        *is_closed = false;
        *driver = None;
        *host = None;
        watchers.clear();
        observations.clear();
        *offers = None;
        *self.is_unread.get_mut() = false;
        *self.is_attempted.get_mut() = false;
        *self.restarts.get_mut() = 0;
    }
}
