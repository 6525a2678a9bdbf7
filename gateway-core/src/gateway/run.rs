//! The first half of an exchange: from the call of the app to what can be committed.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;

use super::Facts;
use super::catch_unwind::CatchUnwind;
use super::failure::TooShort;
use crate::app::App;
use crate::body::{Body, Frames, Repr};
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::{Exchange, State};
use crate::log;
use crate::panicked::{Panicked, catch};
use crate::start_error::StartError;
use crate::start_response::StartResponse;

/// After so many empty chunks in a row the body lets others run.
pub(super) const EMPTY_CHUNKS: u32 = 32;

/// A body of an exchange that can be committed.
pub(crate) enum Ready {
    /// With what there was of a stream, which is closed behind the commit (L2).
    Empty(Source),
    Full(Bytes),
    Stream(Peeked),
}

/// A stream, asked until its head can be committed.
pub(crate) struct Peeked {
    pub(super) frames: Source,
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
        // Whether the start has come by now (S3), the commit that follows tells.
        Repr::Full(bytes) if bytes.is_empty() => return Ok(Ready::Empty(Source(None))),
        Repr::Full(bytes) => return Ok(Ready::Full(bytes)),
        Repr::Stream { frames, flush } => (frames, flush),
    };
    let frames = Source(Some(frames));
    let length = frames.length()?;
    let mut stream = Peeked {
        frames,
        first: None,
        length,
        flushed: false,
    };
    let peek = std::future::poll_fn(|cx| stream.poll_peek(cx, exchange, facts, flush)).await?;
    Ok(match peek {
        Peek::Ended => Ready::Empty(stream.frames),
        Peek::Committable => Ready::Stream(stream),
    })
}

/// The app's body: its panics are errors, and those of its destructor go no further (B9, L1).
pub(crate) struct Source(Option<Frames>);

impl Source {
    /// The length, where the body knows it.
    fn length(&self) -> Result<Option<u64>, Panicked> {
        match &self.0 {
            Some(frames) => catch(|| frames.size_hint().exact()),
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

impl Drop for Source {
    fn drop(&mut self) {
        let Some(frames) = self.0.take() else {
            return;
        };
        if let Err(panicked) = catch(|| drop(frames)) {
            log::error("L1", "closing the body", &panicked);
        }
    }
}

enum Peek {
    Committable,
    Ended,
}

impl Peeked {
    /// True if the first chunk is there.
    pub(super) fn has_data(&self) -> bool {
        self.first.as_ref().is_some_and(Frame::is_data)
    }

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
        if let State::Started { status, .. } = check(exchange.state(cx))?
            && facts.is_bodyless(status)
        {
            return Poll::Ready(Ok(Peek::Committable));
        }
        for _ in 0..EMPTY_CHUNKS {
            let poll = self.frames.poll_frame(cx);
            let state = check(exchange.state(cx))?;
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
            Self::Empty(_) => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.length,
        }
    }

    /// The body as a value, for [`AppExt::respond`](crate::AppExt::respond).
    pub(crate) fn into_body(self, exchange: Arc<Exchange>) -> Body {
        match self {
            Self::Empty(stream) => {
                drop(stream);
                Body::empty()
            }
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
