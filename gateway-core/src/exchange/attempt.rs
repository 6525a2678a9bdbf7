//! `Attempt`: a start or restart of the response, from its begin until its head is checked.

use std::sync::atomic::Ordering;

use super::{Exchange, Head, wake, wake_all};
use crate::start_error::StartError;

/// A start or restart whose head is being made and checked, outside the lock.
///
/// If it is dropped, code of the app or a hook has panicked. The response is then refused, because
/// otherwise the driver would wait for it forever.
#[must_use = "an attempt that is dropped refuses the response"]
pub(crate) struct Attempt<'a> {
    pub(super) exchange: &'a Exchange,
    /// A restart since then makes it stale.
    pub(super) restarts: u32,
    pub(super) replaces: bool,
}

impl Attempt<'_> {
    /// Starts the response with the head, or refuses it with the error of the check.
    ///
    /// # Errors
    ///
    /// That of the check; or the response was started meanwhile (S1, S2).
    #[inline]
    pub(crate) fn end(
        self,
        mut head: Head,
        checked: Result<(), StartError>,
    ) -> Result<(), StartError> {
        let (exchange, restarts, replaces) = (self.exchange, self.restarts, self.replaces);
        std::mem::forget(self);
        let mut slot = exchange.lock();
        exchange.is_attempted.store(true, Ordering::Release);
        let state = &mut slot.state;
        let started = if exchange.restarts() != restarts {
            Err(state.too_late())
        } else if replaces {
            state.restart(&mut head, checked)
        } else {
            state.start(&mut head, checked)
        };
        match started {
            Ok(()) => wake(slot),
            // The body may be pending, and the response may be aborted now.
            Err(_) => wake_all(slot),
        }
        // What is not used any more, outside the lock.
        head.recycle();
        started
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut slot = self.exchange.lock();
        self.exchange.is_attempted.store(true, Ordering::Release);
        if self.exchange.restarts() == self.restarts && !slot.state.is_committed() {
            slot.state.refuse(StartError::hook_panicked());
        }
        wake(slot);
    }
}
