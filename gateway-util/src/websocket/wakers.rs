//! One waker for all who use a socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// Who waits for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The future of `run`.
    Keeper,
    Receiver,
    Sender,
}

/// The wakers of those who wait. What the stream and the timers wake is this, so that it does not matter
/// who of them has polled last.
#[derive(Default)]
pub(super) struct Wakers(Mutex<[Option<Waker>; 3]>);

impl Wakers {
    pub(super) fn register(&self, role: Role, waker: &Waker) {
        let mut wakers = self.lock();
        let Some(place) = wakers.get_mut(role as usize) else {
            return;
        };
        if !place.as_ref().is_some_and(|known| known.will_wake(waker)) {
            let replaced = place.replace(waker.clone());
            // A waker is dropped outside of the lock: it may be all that is left of a task.
            drop(wakers);
            drop(replaced);
        }
    }

    /// Wakes the keeper, unless it is polled together with who calls.
    pub(super) fn wake_keeper(&self, caller: &Waker) {
        let keeper = self.lock().first().cloned().flatten();
        if let Some(keeper) = keeper.filter(|keeper| !keeper.will_wake(caller)) {
            keeper.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Option<Waker>; 3]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakers = self.lock().clone();
        let mut woken: Option<&Waker> = None;
        for waker in wakers.iter().flatten() {
            // Nearly always all of them are one task.
            if !woken.is_some_and(|known| known.will_wake(waker)) {
                waker.wake_by_ref();
            }
            woken = Some(waker);
        }
    }
}
