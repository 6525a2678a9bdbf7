//! actix's payload, which is not `Send`, as the input of an app, which is.
//!
//! The payload stays with the adapter; reader and pump share one slot for one chunk. The pump is
//! polled by the adapter's own future and body, each time they have polled the app. There is no
//! task and no buffer beyond the chunk: a reader that does not ask stops the pump, which stops
//! actix's connection (B3's other half).

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{BoxError, Input};
use http_body::{Body as HttpBody, Frame};

/// How much of an unread body is read and dropped.
const DRAINED: usize = 64 * 1024;

/// What the two sides share.
#[derive(Default)]
struct Slot {
    chunk: Option<Result<Bytes, PayloadError>>,
    /// The reader waits for a chunk.
    want: bool,
    stage: Stage,
    reader: Option<Waker>,
    pump: Option<Waker>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Stage {
    #[default]
    Open,
    /// The payload was read to its end.
    Ended,
    /// The pump is gone: nothing comes any more.
    Abandoned,
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves word whom to wake.
fn register(place: &mut Option<Waker>, cx: &Context<'_>) {
    if !place
        .as_ref()
        .is_some_and(|waker| waker.will_wake(cx.waker()))
    {
        *place = Some(cx.waker().clone());
    }
}

/// The adapter's side: moves chunks from the payload to the reader, one when it is asked for.
pub(crate) struct Pump {
    payload: Payload,
    /// The length that the head declares.
    declared: Option<u64>,
    /// What is left to read, where the payload itself has no end.
    left: Option<u64>,
    ended: bool,
    slot: Arc<Mutex<Slot>>,
}

/// What a poll of the pump asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pumped {
    /// Nothing.
    Idle,
    /// To poll the app again: a reader in this very task has a chunk now.
    Delivered,
}

impl Pump {
    /// The two ends of a bridge. `declared` is the length in the head, `length` is for payloads that
    /// have no end of their own.
    pub(crate) fn new(
        payload: Payload,
        declared: Option<u64>,
        length: Option<u64>,
    ) -> (Input, Self) {
        let slot = Arc::<Mutex<Slot>>::default();
        let reader = Reader { slot: slot.clone() };
        let pump = Self {
            payload,
            declared,
            left: length,
            ended: false,
            slot,
        };
        (Input::new(reader), pump)
    }

    /// Reads the first chunk, if it is there, before anybody asks for it.
    pub(crate) fn read_ahead(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(item) = self.poll_payload(cx) {
            let mut slot = lock(&self.slot);
            slot.chunk = item;
            if self.ended {
                slot.stage = Stage::Ended;
            }
        }
    }

    /// Moves a chunk if the reader waits for one; else the reader will wake this task.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Pumped {
        if self.ended {
            return Pumped::Idle;
        }
        {
            // Registered before `want` is looked at, under one lock: no wish is missed.
            let mut slot = lock(&self.slot);
            register(&mut slot.pump, cx);
            if !slot.want || slot.chunk.is_some() {
                return Pumped::Idle;
            }
        }
        let Poll::Ready(item) = self.poll_payload(cx) else {
            return Pumped::Idle;
        };
        let mut slot = lock(&self.slot);
        slot.want = false;
        slot.chunk = item;
        if self.ended {
            slot.stage = Stage::Ended;
        }
        let Some(reader) = slot.reader.take() else {
            return Pumped::Idle;
        };
        drop(slot);
        if reader.will_wake(cx.waker()) {
            return Pumped::Delivered;
        }
        reader.wake();
        Pumped::Idle
    }

    fn poll_payload(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        loop {
            if self.ended || self.left == Some(0) {
                self.end();
                return Poll::Ready(None);
            }
            let item = std::task::ready!(Pin::new(&mut self.payload).poll_next(cx));
            match item {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                Some(Ok(mut chunk)) => {
                    if let Some(left) = &mut self.left {
                        chunk.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                        *left -= chunk.len() as u64;
                    }
                    return Poll::Ready(Some(Ok(chunk)));
                }
                other => {
                    self.end();
                    return Poll::Ready(other);
                }
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.payload = Payload::None;
    }

    /// True if all of the payload was read.
    pub(crate) fn is_over(&self) -> bool {
        self.ended
    }

    /// What to wait for before a response whose request body nobody will read (I5): nothing if it
    /// was read, or is too large to be dropped.
    pub(crate) fn drain(self) -> Option<Drain> {
        let is_small = self.declared.is_none_or(|length| length <= DRAINED as u64);
        (!self.ended && is_small).then_some(Drain {
            pump: self,
            budget: DRAINED,
            waited: false,
        })
    }

    /// True if the payload turned out to have nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.ended && lock(&self.slot).chunk.is_none()
    }

    /// True if somebody can still read.
    pub(crate) fn has_reader(&self) -> bool {
        Arc::strong_count(&self.slot) > 1
    }
}

/// Reads and drops an unread body that has arrived with its head (I5): actix would close the
/// connection because of it. What has not arrived is not waited for.
pub(crate) struct Drain {
    pump: Pump,
    budget: usize,
    waited: bool,
}

impl Drain {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_payload(cx).is_ready() || self.waited {
            return Poll::Ready(());
        }
        // actix polls a handler once before it decodes what lies behind the head.
        self.waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ready when the end or the budget is reached.
    fn poll_payload(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.budget > 0 && !self.pump.ended {
            match std::task::ready!(self.pump.poll_payload(cx)) {
                Some(Ok(chunk)) => self.budget = self.budget.saturating_sub(chunk.len()),
                Some(Err(_)) | None => break,
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let mut slot = lock(&self.slot);
        if slot.stage == Stage::Open {
            slot.stage = Stage::Abandoned;
        }
        slot.pump = None;
        let reader = slot.reader.take();
        drop(slot);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

/// The app's side.
struct Reader {
    slot: Arc<Mutex<Slot>>,
}

impl HttpBody for Reader {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut slot = lock(&self.slot);
        if let Some(chunk) = slot.chunk.take() {
            return Poll::Ready(Some(match chunk {
                Ok(chunk) => Ok(Frame::data(chunk)),
                Err(error) => Err(error.into()),
            }));
        }
        match slot.stage {
            Stage::Open => {}
            Stage::Ended => return Poll::Ready(None),
            Stage::Abandoned => return Poll::Ready(Some(Err(Abandoned.into()))),
        }
        register(&mut slot.reader, cx);
        slot.want = true;
        // In the adapter's own task the pump is polled as soon as the app has been: a wake would
        // only cost a turn.
        let pump = slot.pump.take_if(|pump| !pump.will_wake(cx.waker()));
        drop(slot);
        if let Some(pump) = pump {
            pump.wake();
        }
        Poll::Pending
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut slot = lock(&self.slot);
        slot.want = false;
        slot.reader = None;
        let chunk = slot.chunk.take();
        drop(slot);
        drop(chunk);
    }
}

/// The exchange ended before the reader had read everything.
#[derive(Debug)]
struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the exchange is over; the rest of the request body is not read")
    }
}

impl std::error::Error for Abandoned {}
