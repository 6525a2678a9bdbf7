//! `Alarm`: wakes a connection's task when there is something to look at beside hyper's own work: the
//! clock, the end of the server, an aborted response.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The waker of everything but hyper. hyper wakes the task itself, a few times for each request; a look at
/// the clock at each of them would cost more than the rest of the vigil.
#[derive(Debug)]
pub(super) struct Alarm {
    has_rung: AtomicBool,
    /// The task of the connection.
    task: Mutex<Option<Waker>>,
}

impl Alarm {
    pub(super) fn ring(&self) {
        self.has_rung.store(true, Ordering::Release);
        let task = self.task().clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// Ready if it has rung since the last time. `known` is the task that was registered last: with it,
    /// the same task costs no lock.
    pub(super) fn poll(&self, known: &mut Option<Waker>, cx: &Context<'_>) -> Poll<()> {
        if !known
            .as_ref()
            .is_some_and(|known| known.will_wake(cx.waker()))
        {
            *known = Some(cx.waker().clone());
            let replaced = self.task().replace(cx.waker().clone());
            drop(replaced);
        }
        // Asked after the task is registered, so that no ring is lost. Written only if it has rung.
        if self.has_rung.load(Ordering::Acquire) && self.has_rung.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn task(&self) -> MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It has rung: the first look starts the clock.
impl Default for Alarm {
    fn default() -> Self {
        Self {
            has_rung: AtomicBool::new(true),
            task: Mutex::default(),
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_seen_once_whoever_polls() {
        let alarm = Arc::new(Alarm::default());
        let task = Arc::new(Alarm::default());
        let waker = Waker::from(task.clone());
        let (mut known, cx) = (None, Context::from_waker(&waker));
        let mut nobody = None;
        assert!(
            task.poll(&mut nobody, &Context::from_waker(Waker::noop()))
                .is_ready()
        );

        // The first look, and a ring before anyone was registered.
        assert!(alarm.poll(&mut known, &cx).is_ready());
        assert!(alarm.poll(&mut known, &cx).is_pending());

        Waker::from(alarm.clone()).wake();
        assert!(
            task.poll(&mut nobody, &Context::from_waker(Waker::noop()))
                .is_ready()
        );
        assert!(alarm.poll(&mut known, &cx).is_ready());
        assert!(alarm.poll(&mut known, &cx).is_pending());

        // Another task takes the connection over.
        let other = Context::from_waker(Waker::noop());
        assert!(alarm.poll(&mut known, &other).is_pending());
        alarm.ring();
        assert!(task.poll(&mut nobody, &other).is_pending());
        assert!(alarm.poll(&mut known, &other).is_ready());
    }
}
