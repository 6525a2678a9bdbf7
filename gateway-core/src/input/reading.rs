//! `Reading`: a request's body that has bytes, while it is read: held to its declared length and to
//! a limit.

use std::fmt;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};

use super::InputError;
use crate::body::Frames;
use crate::error::Error;
use crate::exchange::UnreadMark;

/// After this many empty chunks in a row, the input lets other tasks run.
const EMPTY_CHUNKS: u32 = 32;

/// What there is to read, and how far it was read.
pub(super) struct Reading {
    source: Source,
    /// What is left of the declared length.
    remaining: Option<u64>,
    /// How many bytes may still be read, and the limit.
    allowance: Option<Allowance>,
    trailers: Option<Box<HeaderMap>>,
    /// The `Stream` has returned its error, and is over.
    is_error_given: bool,
    // Dropped after the frames: when the mark is seen, the host knows that the frames are gone.
    mark: Option<UnreadMark>,
}

enum Source {
    /// The end was read.
    Ended,
    Full(Bytes),
    Stream(Frames),
    Failed(InputError),
}

#[derive(Clone, Copy)]
struct Allowance {
    limit: u64,
    left: u64,
}

impl Reading {
    /// A body in memory.
    pub(super) fn full(bytes: Bytes) -> Self {
        Self::new(Source::Full(bytes))
    }

    /// A body that arrives.
    pub(super) fn stream(frames: Frames) -> Self {
        Self::new(Source::Stream(frames))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            remaining: None,
            allowance: None,
            trailers: None,
            is_error_given: false,
            mark: None,
        }
    }

    /// True if there is something to hold to a declared length.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.source, Source::Stream(_) | Source::Full(_))
    }

    /// Sets a mark, if the body arrives.
    pub(super) fn set_mark(&mut self, mark: impl FnOnce() -> UnreadMark) {
        if matches!(self.source, Source::Stream(_)) {
            self.mark = Some(mark());
        }
    }

    pub(super) fn declare(&mut self, length: Option<u64>) {
        self.remaining = length;
    }

    /// Puts a watcher around the frames. False if there are none.
    #[cfg(feature = "lint")]
    pub(super) fn watch(&mut self, watcher: impl FnOnce(Frames, Option<u64>) -> Frames) -> bool {
        let (source, is_stream) = match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Stream(frames) => (Source::Stream(watcher(frames, self.remaining)), true),
            source => (source, false),
        };
        self.source = source;
        is_stream
    }

    pub(super) fn limit(&mut self, limit: u64) {
        if self
            .allowance
            .is_none_or(|allowance| limit < allowance.left)
        {
            self.allowance = Some(Allowance { limit, left: limit });
        }
    }

    pub(super) fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_deref()
    }

    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, InputError>>> {
        for _ in 0..EMPTY_CHUNKS {
            let frame = match &mut self.source {
                // A buffered body may be shorter than declared (I3).
                Source::Ended => None,
                Source::Failed(error) => return Poll::Ready(Some(Err(error.clone()))),
                Source::Full(bytes) => {
                    let bytes = std::mem::take(bytes);
                    self.source = Source::Ended;
                    Some(Ok(Frame::data(bytes)))
                }
                Source::Stream(frames) => {
                    let frame = ready!(frames.as_mut().poll_frame(cx));
                    if (frame.is_none() || frames.is_end_stream())
                        && let Some(mark) = self.mark.take()
                    {
                        mark.end();
                    }
                    frame
                }
            };
            match self.admit(frame) {
                Ok(None) => {
                    self.source = Source::Ended;
                    return Poll::Ready(None);
                }
                Ok(Some(bytes)) if bytes.is_empty() => {}
                Ok(Some(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Err(error) => {
                    self.source = Source::Failed(error.clone());
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Checks a frame against the declared length and the limit; `None` is the end.
    fn admit(
        &mut self,
        frame: Option<Result<Frame<Bytes>, Error>>,
    ) -> Result<Option<Bytes>, InputError> {
        let frame = match frame {
            Some(frame) => frame.map_err(|error| InputError::transport(error.into_boxed()))?,
            None => return self.end(),
        };
        let mut data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                // I7: trailers are the last frame.
                self.trailers = frame.into_trailers().ok().map(Box::new);
                return self.end();
            }
        };
        if let Some(left) = &mut self.remaining {
            if *left == 0 && !data.is_empty() {
                return Ok(None);
            }
            // I1: bytes after the declared length are not part of this request.
            data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= data.len() as u64;
        }
        if let Some(allowance) = &mut self.allowance {
            allowance.left = allowance
                .left
                .checked_sub(data.len() as u64)
                .ok_or_else(|| InputError::too_large(allowance.limit))?;
        }
        Ok(Some(data))
    }

    /// Ends the frames. If bytes of the declared length are missing, that is an error (I3).
    fn end(&self) -> Result<Option<Bytes>, InputError> {
        if self.remaining.is_some_and(|left| left > 0) {
            return Err(InputError::incomplete());
        }
        Ok(None)
    }

    /// As [`poll_chunk`](Self::poll_chunk), but after an error the stream ends, because a reader
    /// that skips errors would read forever.
    pub(super) fn poll_item(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, InputError>>> {
        if self.is_error_given {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_chunk(cx));
        self.is_error_given = matches!(item, Some(Err(_)));
        Poll::Ready(item)
    }

    /// The chunks, and then the trailers.
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InputError>>> {
        Poll::Ready(match ready!(self.poll_item(cx)) {
            Some(chunk) => Some(chunk.map(Frame::data)),
            None => self
                .trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(*trailers))),
        })
    }

    /// True if no frame follows.
    pub(super) fn is_end(&self) -> bool {
        matches!(self.source, Source::Ended) && self.trailers.is_none() && self.end().is_ok()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match (&self.source, self.remaining) {
            (Source::Failed(_), _) => SizeHint::default(),
            (_, Some(left)) => SizeHint::with_exact(left),
            (Source::Ended, None) => SizeHint::with_exact(0),
            (Source::Full(bytes), None) => SizeHint::with_exact(bytes.len() as u64),
            (Source::Stream(frames), None) => frames.size_hint(),
        }
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Ended => f.write_str("Input::Empty"),
            Source::Full(bytes) => write!(f, "Input::Full({} bytes)", bytes.len()),
            Source::Stream(_) => match self.remaining {
                Some(left) => write!(f, "Input::Stream({left} bytes left)"),
                None => f.write_str("Input::Stream"),
            },
            Source::Failed(error) => write!(f, "Input::Failed({error})"),
        }
    }
}
