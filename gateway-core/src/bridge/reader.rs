//! `Reader`: the other end of a bridge between threads, which the app holds. The `Input` of the app
//! reads from it.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame};

use super::slot::{Chunk, Slot, Stage, register};
use crate::error::BoxError;

/// The app's end of a bridge, as a stream of chunks: for the incoming half of an upgraded
/// stream, which is no [`Input`](crate::Input). Made by [`open_reader`](super::open_reader).
///
/// It is `Send`. After an error it ends. A read after the pump was dropped fails with
/// [`Abandoned`].
#[must_use = "a reader does nothing until it is polled"]
pub struct Reader(Slot);

impl Reader {
    pub(super) fn new(slot: Slot) -> Self {
        Self(slot)
    }

    fn poll_chunk(&self, cx: &Context<'_>) -> Poll<Option<Chunk>> {
        let mut state = self.0.lock();
        state.is_news = false;
        if let Some(chunk) = state.chunk.take() {
            return Poll::Ready(Some(chunk));
        }
        match state.stage {
            Stage::Open => {}
            Stage::Ended => return Poll::Ready(None),
            Stage::Abandoned => return Poll::Ready(Some(Err(Abandoned(()).into()))),
        }
        let replaced = register(&mut state.reader, cx);
        // Only a new wish wakes the pump. A pump that knows of the wish already waits for the
        // payload. Waking it again would make a task spin that polls this reader under a waker of
        // its own.
        let is_new = !std::mem::replace(&mut state.wish, true);
        let pump = if is_new && !state.attending {
            state.pump.take()
        } else {
            None
        };
        drop(state);
        drop(replaced);
        if let Some(pump) = pump {
            pump.wake();
        }
        Poll::Pending
    }
}

impl Stream for Reader {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}

impl HttpBody for Reader {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.poll_chunk(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.wish = false;
        let reader = state.reader.take();
        let chunk = state.chunk.take();
        drop(state);
        drop((reader, chunk));
    }
}

/// The error of a read after the pump was dropped: the exchange was over before the app had read
/// everything. It is the source of the [`InputError`](crate::InputError).
#[derive(Debug)]
pub struct Abandoned(());

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the exchange is over; the rest of the request body is not read")
    }
}

impl StdError for Abandoned {}
