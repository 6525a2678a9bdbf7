//! Waiting for the moment of the commit (B1).

use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;

use super::facts::Facts;
use super::fault::TooShort;
use super::source::{EMPTY_CHUNKS, Source};
use crate::body::Frames;
use crate::error::Error;
use crate::exchange::{Exchange, State};
use crate::panicked::Panicked;
use crate::start_error::StartError;

/// A stream that is asked until its head can be committed.
pub(super) struct Peeked {
    pub(super) frames: Source,
    /// The whole length, where it is known.
    pub(super) length: Option<u64>,
    /// The app asked for a flush.
    pub(super) flush: bool,
}

pub(super) enum Peek {
    /// With its first frame, if it came to that.
    Committable(Option<Frame<Bytes>>),
    Ended,
}

impl Peeked {
    /// A stream that was not asked yet.
    ///
    /// # Errors
    ///
    /// When the body panics as it tells its length (B9).
    pub(super) fn new(frames: Frames, flush: bool) -> Result<Self, Panicked> {
        let frames = Source::new(frames);
        let length = frames.length()?;
        Ok(Self {
            frames,
            length,
            flush,
        })
    }

    /// Asks for frames until one commits, B1: the first non-empty one, the end, or, after a flush,
    /// the first moment with nothing ready. Where nothing of the body will be sent, the start is
    /// enough (B6).
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &Exchange,
        facts: Facts,
    ) -> Poll<Result<Peek, Error>> {
        if let State::Started { status, .. } = check(exchange.state(cx))?
            && facts.is_bodyless(status)
        {
            return Poll::Ready(Ok(Peek::Committable(None)));
        }
        for _ in 0..EMPTY_CHUNKS {
            let poll = self.frames.poll_frame(cx);
            let state = check(exchange.state(cx))?;
            let started = matches!(state, State::Started { .. });
            let is_bodyless =
                matches!(state, State::Started { status, .. } if facts.is_bodyless(status));
            self.flush |= matches!(state, State::Started { flush: true, .. });
            match poll {
                Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                    // B2: it commits nothing.
                    if is_bodyless {
                        return Poll::Ready(Ok(Peek::Committable(None)));
                    }
                }
                Poll::Ready(Some(Ok(_))) | Poll::Ready(None) if !started => {
                    return Poll::Ready(Err(StartError::not_started().into()));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    return Poll::Ready(Ok(Peek::Committable(Some(frame))));
                }
                Poll::Ready(None) => {
                    return Poll::Ready(match self.length {
                        // B5: its own word, which the head would pass on.
                        Some(declared @ 1..) if !is_bodyless => {
                            Err(TooShort { declared, sent: 0 }.into())
                        }
                        _ => Ok(Peek::Ended),
                    });
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if is_bodyless || (started && self.flush) {
                        return Poll::Ready(Ok(Peek::Committable(None)));
                    }
                    return Poll::Pending;
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A refused start ends the exchange, whatever the body has (S1).
fn check(state: State) -> Result<State, Error> {
    match state {
        State::Refused(error) => Err(error.into()),
        state => Ok(state),
    }
}
