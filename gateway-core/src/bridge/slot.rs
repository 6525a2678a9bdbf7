//! `Slot`: what both ends of a bridge share: room for one chunk, and the wakers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;

use crate::error::BoxError;

/// A chunk of the payload, or the error that ended it.
pub(super) type Chunk = Result<Bytes, BoxError>;

/// The shared slot of a bridge.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    pub(super) chunk: Option<Chunk>,
    /// The reader waits for a chunk.
    pub(super) wish: bool,
    /// The reader has not looked since a chunk, or the end, was put here.
    pub(super) is_news: bool,
    /// The pump's owner is polling the app and polls the pump before it returns: a wish needs no
    /// wake-up.
    pub(super) attending: bool,
    pub(super) stage: Stage,
    pub(super) reader: Option<Waker>,
    pub(super) pump: Option<Waker>,
}

/// How far the payload was read.
#[derive(Default, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    #[default]
    Open,
    /// The payload was read to its end.
    Ended,
    /// The pump was dropped: nothing more comes.
    Abandoned,
}

impl State {
    /// True if the reader waits for a chunk that is not there.
    #[inline]
    pub(super) fn is_wished(&self) -> bool {
        self.wish && self.chunk.is_none()
    }
}

impl Slot {
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if the other end is there.
    #[inline]
    pub(super) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

/// Registers the waker and returns the old one. The caller drops it after unlocking, because it may
/// own a task whose destructor uses the bridge.
#[must_use]
#[inline]
pub(super) fn register(place: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    match place {
        // Saves a clone.
        Some(known) if known.will_wake(cx.waker()) => None,
        place => place.replace(cx.waker().clone()),
    }
}
