//! One waker for all tasks that use a socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The tasks that can wait for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The future of `run`.
    Keeper,
    Receiver,
    Sender,
}

/// The wakers of the waiting tasks. The stream and the timers wake this one, so it does not matter
/// which of them has polled last.
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
            // A waker is dropped outside the lock, because it may be the last owner of a task.
            drop(wakers);
            drop(replaced);
        }
    }

    /// Wakes the keeper, unless it is polled together with the caller.
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
            // Most often all of them are one task.
            if !woken.is_some_and(|known| known.will_wake(waker)) {
                waker.wake_by_ref();
            }
            woken = Some(waker);
        }
    }
}
