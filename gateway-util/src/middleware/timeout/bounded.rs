//! A body that a timer drops when its time is over.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::{Late, Span};

/// A body in a slot that a timer can empty.
pub(super) struct Bounded {
    slot: Arc<Slot>,
    span: Span,
    timer: Option<AbortHandle>,
}

struct Slot {
    late: Late,
    state: Mutex<State>,
}

struct State {
    /// Taken when the time is over, or at the end.
    body: Option<Body>,
    deadline: Instant,
    /// The time is no longer limited.
    is_free: bool,
    is_late: bool,
    /// The last waker that polled the body.
    waker: Option<Waker>,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of the body leaves a valid state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the timer must do now: wait until a moment, or stop.
    fn look(&self, span: Span) -> Option<Instant> {
        let mut state = self.state();
        // The head may have been sent without a chunk, by an early commit.
        state.is_free |= span == Span::Head && self.late.is_committed();
        if state.is_free || state.body.is_none() {
            return None;
        }
        if Instant::now() < state.deadline {
            return Some(state.deadline);
        }
        state.is_late = true;
        let body = state.body.take();
        let waker = state.waker.take();
        // The body's destructor may ask for the slot.
        drop(state);
        drop(body);
        // The host may wait for a client that does not read, and not poll the body.
        self.late.start_response.abort(self.late.error());
        if let Some(waker) = waker {
            waker.wake();
        }
        None
    }
}

impl Bounded {
    pub(super) fn new(
        runtime: &Handle,
        body: Body,
        deadline: Instant,
        span: Span,
        late: Late,
    ) -> Self {
        let slot = Arc::new(Slot {
            late,
            state: Mutex::new(State {
                body: Some(body),
                deadline,
                is_free: false,
                is_late: false,
                waker: None,
            }),
        });
        let watched = slot.clone();
        let timer = runtime.spawn(async move {
            while let Some(deadline) = watched.look(span) {
                sleep_until(deadline).await;
            }
        });
        Self {
            slot,
            span,
            timer: Some(timer.abort_handle()),
        }
    }

    /// The time is no longer limited.
    fn stop(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.abort();
        }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let mut state = this.slot.state();
        if std::mem::take(&mut state.is_late) {
            drop(state);
            this.stop();
            return Poll::Ready(Some(Err(this.slot.late.error())));
        }
        let Some(body) = &mut state.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        match &polled {
            Poll::Pending => {
                let is_known = state
                    .waker
                    .as_ref()
                    .is_some_and(|waker| waker.will_wake(cx.waker()));
                if !is_known {
                    state.waker = Some(cx.waker().clone());
                }
                return polled;
            }
            Poll::Ready(None | Some(Err(_))) => {
                let body = state.body.take();
                drop(state);
                drop(body);
                this.stop();
                return polled;
            }
            Poll::Ready(Some(Ok(_))) => {}
        }
        match this.span {
            Span::Whole => {}
            Span::Head => {
                state.is_free = true;
                drop(state);
                this.stop();
            }
            Span::Chunk => {
                // A time that no clock can reach is no limit.
                if let Some(end) = Instant::now().checked_add(this.slot.late.duration) {
                    state.deadline = end;
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let state = self.slot.state();
        !state.is_late && state.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.slot.state().body {
            Some(body) => body.size_hint(),
            None => SizeHint::default(),
        }
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        self.stop();
        // The timer's task may hold the slot for another moment (L1).
        let body = self.slot.state().body.take();
        drop(body);
    }
}
