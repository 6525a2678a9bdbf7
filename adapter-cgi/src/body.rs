//! The body of a request: a place for one chunk, between the connection and the app.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tokio::time::{Sleep, sleep};

use crate::times::timed_out;

/// The connection's side. Dropped before the end, it cuts the body short.
pub(crate) struct Feeder(Arc<Slot>);

/// The app's side.
pub(crate) struct RequestBody {
    slot: Arc<Slot>,
    /// How long a read may wait.
    timeout: Option<Duration>,
    /// Runs while a read waits.
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
struct Slot(Mutex<State>);

#[derive(Default)]
struct State {
    chunk: Option<Bytes>,
    end: Option<End>,
    /// The app waits for a chunk.
    is_wanted: bool,
    /// The app has let its body go.
    is_dropped: bool,
    reader: Option<Waker>,
    feeder: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
}

/// The two sides. A read that waits longer than the `timeout` fails.
pub(crate) fn slot(timeout: Option<Duration>) -> (Feeder, RequestBody) {
    let slot = Arc::<Slot>::default();
    let body = RequestBody {
        slot: slot.clone(),
        timeout,
        timer: None,
    };
    (Feeder(slot), body)
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not become a second one here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the reader outside of the lock.
    fn tell_reader(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Feeder {
    /// Hands a chunk over, as soon as the one before it is taken (B3). False if nobody reads any
    /// more.
    pub(crate) async fn give(&self, chunk: Bytes) -> bool {
        if !self.has_room().await {
            return false;
        }
        self.0.tell_reader(|state| state.chunk = Some(chunk));
        true
    }

    /// Waits until the app asks for a chunk. False if nobody reads any more.
    pub(crate) async fn is_wanted(&self) -> bool {
        self.wait(|state| state.is_wanted && state.chunk.is_none())
            .await
    }

    async fn has_room(&self) -> bool {
        self.wait(|state| state.chunk.is_none()).await
    }

    async fn wait(&self, is_met: impl Fn(&State) -> bool) -> bool {
        poll_fn(|cx| {
            let mut state = self.0.lock();
            if state.is_dropped || is_met(&state) {
                return Poll::Ready(!state.is_dropped);
            }
            let replaced = state.feeder.replace(cx.waker().clone());
            drop(state);
            drop(replaced);
            Poll::Pending
        })
        .await
    }

    /// The body is whole.
    pub(crate) fn end(&self) {
        self.ends(End::Whole);
    }

    fn ends(&self, end: End) {
        self.0.tell_reader(|state| {
            state.end.get_or_insert(end);
        });
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.ends(End::Cut);
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let mut state = this.slot.lock();
        let polled = match (state.chunk.take(), state.end) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (None, Some(End::Whole)) => Poll::Ready(None),
            (None, Some(End::Cut)) => Poll::Ready(Some(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the request ended before its body",
            )))),
            (None, None) => {
                let replaced = state.reader.replace(cx.waker().clone());
                state.is_wanted = true;
                let feeder = state.feeder.take();
                drop(state);
                drop(replaced);
                if let Some(feeder) = feeder {
                    feeder.wake();
                }
                let Some(timeout) = this.timeout else {
                    return Poll::Pending;
                };
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
                ready!(timer.as_mut().poll(cx));
                return Poll::Ready(Some(Err(timed_out("the request body stalled"))));
            }
        };
        state.is_wanted = false;
        let feeder = state.feeder.take();
        drop(state);
        this.timer = None;
        if let Some(feeder) = feeder {
            feeder.wake();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let state = self.slot.lock();
        state.chunk.is_none() && state.end == Some(End::Whole)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let mut state = self.slot.lock();
        state.is_dropped = true;
        let (chunk, feeder) = (state.chunk.take(), state.feeder.take());
        drop(state);
        drop(chunk);
        if let Some(feeder) = feeder {
            feeder.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use gateway_core::Input;

    use super::slot;

    #[tokio::test]
    async fn i3_a_feeder_that_is_dropped_cuts_the_body_short() {
        let (feeder, body) = slot(None);
        let mut input = Input::new(body);
        assert!(feeder.give(Bytes::from("abc")).await);
        drop(feeder);
        assert_eq!(input.chunk().await.unwrap().unwrap(), "abc");
        assert!(input.chunk().await.unwrap_err().is_transport());
    }

    #[tokio::test]
    async fn b3_a_chunk_waits_for_the_one_before_it() {
        let (feeder, body) = slot(None);
        let mut input = Input::new(body);
        assert!(feeder.give(Bytes::from("a")).await);
        let second = tokio::spawn(async move {
            assert!(feeder.give(Bytes::from("b")).await);
            feeder.end();
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        assert_eq!(input.bytes(9).await.unwrap(), "ab");
        second.await.unwrap();
    }

    #[tokio::test]
    async fn i5_nobody_is_waited_for_who_has_let_the_body_go() {
        let (feeder, body) = slot(None);
        assert!(feeder.give(Bytes::from("a")).await);
        drop(body);
        assert!(!feeder.give(Bytes::from("b")).await);
        assert!(!feeder.is_wanted().await);
    }
}
