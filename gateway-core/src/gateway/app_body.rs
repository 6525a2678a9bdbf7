//! `AppBody`: the body that an app returned. Whoever polls it gets its panics as errors (B9).

use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;

use crate::body::{Frames, Running};
use crate::duplex::Duplex;
use crate::error::Error;
use crate::log;
use crate::panicked::{Panicked, catch};

/// After this many empty chunks in a row, the driver lets other tasks run.
pub(super) const EMPTY_CHUNKS: u32 = 32;

/// A body that an app returned. Its panics become errors, and a panic of its destructor is caught
/// (B9, L1). Dropping it closes the body.
pub(crate) struct AppBody(Option<Frames>);

impl AppBody {
    pub(super) fn new(frames: Frames) -> Self {
        Self(Some(frames))
    }

    /// The length, if the body knows it.
    pub(super) fn known_len(&self) -> Result<Option<u64>, Panicked> {
        match &self.0 {
            Some(frames) => catch(|| frames.size_hint().exact()),
            None => Ok(None),
        }
    }

    /// True if the body knows that nothing follows.
    pub(super) fn is_end(&self) -> bool {
        match &self.0 {
            Some(frames) => catch(|| frames.is_end_stream()).unwrap_or(false),
            None => true,
        }
    }

    /// The protocol that the body switches to.
    pub(super) fn protocol(&self) -> Option<&str> {
        Some(self.0.as_ref()?.switch()?.protocol())
    }

    /// Begins what the app does with the stream. `None` if the body has no switch, or it was begun.
    pub(super) fn begin(&mut self, stream: Duplex) -> Result<Option<Running>, Panicked> {
        let switch = self
            .0
            .as_mut()
            .and_then(|frames| frames.as_mut().switch_mut());
        match switch {
            Some(switch) => catch(|| switch.begin(stream)),
            None => Ok(None),
        }
    }

    /// The next frame, as the app gives it.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(frames) = &mut self.0 else {
            return Poll::Ready(None);
        };
        match catch(|| frames.as_mut().poll_frame(cx)) {
            Ok(poll) => poll,
            Err(panicked) => Poll::Ready(Some(Err(panicked.into()))),
        }
    }
}

impl Drop for AppBody {
    fn drop(&mut self) {
        let Some(frames) = self.0.take() else {
            return;
        };
        if let Err(panicked) = catch(|| drop(frames)) {
            log::error("L1", "closing the body", &panicked);
        }
    }
}
