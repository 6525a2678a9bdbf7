//! `Pump`: one end of a bridge between threads, which the adapter holds. It reads the host's
//! request body when the app waits for a chunk.

use std::fmt;
use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

use super::reader::Reader;
use super::slot::{Slot, Stage, State, register};
use crate::error::BoxError;

/// After this many turns between the app and the payload, other tasks run.
const TURNS: u32 = 32;

/// After this many empty chunks in a row, other tasks run.
const EMPTY_CHUNKS: u32 = 32;

/// The host's end of a bridge: owns the payload, and moves a chunk to the reader when it waits for
/// one. Made by [`open`](super::open).
///
/// It is `Send` if the payload is. See [the module](super) for who polls and wakes whom.
#[must_use = "without a pump the input fails"]
pub struct Pump<S> {
    /// `None` after the end.
    payload: Option<S>,
    slot: Slot,
}

impl<S, E> Pump<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    pub(super) fn new(payload: S) -> (Reader, Self) {
        let slot = Slot::default();
        let reader = Reader::new(slot.clone());
        let pump = Self {
            payload: Some(payload),
            slot,
        };
        (reader, pump)
    }

    /// Polls the app and moves chunks for it, in turns, until the app is ready or nothing is left
    /// to do: the way to poll the gateway's future and the response's body.
    ///
    /// `poll` is called at least once, with the context of the host's task. It must not be called
    /// again after it was ready, and is not. If the app waits for a chunk, the payload is polled
    /// before it; and after it if the app then waits for another one, also when the app is ready: a
    /// reader in another task may wait for a chunk.
    ///
    /// After 32 turns the task is woken and other tasks run.
    #[inline]
    pub fn drive<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        for _ in 0..TURNS {
            if self.payload.is_none() {
                return poll(cx);
            }
            // A reader waits since an earlier call. If it is in this task, it is polled now.
            let is_payload_pending = self.attend() && self.fill(cx).is_none();
            let polled = poll(cx);
            if !self.look(cx) || is_payload_pending {
                return polled;
            }
            let Some(mut state) = self.fill(cx) else {
                return polled;
            };
            let reader = state.reader.take();
            drop(state);
            match reader {
                // Saves a turn of the executor.
                Some(reader) if polled.is_pending() && reader.will_wake(cx.waker()) => {}
                // It is elsewhere, or in a part of the app that did not make the app ready. A waker
                // that `will_wake` does not recognise is woken.
                Some(reader) => {
                    reader.wake();
                    return polled;
                }
                None => return polled,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads the first chunk, if it is there, before the app asks for it: for hosts that have a
    /// payload for every request, and know only by asking that it is empty (I1). Afterwards
    /// [`is_empty`](Self::is_empty) says so.
    ///
    /// `cx` may have a waker that does nothing, because the app asks again. This has no effect
    /// after a chunk was read.
    pub fn read_ahead(&mut self, cx: &mut Context<'_>) {
        if self.slot.lock().chunk.is_some() {
            return;
        }
        let _ = self.fill(cx);
    }

    /// Reads and drops what the app left unread, at most `budget` bytes (I5). Ready with `true` if
    /// the payload has ended without an error. Ready with `false` if the budget is spent or the
    /// payload has failed: then the connection cannot be used again.
    ///
    /// It waits for the payload. A host that does not want to wait polls once or twice and drops
    /// the rest.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>, budget: &mut usize) -> Poll<bool> {
        while self.payload.is_some() {
            match ready!(self.poll_payload(cx)) {
                Some(Ok(chunk)) if chunk.len() <= *budget => *budget -= chunk.len(),
                Some(Ok(_)) => {
                    *budget = 0;
                    return Poll::Ready(false);
                }
                Some(Err(_)) => return Poll::Ready(false),
                None => break,
            }
        }
        Poll::Ready(true)
    }

    /// Before the app is polled. True if a reader waits for a chunk.
    #[inline]
    fn attend(&self) -> bool {
        let mut state = self.slot.lock();
        state.attending = true;
        state.is_wished()
    }

    /// After the app was polled. True if a reader waits for a chunk. The waker is registered and the
    /// wish is read under one lock, so that no wish is missed.
    #[inline]
    fn look(&self, cx: &Context<'_>) -> bool {
        let mut state = self.slot.lock();
        state.attending = false;
        let replaced = register(&mut state.pump, cx);
        let is_wished = state.is_wished();
        // The poll has not reached the reader, so it is elsewhere.
        let reader = if std::mem::replace(&mut state.is_news, false) {
            state.reader.take()
        } else {
            None
        };
        drop(state);
        drop(replaced);
        if let Some(reader) = reader {
            reader.wake();
        }
        is_wished
    }

    /// Puts the next chunk, or the end, where the reader finds it. The reader is not woken. `None`
    /// if the payload has nothing yet; then it wakes this task.
    #[inline]
    fn fill(&mut self, cx: &mut Context<'_>) -> Option<MutexGuard<'_, State>> {
        let Poll::Ready(chunk) = self.poll_payload(cx) else {
            return None;
        };
        let mut state = self.slot.lock();
        state.wish = false;
        state.is_news = true;
        state.chunk = chunk;
        if self.payload.is_none() {
            state.stage = Stage::Ended;
        }
        Some(state)
    }

    /// The next chunk that has bytes. The payload is dropped at its end and after an error.
    fn poll_payload(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        for _ in 0..EMPTY_CHUNKS {
            let Some(payload) = &mut self.payload else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(payload).poll_next(cx)) {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                Some(Err(error)) => {
                    self.payload = None;
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    self.payload = None;
                    return Poll::Ready(None);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S> Pump<S> {
    /// True if the payload was read to its end, or has failed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.payload.is_none()
    }

    /// True if the payload turned out to have nothing to read: the input can be replaced with
    /// [`Input::empty`](crate::Input::empty).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_none() && self.slot.lock().chunk.is_none()
    }

    /// True if somebody can still read the input.
    #[must_use]
    pub fn has_reader(&self) -> bool {
        self.slot.is_shared()
    }
}

impl<S> Drop for Pump<S> {
    fn drop(&mut self) {
        let mut state = self.slot.lock();
        if state.stage == Stage::Open {
            state.stage = Stage::Abandoned;
        }
        let (pump, reader) = (state.pump.take(), state.reader.take());
        drop(state);
        drop(pump);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<S> fmt::Debug for Pump<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pump")
            .field("is_over", &self.is_over())
            .field("has_reader", &self.has_reader())
            .finish()
    }
}
