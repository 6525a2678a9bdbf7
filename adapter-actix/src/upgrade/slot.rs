//! `Slot`: the buffer of outgoing bytes between the app's task and actix.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

/// How many bytes may wait for actix.
const ROOM: usize = 64 * 1024;

/// A buffer for outgoing bytes. Clones are handles of the same buffer.
///
/// The host is woken when bytes are written into the empty buffer, and at its end. The writer is
/// woken when the full buffer was taken.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    stage: Stage,
    writer: Option<Waker>,
    host: Option<Waker>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Stage {
    #[default]
    Open,
    /// The app writes no more.
    Ended,
    /// The app's part has failed.
    Failed,
    /// The host sends no more.
    Gone,
}

/// The next step of the host.
#[derive(Debug, PartialEq)]
pub(super) enum Outgoing {
    /// Send these.
    Bytes(Bytes),
    /// End the stream.
    End,
    /// Abort the connection.
    Abort,
}

impl Slot {
    /// Takes some of the bytes.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        if state.stage != Stage::Open {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = ROOM.saturating_sub(state.bytes.len());
        if room == 0 {
            let replaced = register(&mut state.writer, cx);
            drop(state);
            drop(replaced);
            return Poll::Pending;
        }
        let taken = bytes.get(..room).unwrap_or(bytes);
        let host = if state.bytes.is_empty() {
            // Most often nothing is added before actix takes it: room for more would be a second
            // allocation in `Bytes`.
            state.bytes = taken.to_vec();
            state.host.take()
        } else {
            state.bytes.extend_from_slice(taken);
            None
        };
        drop(state);
        wake(host);
        Poll::Ready(Ok(taken.len()))
    }

    /// Fails if there are written bytes that the host will not send. The host sends them without a
    /// flush.
    pub(super) fn flush(&self) -> io::Result<()> {
        match self.lock().stage {
            Stage::Gone => Err(io::ErrorKind::BrokenPipe.into()),
            Stage::Open | Stage::Ended | Stage::Failed => Ok(()),
        }
    }

    /// The app writes no more.
    pub(super) fn end(&self) {
        self.leave(Stage::Ended);
    }

    /// The app's part has failed.
    pub(super) fn fail(&self) {
        self.leave(Stage::Failed);
    }

    fn leave(&self, stage: Stage) {
        let mut state = self.lock();
        let is_news = match state.stage {
            Stage::Open => true,
            Stage::Ended => stage == Stage::Failed,
            Stage::Failed | Stage::Gone => false,
        };
        if !is_news {
            return;
        }
        state.stage = stage;
        let (host, writer) = (state.host.take(), state.writer.take());
        drop(state);
        wake(host);
        wake(writer);
    }

    /// What the host has to do next.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Outgoing> {
        let mut state = self.lock();
        if !state.bytes.is_empty() {
            // The allocation is given away, so that a silent stream keeps none.
            let bytes = std::mem::take(&mut state.bytes).into();
            let writer = state.writer.take();
            drop(state);
            wake(writer);
            return Poll::Ready(Outgoing::Bytes(bytes));
        }
        match state.stage {
            Stage::Open => {
                let replaced = register(&mut state.host, cx);
                drop(state);
                drop(replaced);
                Poll::Pending
            }
            Stage::Ended | Stage::Gone => Poll::Ready(Outgoing::End),
            Stage::Failed => Poll::Ready(Outgoing::Abort),
        }
    }

    /// The host sends no more.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.stage = Stage::Gone;
        let unsent = std::mem::take(&mut state.bytes);
        let (host, writer) = (state.host.take(), state.writer.take());
        drop(state);
        drop((unsent, host));
        wake(writer);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Registers the waker and returns the old one. The caller drops it after unlocking, because it
/// may own a task whose destructor uses the slot.
#[must_use]
fn register(place: &mut Option<Waker>, cx: &Context<'_>) -> Option<Waker> {
    match place {
        Some(known) if known.will_wake(cx.waker()) => None,
        place => place.replace(cx.waker().clone()),
    }
}

/// Wakes outside the lock.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Two sides that count how often they are woken.
    fn sides() -> (Arc<Count>, Waker, Arc<Count>, Waker) {
        let (app, host) = (Arc::<Count>::default(), Arc::<Count>::default());
        (app.clone(), app.into(), host.clone(), host.into())
    }

    fn woken(count: &Count) -> u32 {
        count.0.swap(0, Ordering::Relaxed)
    }

    #[test]
    fn u16_no_more_than_the_room_is_taken() {
        let slot = Slot::default();
        let (app, app_waker, host, host_waker) = sides();
        let mut app_cx = Context::from_waker(&app_waker);
        let mut host_cx = Context::from_waker(&host_waker);
        let much = vec![b'x'; ROOM + 1];

        assert!(slot.poll_take(&mut host_cx).is_pending());
        let Poll::Ready(Ok(ROOM)) = slot.poll_write(&mut app_cx, &much) else {
            unreachable!("the room is empty");
        };
        assert!(slot.poll_write(&mut app_cx, b"y").is_pending());
        assert_eq!((woken(&app), woken(&host)), (0, 1));

        let taken = slot.poll_take(&mut host_cx);
        assert_eq!(taken, Poll::Ready(Outgoing::Bytes(vec![b'x'; ROOM].into())));
        assert_eq!((woken(&app), woken(&host)), (1, 0));
        assert!(slot.poll_write(&mut app_cx, b"y").is_ready());
    }

    #[test]
    fn the_host_is_woken_once_for_many_writes() {
        let slot = Slot::default();
        let (_, app_waker, host, host_waker) = sides();
        let mut app_cx = Context::from_waker(&app_waker);
        assert!(
            slot.poll_take(&mut Context::from_waker(&host_waker))
                .is_pending()
        );
        for byte in [b"a", b"b", b"c"] {
            assert!(slot.poll_write(&mut app_cx, byte).is_ready());
        }
        assert_eq!(woken(&host), 1);
        let taken = slot.poll_take(&mut Context::from_waker(&host_waker));
        assert_eq!(taken, Poll::Ready(Outgoing::Bytes("abc".into())));
    }

    #[test]
    fn u8_what_was_written_comes_before_the_end() {
        for (fails, last) in [(false, Outgoing::End), (true, Outgoing::Abort)] {
            let slot = Slot::default();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(slot.poll_write(&mut cx, b"bye").is_ready());
            slot.end();
            if fails {
                slot.fail();
            }
            assert!(matches!(
                slot.poll_write(&mut cx, b"x"),
                Poll::Ready(Err(_))
            ));
            let bytes = Outgoing::Bytes("bye".into());
            assert_eq!(slot.poll_take(&mut cx), Poll::Ready(bytes));
            assert_eq!(slot.poll_take(&mut cx), Poll::Ready(last));
        }
    }

    #[test]
    fn a_writer_hears_that_the_host_has_gone() {
        let slot = Slot::default();
        let (app, app_waker, ..) = sides();
        let mut cx = Context::from_waker(&app_waker);
        assert!(slot.poll_write(&mut cx, &vec![b'x'; ROOM]).is_ready());
        assert!(slot.poll_write(&mut cx, b"x").is_pending());
        slot.abandon();
        assert_eq!(woken(&app), 1);
        assert!(matches!(
            slot.poll_write(&mut cx, b"x"),
            Poll::Ready(Err(_))
        ));
        assert!(slot.flush().is_err());
    }
}
