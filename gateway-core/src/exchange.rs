//! `Exchange`: the state of one request and its response, which the environ, `StartResponse`, the
//! body and the driver share.

mod attempt;
mod closed;
mod head;
mod observed;
mod offers;
mod owner;
mod recycle;
mod state;
mod unread;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use http::{Extensions, Response};

use crate::error::Error;
use crate::shutdown_signal::{Closing, ShutdownSignal};
use crate::start_error::StartError;
use crate::wakers::Wakers;

pub(crate) use attempt::Attempt;
pub use closed::Closed;
pub(crate) use head::Head;
pub(crate) use observed::Observation;
pub(crate) use offers::Offers;
pub(crate) use owner::Owner;
pub(crate) use state::{Committed, Progress};
pub(crate) use unread::UnreadMark;

use observed::Observations;
use state::State;

/// The state behind every `StartResponse` and `Closed` of one request.
///
/// No code of the app runs under its lock. What may run such code when it is dropped or woken
/// (headers, wakers) is dropped or woken after unlocking.
#[derive(Default)]
pub(crate) struct Exchange {
    slot: Mutex<Slot>,
    /// The input was dropped before its end.
    is_unread: AtomicBool,
    /// True once a start has ended or a restart has begun. Written under the lock, as the next one
    /// is, and read without it when a start begins.
    is_attempted: AtomicBool,
    /// Counts what makes a start or restart in progress stale.
    restarts: AtomicU32,
    /// That of the gateway, as long as the exchange lives.
    shutdown: Option<ShutdownSignal>,
}

#[derive(Default)]
struct Slot {
    state: State,
    /// Typed values for the response.
    extensions: Extensions,
    /// True once the driver is done with the request.
    is_closed: bool,
    /// The driver, which waits for a start or an early commit, and after the commit for an abort.
    driver: Option<Waker>,
    /// Who ends the connection if the response is aborted while its body is not polled.
    host: Option<Waker>,
    /// The tasks that wait for the end.
    watchers: Wakers,
    observations: Observations,
    /// The protocols that the connection can switch to.
    offers: Option<Arc<Offers>>,
}

impl Exchange {
    /// An exchange of a gateway with this signal.
    fn with_shutdown(signal: ShutdownSignal) -> Self {
        Self {
            shutdown: Some(signal),
            ..Self::default()
        }
    }

    /// Resolves when the server begins to shut down.
    pub(crate) fn closing(&self) -> Closing {
        self.shutdown
            .as_ref()
            .map(ShutdownSignal::closing)
            .unwrap_or_default()
    }

    /// True if the server cuts what is unfinished.
    #[inline]
    fn is_cutting(&self) -> bool {
        self.shutdown
            .as_ref()
            .is_some_and(ShutdownSignal::is_cutting)
    }

    #[inline]
    fn slot_mut(&mut self) -> &mut Slot {
        self.slot.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Slot> {
        // A panic elsewhere must not cause a second one here.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to start the response. The head is made and checked outside the lock.
    ///
    /// # Errors
    ///
    /// The response was started before (S1, S2).
    #[inline]
    pub(crate) fn start(&self) -> Result<Attempt<'_>, StartError> {
        if self.is_attempted.load(Ordering::Acquire) {
            return Err(self.start_again());
        }
        Ok(Attempt {
            exchange: self,
            restarts: self.restarts(),
            replaces: false,
        })
    }

    /// Refuses a start after another one, before its hooks run.
    #[cold]
    fn start_again(&self) -> StartError {
        let mut replaced = Head::default();
        let mut slot = self.lock();
        self.count_restart();
        let error = slot.state.start_again(&mut replaced);
        wake_all(slot);
        error
    }

    /// Begins to start the response anew. `None` after the commit: the response is aborted (S2).
    pub(crate) fn restart(&self) -> Option<Attempt<'_>> {
        let mut slot = self.lock();
        if slot.state.abort_committed() {
            wake_all(slot);
            return None;
        }
        let restarts = self.count_restart();
        self.is_attempted.store(true, Ordering::Release);
        drop(slot);
        Some(Attempt {
            exchange: self,
            restarts,
            replaces: true,
        })
    }

    #[inline]
    fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::Acquire)
    }

    /// Under the lock.
    fn count_restart(&self) -> u32 {
        let restarts = self.restarts().wrapping_add(1);
        self.restarts.store(restarts, Ordering::Release);
        restarts
    }

    pub(crate) fn commit_early(&self) {
        let mut slot = self.lock();
        slot.state.commit_early();
        wake(slot);
    }

    pub(crate) fn close_connection(&self) {
        self.lock().state.close_connection();
    }

    /// Adds typed values to the response. Values that are replaced are dropped outside the lock,
    /// as headers are.
    pub(crate) fn extend_extensions(&self, mut added: Extensions) {
        while !added.is_empty() {
            let mut slot = self.lock();
            if slot.extensions.is_empty() {
                slot.extensions = added;
                return;
            }
            let mut known = std::mem::take(&mut slot.extensions);
            drop(slot);
            known.extend(added);
            added = known;
        }
    }

    pub(crate) fn is_started(&self) -> bool {
        !self.lock().state.is_new()
    }

    pub(crate) fn is_committed(&self) -> bool {
        self.lock().state.is_committed()
    }

    /// How far the head is; the task is woken when that changes.
    pub(crate) fn progress(&self, cx: &Context<'_>) -> Progress {
        let mut slot = self.lock();
        let replaced = register(&mut slot.driver, cx);
        let progress = slot.state.progress();
        drop(slot);
        drop(replaced);
        progress
    }

    /// Aborts a committed response, and wakes its host (B8).
    pub(crate) fn abort(&self, error: Error) {
        let mut slot = self.lock();
        match slot.state.give_up(error) {
            Ok(()) => wake_all(slot),
            Err(error) => {
                drop(slot);
                drop(error);
            }
        }
    }

    /// Registers who is woken when the response is aborted, even if nobody polls its body.
    pub(crate) fn watch_abort(&self, host: Waker) {
        let mut slot = self.lock();
        let replaced = slot.host.replace(host);
        if slot.state.is_aborted() {
            wake_all(slot);
        } else {
            drop(slot);
        }
        drop(replaced);
    }

    /// Takes out why the response was aborted, if it was.
    #[cold]
    pub(crate) fn take_abort(&self) -> Option<Error> {
        self.lock().state.take_abort()
    }

    /// True if the response was aborted after the commit; the task is woken when it is.
    pub(crate) fn is_aborted(&self, cx: &Context<'_>) -> bool {
        let mut slot = self.lock();
        let replaced = register(&mut slot.driver, cx);
        let is_aborted = slot.state.is_aborted();
        drop(slot);
        drop(replaced);
        is_aborted
    }

    /// Registers an observer, with what it is told of the request.
    pub(crate) fn observe(&self, observation: impl FnOnce(&mut Observation)) {
        observation(self.lock().observations.add());
    }

    /// Ends the exchange, wakes all who wait for that, and returns the observers.
    fn close(&self) -> Observations {
        let mut slot = self.lock();
        slot.is_closed = true;
        let error = slot.state.end();
        let (driver, host) = (slot.driver.take(), slot.host.take());
        let watchers = std::mem::take(&mut slot.watchers);
        let observations = std::mem::take(&mut slot.observations);
        drop(slot);
        // The waker may be the last owner of a task that holds a handle on this exchange.
        drop((driver, host, error));
        watchers.wake();
        observations
    }
}

impl Slot {
    /// Commits: puts the head into the response, and from now on a start aborts.
    ///
    /// # Errors
    ///
    /// When the app has not started the response, or the last start was refused (S1, S3).
    #[inline]
    fn commit<B>(&mut self, response: &mut Response<B>) -> Result<Committed, StartError> {
        let mut status = response.status();
        let committed = self.state.commit(&mut status, response.headers_mut());
        std::mem::swap(response.extensions_mut(), &mut self.extensions);
        *response.status_mut() = status;
        Ok(Committed {
            is_observed: !self.observations.is_empty(),
            ..committed?
        })
    }

    /// Commits a page instead of the app's head. The map that the response gets may hold headers of
    /// the app.
    fn commit_page<B>(&mut self, response: &mut Response<B>) -> Committed {
        Committed {
            is_observed: !self.observations.is_empty(),
            ..self.state.commit_page(response.headers_mut())
        }
    }
}

/// For the lint.
#[cfg(feature = "lint")]
impl Exchange {
    /// True if no start has succeeded so far.
    pub(crate) fn lacks_head(&self) -> bool {
        self.lock().state.lacks_head()
    }

    /// The refused start that ended the exchange, or aborted it.
    pub(crate) fn refusal(&self) -> Option<StartError> {
        self.lock().state.refusal()
    }
}

/// Registers the task's waker and returns the old one. The caller drops it after unlocking, because
/// dropping it may drop a task that owns a handle on this exchange.
#[must_use]
fn register(waker: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    match waker {
        Some(known) if known.will_wake(cx.waker()) => None,
        waker => waker.replace(cx.waker().clone()),
    }
}

/// Wakes the driver and the host of a response that is aborted, outside the lock.
#[cold]
fn wake_all(mut slot: MutexGuard<'_, Slot>) {
    let host = slot.host.take();
    wake(slot);
    if let Some(host) = host {
        host.wake();
    }
}

/// Wakes the driver, outside the lock.
#[inline]
fn wake(mut slot: MutexGuard<'_, Slot>) {
    let waker = slot.driver.take();
    drop(slot);
    if let Some(waker) = waker {
        waker.wake();
    }
}
