//! The first half of an exchange: from the call of the app to what can be committed.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame};

use super::Facts;
use super::catch_unwind::{CatchUnwind, catch};
use crate::app::App;
use crate::body::{Body, Frames, Repr};
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::{Exchange, State};
use crate::start_error::StartError;
use crate::start_response::StartResponse;

/// After so many empty chunks in a row the body lets others run.
pub(super) const EMPTY_CHUNKS: u32 = 32;

/// A body of an exchange that can be committed.
pub(crate) enum Ready {
    Empty,
    Full(Bytes),
    Stream(Peeked),
}

/// A stream, asked until its head can be committed.
pub(crate) struct Peeked {
    pub(super) frames: Frames,
    pub(super) first: Option<Frame<Bytes>>,
    /// The whole length, where it is known.
    pub(super) length: Option<u64>,
    /// The app asked for a flush.
    pub(super) flushed: bool,
}

/// Calls the app and asks its body until the head can be committed.
///
/// # Errors
///
/// Whatever ends the exchange with nothing sent: the app's error, the body's error before its first
/// chunk, a panic, a refused or missing start.
pub(crate) async fn run<A: App>(
    app: &A,
    environ: Environ,
    exchange: &Arc<Exchange>,
    facts: Facts,
) -> Result<Ready, Error> {
    let body = {
        let start_response = StartResponse::new(exchange.clone());
        // `call` itself is inside: it may panic before there is a future.
        let call = async move { app.call(environ, start_response).await };
        pin!(CatchUnwind::new(call)).await??
    };
    let (frames, flush) = match body.0 {
        Repr::Empty => return in_hand(exchange, Ready::Empty),
        Repr::Full(bytes) => return in_hand(exchange, Ready::Full(bytes)),
        Repr::Stream { frames, flush } => (frames, flush),
    };
    let length = frames.size_hint().exact();
    let mut stream = Peeked {
        frames,
        first: None,
        length,
        flushed: false,
    };
    let outcome = std::future::poll_fn(|cx| stream.poll_peek(cx, exchange, facts, flush)).await;
    match outcome {
        Ok(Peek::Ended) => {
            close(stream.frames);
            Ok(Ready::Empty)
        }
        Ok(Peek::Committable) => Ok(Ready::Stream(stream)),
        Err(error) => {
            close(stream.frames);
            Err(error)
        }
    }
}

/// Bytes in hand: the start must have come by now (S3).
fn in_hand(exchange: &Exchange, ready: Ready) -> Result<Ready, Error> {
    match exchange.state(None) {
        State::Started { .. } => Ok(ready),
        State::NotStarted => Err(StartError::not_started().into()),
        State::Refused(error) => Err(error.into()),
    }
}

/// Closes a body whose destructor may panic, like everything that is the app's.
pub(super) fn close(frames: Frames) {
    if let Err(panicked) = catch(|| drop(frames)) {
        crate::log::error("L1", "closing the body", &panicked);
    }
}

enum Peek {
    Committable,
    Ended,
}

impl Peeked {
    /// Asks for frames until one commits, B1: the first non-empty one, the end, or, after a flush,
    /// the first moment with nothing ready. Where nothing of the body will be sent, the start is
    /// enough (B6).
    fn poll_peek(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &Exchange,
        facts: Facts,
        flush: bool,
    ) -> Poll<Result<Peek, Error>> {
        if let State::Started { status, .. } = check(exchange.state(Some(cx)))?
            && facts.is_bodyless(status)
        {
            return Poll::Ready(Ok(Peek::Committable));
        }
        for _ in 0..EMPTY_CHUNKS {
            let poll = catch(|| self.frames.as_mut().poll_frame(cx))?;
            let state = check(exchange.state(Some(cx)))?;
            let started = matches!(state, State::Started { .. });
            let is_bodyless =
                matches!(state, State::Started { status, .. } if facts.is_bodyless(status));
            let flush = matches!(state, State::Started { flush, .. } if flush) || flush;
            self.flushed = flush;
            match poll {
                Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                    // B2: it commits nothing.
                    if is_bodyless {
                        return Poll::Ready(Ok(Peek::Committable));
                    }
                }
                Poll::Ready(Some(Ok(_))) | Poll::Ready(None) if !started => {
                    return Poll::Ready(Err(StartError::not_started().into()));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    self.first = Some(frame);
                    return Poll::Ready(Ok(Peek::Committable));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(Peek::Ended)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if is_bodyless || (started && flush) {
                        return Poll::Ready(Ok(Peek::Committable));
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

impl Ready {
    /// The length of the body, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.length,
        }
    }

    /// Drops the body.
    pub(super) fn close(self) {
        if let Self::Stream(stream) = self {
            close(stream.frames);
        }
    }

    /// The body as a value, for [`AppExt::respond`](crate::AppExt::respond).
    pub(crate) fn into_body(self, exchange: Arc<Exchange>) -> Body {
        match self {
            Self::Empty => Body::empty(),
            Self::Full(bytes) => Body::from(bytes),
            Self::Stream(stream) => {
                let flushed = stream.flushed;
                let streaming = super::Streaming::new(
                    stream,
                    None,
                    (exchange, Arc::default()),
                    super::Reporting::Silent,
                );
                let body = Body::boxed(streaming);
                if flushed { body.flush() } else { body }
            }
        }
    }
}
