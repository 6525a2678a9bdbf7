//! One request and its response: the state that the app's side and the gateway's side share.

mod closed;
mod head;
mod pool;
mod reuse;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use http::{Extensions, HeaderMap, Response, StatusCode};

use crate::start_error::StartError;

pub use closed::Closed;
pub(crate) use head::{Attempt, Head};
pub(crate) use pool::{Pool, finish};
pub(crate) use reuse::{Memory, forget_empty};

/// The slot behind every `StartResponse` handle.
#[derive(Default)]
pub(crate) struct Exchange {
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    phase: Phase,
    /// Counts starts and restarts: one that a restart came between knows by it that it is stale.
    attempts: u32,
    /// Out with who starts, between the two halves of a start.
    head: Option<Box<Head>>,
    /// Typed values for the response.
    extensions: Extensions,
    flush: bool,
    close_connection: bool,
    /// Set once the exchange has ended on the gateway's side.
    over: bool,
    /// Who waits for a start, a flush, or (after commit) an abort: the gateway.
    gateway: Option<Waker>,
    /// Who waits for the end.
    watchers: Vec<(u64, Waker)>,
    /// The id of the next one that waits.
    next_watcher: u64,
    /// Kept for the next request: the head that its response is to have, and what a user of the
    /// exchange left.
    spare_head: Option<Box<Head>>,
    spare_memory: Option<Memory>,
}

#[derive(Debug, Default, Clone)]
enum Phase {
    #[default]
    New,
    /// Between the two halves of a start: hooks are running.
    Starting,
    Started,
    /// A start was refused: the app cannot go on without a restart (S1).
    Refused(StartError),
    Committed,
    /// Started again after commit: the response is aborted (S2).
    Aborted,
}

/// Where an exchange is, as the gateway sees it while it waits.
#[derive(Debug)]
pub(crate) enum State {
    NotStarted,
    Started { status: StatusCode, flush: bool },
    Refused(StartError),
}

/// What the gateway learns at the commit, besides the head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    /// The declared Content-Length.
    pub(crate) length: Option<u64>,
    pub(crate) close_connection: bool,
}

impl Exchange {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Slot> {
        // A panic elsewhere must not become a second one here.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// First half of a start: takes the head, with a recycled header map, to fill.
    #[inline]
    pub(crate) fn begin_start(&self) -> Result<Attempt, StartError> {
        let mut slot = self.lock();
        match slot.phase {
            Phase::New => Ok(attempt(&mut slot)),
            Phase::Committed | Phase::Aborted => {
                abort(slot);
                Err(StartError::committed())
            }
            _ => {
                let error = StartError::already_started();
                slot.phase = Phase::Refused(error.clone());
                // The body may be pending, and nothing else will tell the gateway.
                wake(slot);
                Err(error)
            }
        }
    }

    /// First half of a restart: drops the head there was.
    pub(crate) fn begin_restart(&self) -> Result<Attempt, StartError> {
        let mut slot = self.lock();
        if matches!(slot.phase, Phase::Committed | Phase::Aborted) {
            abort(slot);
            return Err(StartError::committed());
        }
        let mut attempt = attempt(&mut slot);
        // Outside of the lock, as wherever headers are dropped: their bytes may have an owner of the
        // app's, whose destructor may ask for the exchange.
        drop(slot);
        attempt.head.headers.clear();
        Ok(attempt)
    }

    /// Second half of a start or restart: the head is what will be sent.
    #[inline]
    pub(crate) fn end_start(&self, attempt: Attempt) -> Result<(), StartError> {
        let mut slot = self.lock();
        if !slot.expects(&attempt) {
            return Err(too_late(slot));
        }
        slot.head = Some(attempt.head);
        slot.phase = Phase::Started;
        wake(slot);
        Ok(())
    }

    /// Second half of a start or restart whose head is refused.
    pub(crate) fn refuse_start(
        &self,
        mut attempt: Attempt,
        error: StartError,
    ) -> Result<(), StartError> {
        attempt.head.clear();
        let mut slot = self.lock();
        if !slot.expects(&attempt) {
            return Err(too_late(slot));
        }
        slot.head = Some(attempt.head);
        slot.phase = Phase::Refused(error.clone());
        wake(slot);
        Err(error)
    }

    pub(crate) fn flush(&self) {
        let mut slot = self.lock();
        slot.flush = true;
        wake(slot);
    }

    pub(crate) fn close_connection(&self) {
        self.lock().close_connection = true;
    }

    /// Adds typed values to the response. Values that are replaced are dropped outside of the lock,
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
        !matches!(self.lock().phase, Phase::New)
    }

    pub(crate) fn is_committed(&self) -> bool {
        matches!(self.lock().phase, Phase::Committed | Phase::Aborted)
    }

    /// Where the exchange is; the task is woken when that changes.
    pub(crate) fn state(&self, cx: &Context<'_>) -> State {
        let mut slot = self.lock();
        let replaced = register(&mut slot.gateway, cx);
        let state = match &slot.phase {
            Phase::Refused(error) => State::Refused(error.clone()),
            Phase::New | Phase::Starting => State::NotStarted,
            _ => State::Started {
                status: slot
                    .head
                    .as_ref()
                    .map(|head| head.status)
                    .unwrap_or_default(),
                flush: slot.flush,
            },
        };
        drop(slot);
        drop(replaced);
        state
    }

    /// Commits: puts the head into the response, and from now on a start aborts.
    #[inline]
    pub(crate) fn commit<B>(&self, response: &mut Response<B>) -> Result<Committed, StartError> {
        let mut slot = self.lock();
        match std::mem::replace(&mut slot.phase, Phase::Committed) {
            Phase::Started => {}
            Phase::Refused(error) => return Err(error),
            _ => return Err(StartError::not_started()),
        }
        let close_connection = slot.close_connection;
        let Some(head) = &mut slot.head else {
            return Err(StartError::not_started());
        };
        *response.status_mut() = head.status;
        let length = head.length;
        // Swapped, not moved: neither side has an empty map to drop.
        std::mem::swap(response.headers_mut(), &mut head.headers);
        std::mem::swap(response.extensions_mut(), &mut slot.extensions);
        Ok(Committed {
            length,
            close_connection,
        })
    }

    /// Gives up the head that the app made, or did not make: an error is answered in its place. What
    /// is left of it is an empty map with some room, for the answer. Tells whether the app wished
    /// the connection to close.
    pub(crate) fn abandon(&self, headers: &mut HeaderMap) -> bool {
        let mut slot = self.lock();
        if let Some(head) = &mut slot.head {
            std::mem::swap(headers, &mut head.headers);
        }
        let close_connection = slot.close_connection;
        drop(slot);
        if !headers.is_empty() {
            headers.clear();
        }
        close_connection
    }

    /// True if the app started again after commit; `cx` is woken when it does.
    pub(crate) fn is_aborted(&self, cx: &Context<'_>) -> bool {
        let mut slot = self.lock();
        let replaced = register(&mut slot.gateway, cx);
        let is_aborted = matches!(slot.phase, Phase::Aborted);
        drop(slot);
        drop(replaced);
        is_aborted
    }

    /// True if no start has come through so far: for the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn lacks_head(&self) -> bool {
        matches!(self.lock().phase, Phase::New | Phase::Starting)
    }

    /// The refusal that the exchange ended in, or that aborted it: for the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn refusal(&self) -> Option<StartError> {
        match &self.lock().phase {
            Phase::Refused(error) => Some(error.clone()),
            Phase::Aborted => Some(StartError::committed()),
            _ => None,
        }
    }

    /// Ends the exchange for those who watch it.
    pub(crate) fn close(&self) {
        let mut slot = self.lock();
        slot.over = true;
        // Whatever was sent, a handle that was kept comes too late.
        slot.phase = Phase::Committed;
        let gateway = slot.gateway.take();
        let watchers = std::mem::take(&mut slot.watchers);
        drop(slot);
        // It may be all that is left of a task that holds a handle.
        drop(gateway);
        watchers.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

/// Opens a start or restart, and takes the head for it.
#[inline]
fn attempt(slot: &mut Slot) -> Attempt {
    slot.phase = Phase::Starting;
    slot.attempts = slot.attempts.wrapping_add(1);
    Attempt {
        nth: slot.attempts,
        head: slot.head.take().unwrap_or_default(),
    }
}

impl Slot {
    /// Whether an attempt still counts when it ends: another handle may have come between its two
    /// halves. A second start has refused them both by now; a restart has replaced this one, and
    /// what it made of the exchange stays.
    #[inline]
    fn expects(&self, attempt: &Attempt) -> bool {
        self.attempts == attempt.nth && matches!(self.phase, Phase::Starting)
    }
}

/// What is said to an attempt that does not count.
#[cold]
fn too_late(slot: MutexGuard<'_, Slot>) -> StartError {
    if matches!(slot.phase, Phase::Committed | Phase::Aborted) {
        abort(slot);
        return StartError::committed();
    }
    StartError::already_started()
}

/// Leaves word whom to wake, and gives the one that was replaced, to be dropped outside of the lock:
/// it may be all that is left of a task that holds a handle.
#[must_use]
fn register(waker: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    match waker {
        Some(known) if known.will_wake(cx.waker()) => None,
        waker => waker.replace(cx.waker().clone()),
    }
}

fn abort(mut slot: MutexGuard<'_, Slot>) {
    slot.phase = Phase::Aborted;
    wake(slot);
}

/// Wakes the gateway, outside of the lock.
#[inline]
fn wake(mut slot: MutexGuard<'_, Slot>) {
    let waker = slot.gateway.take();
    drop(slot);
    if let Some(waker) = waker {
        waker.wake();
    }
}
