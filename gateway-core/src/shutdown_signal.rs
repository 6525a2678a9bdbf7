//! `ShutdownSignal`: tells apps with long exchanges that the server has begun to shut down.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::wakers::Wakers;

/// Says once that a server has begun to shut down (U12, L4).
///
/// A gateway has one ([`Gateway::shutdown_signal`](crate::Gateway::shutdown_signal)), and its server
/// calls [`begin`](Self::begin). Apps wait for it by [`Environ::closing`](crate::Environ::closing) and
/// [`Duplex::closing`](crate::Duplex::closing). Clones are handles of the same signal: several gateways
/// of one server share it by
/// [`Gateway::with_shutdown_signal`](crate::Gateway::with_shutdown_signal).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::ShutdownSignal;
///
/// let signal = ShutdownSignal::new();
/// let closing = signal.closing();
/// assert!(!closing.has_begun());
///
/// signal.begin();
/// assert!(closing.has_begun());
/// closing.await;
/// # });
/// ```
#[derive(Clone, Default)]
pub struct ShutdownSignal(Arc<Signal>);

#[derive(Default)]
struct Signal {
    has_begun: AtomicBool,
    /// The server is at its end, and drops what is unfinished.
    is_cutting: AtomicBool,
    waiting: Mutex<Wakers>,
}

impl ShutdownSignal {
    /// A signal that was not given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the signal: all who wait for it are woken. A second call has no effect.
    pub fn begin(&self) {
        self.0.has_begun.store(true, Ordering::Release);
        let waiting = std::mem::take(&mut *self.0.waiting());
        waiting.wake();
    }

    /// True if the signal was given.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.has_begun.load(Ordering::Acquire)
    }

    /// Resolves when the signal is given.
    pub fn closing(&self) -> Closing {
        Closing {
            signal: Some(self.clone()),
            place: None,
        }
    }

    /// True if both are one signal.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn begin_cutting(&self) {
        self.0.is_cutting.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_cutting(&self) -> bool {
        self.0.is_cutting.load(Ordering::Relaxed)
    }
}

impl Signal {
    fn waiting(&self) -> MutexGuard<'_, Wakers> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShutdownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownSignal")
            .field("has_begun", &self.has_begun())
            .finish()
    }
}

/// Resolves when the server begins to shut down; see [`Environ::closing`](crate::Environ::closing) and
/// [`Duplex::closing`](crate::Duplex::closing).
///
/// It owns what it needs, and may be moved to another task. Outside of a gateway it never resolves.
#[must_use = "a future does nothing until it is polled"]
#[derive(Default)]
pub struct Closing {
    /// `None` outside of a gateway.
    signal: Option<ShutdownSignal>,
    /// Its place among those who wait, once it was polled.
    place: Option<usize>,
}

impl Closing {
    /// True if the server has begun to shut down.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.signal.as_ref().is_some_and(ShutdownSignal::has_begun)
    }
}

/// The clone waits for the same signal.
impl Clone for Closing {
    fn clone(&self) -> Self {
        Self {
            signal: self.signal.clone(),
            place: None,
        }
    }
}

impl Future for Closing {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(ShutdownSignal(signal)) = &this.signal else {
            return Poll::Pending;
        };
        let mut waiting = signal.waiting();
        // Under the lock: `begin` sets it before it takes the wakers.
        if signal.has_begun.load(Ordering::Acquire) {
            this.place = None;
            return Poll::Ready(());
        }
        let replaced = waiting.register(&mut this.place, cx);
        drop(waiting);
        drop(replaced);
        Poll::Pending
    }
}

/// Removes the waker: an app may make a new future for every event that it sends.
impl Drop for Closing {
    fn drop(&mut self) {
        let (Some(ShutdownSignal(signal)), Some(place)) = (&self.signal, self.place) else {
            return;
        };
        let waker = signal.waiting().remove(place);
        drop(waker);
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing")
            .field("has_begun", &self.has_begun())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::AtomicU32;
    use std::task::{Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn u12_all_who_wait_are_woken_once() {
        let signal = ShutdownSignal::new();
        let count = Arc::<Count>::default();
        let waker = Waker::from(count.clone());
        let mut cx = Context::from_waker(&waker);
        let mut closing = [signal.closing(), signal.closing(), signal.closing()];
        for closing in &mut closing {
            assert!(Pin::new(&mut *closing).poll(&mut cx).is_pending());
            assert!(Pin::new(closing).poll(&mut cx).is_pending());
        }
        let [first, ..] = closing;
        drop(first);
        signal.begin();
        signal.begin();
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
        assert!(pin!(signal.closing()).poll(&mut cx).is_ready());
    }

    #[test]
    fn a_wait_outside_of_a_gateway_never_ends() {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(pin!(Closing::default()).poll(&mut cx).is_pending());
    }
}
