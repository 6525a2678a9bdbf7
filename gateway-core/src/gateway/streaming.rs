//! A stream on its way to the host.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::fault::{TooShort, log_cut, report};
use super::source::{EMPTY_CHUNKS, Source};
use crate::body::FrameSource;
use crate::error::Error;
use crate::exchange::{self, Exchange, Pool};
use crate::headers::may_trail;
use crate::input::InputError;
use crate::log::{self, Chain};
use crate::start_error::StartError;

/// A committed stream, with its exchange: a start after commit, from any task, aborts it (S2).
pub(crate) struct Streaming {
    stage: Stage,
    first: Option<Frame<Bytes>>,
    /// What is left of the declared or known length.
    remaining: Option<u64>,
    length: u64,
    commits_early: bool,
    /// It was said that the body is longer than its length.
    is_cut_logged: bool,
    exchange: Option<(Arc<Exchange>, Arc<Pool>)>,
    reporting: Reporting,
}

enum Stage {
    /// Leaving it closes the body.
    Running(Source),
    /// The body is over, and is closed with this: its bytes are still with a middleware (L2).
    Ended {
        _source: Source,
    },
    /// The error comes after one `Pending`.
    Failing(Error),
    Done,
}

/// Who logs a failure: the outermost gateway.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reporting {
    Log,
    Silent,
}

impl Streaming {
    /// A stream that is ready to be committed; `first` is what was asked of it by then.
    pub(super) fn new(
        frames: Source,
        first: Option<Frame<Bytes>>,
        length: Option<u64>,
        commits_early: bool,
    ) -> Box<Self> {
        Box::new(Self {
            stage: Stage::Running(frames),
            first,
            remaining: length,
            length: length.unwrap_or(0),
            commits_early,
            is_cut_logged: false,
            exchange: None,
            reporting: Reporting::Silent,
        })
    }

    /// Lets the stream end the exchange.
    pub(super) fn hold(mut self: Box<Self>, exchange: Arc<Exchange>, pool: Arc<Pool>) -> Box<Self> {
        self.exchange = Some((exchange, pool));
        self
    }

    /// Holds the stream to a length that was declared (B5), and lets it log what goes wrong.
    pub(super) fn commit(&mut self, declared: Option<u64>) {
        self.reporting = Reporting::Log;
        let Some(declared) = declared else {
            return;
        };
        let known = self.remaining.replace(declared);
        self.length = declared;
        // Now: the host may stop asking at the declared length.
        if known.is_some_and(|known| known > declared) {
            self.log_cut();
        }
    }

    /// The whole length, where it is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.remaining
    }

    /// The app asked for a flush.
    pub(super) fn commits_early(&self) -> bool {
        self.commits_early
    }

    /// True if the first chunk is there.
    pub(super) fn has_data(&self) -> bool {
        self.first.as_ref().is_some_and(Frame::is_data)
    }

    /// Logs, once, that the body is longer than its length (B5).
    ///
    /// Whatever is around it: what is cut here nobody else sees.
    fn log_cut(&mut self) {
        if !std::mem::replace(&mut self.is_cut_logged, true) {
            log_cut(self.length);
        }
    }

    /// The next frame as the app gave it.
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let poll = match (self.first.take(), &mut self.stage) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, Stage::Running(frames)) => frames.poll_frame(cx),
            (None, _) => return Poll::Ready(None),
        };
        // S2: asked behind the poll, for the body itself may have started again; a start by
        // another task after this wakes the host.
        if self
            .exchange
            .as_ref()
            .is_some_and(|(exchange, _)| exchange.is_aborted(cx))
        {
            return Poll::Ready(Some(Err(StartError::committed().into())));
        }
        poll
    }

    fn fail(
        &mut self,
        error: Error,
        cx: &Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.reporting == Reporting::Log {
            match error.downcast_ref::<InputError>() {
                // The client broke off; the app only passed it on.
                Some(error) => log::debug("I3", "the response was aborted", &Chain(error)),
                None => report("B8", &error, "the response was aborted"),
            }
        }
        self.stage = Stage::Failing(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The error of a stream that ends with so much of its length missing (B5).
    fn too_short(&self, left: u64) -> Error {
        let (declared, sent) = (self.length, self.length - left);
        TooShort { declared, sent }.into()
    }

    /// Asks the body no more. The gateway closes it now, because the host has taken its last byte. A
    /// middleware that reads it closes it when it drops it (L2).
    fn end(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Running(source) if self.reporting == Reporting::Silent => {
                Stage::Ended { _source: source }
            }
            _ => Stage::Done,
        };
    }

    /// Holds a chunk to the declared length (B5); `None` when nothing of it is left.
    fn admit(&mut self, mut data: Bytes) -> Option<Bytes> {
        let Some(remaining) = self.remaining else {
            return Some(data);
        };
        if data.len() as u64 > remaining {
            self.log_cut();
            data.truncate(usize::try_from(remaining).unwrap_or(usize::MAX));
            self.end();
        }
        self.remaining = Some(remaining - data.len() as u64);
        (!data.is_empty()).then_some(data)
    }
}

impl HttpBody for Streaming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.stage, Stage::Done) {
            Stage::Done => return Poll::Ready(None),
            ended @ Stage::Ended { .. } => {
                this.stage = ended;
                return Poll::Ready(None);
            }
            Stage::Failing(error) => return Poll::Ready(Some(Err(error))),
            running => this.stage = running,
        }
        for _ in 0..EMPTY_CHUNKS {
            let frame = match this.poll_source(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => match this.remaining {
                    Some(left @ 1..) => return this.fail(this.too_short(left), cx),
                    _ => {
                        this.end();
                        return Poll::Ready(None);
                    }
                },
                Poll::Ready(Some(Err(error))) => return this.fail(error, cx),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                // B2.
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Poll::Ready(this.admit(data).map(|data| Ok(Frame::data(data)))),
                Err(frame) => {
                    let Ok(trailers) = frame.into_trailers() else {
                        continue;
                    };
                    if let Some(left @ 1..) = this.remaining {
                        return this.fail(this.too_short(left), cx);
                    }
                    this.end();
                    return Poll::Ready(sendable(trailers).map(|t| Ok(Frame::trailers(t))));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        // A host that knows it asks no more.
        self.first.is_none()
            && match &self.stage {
                Stage::Running(frames) => {
                    self.remaining.is_none_or(|left| left == 0) && frames.is_end()
                }
                Stage::Failing(_) => false,
                Stage::Ended { .. } | Stage::Done => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        match self.remaining {
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

impl FrameSource for Streaming {}

/// Trailers without the fields that cannot trail (B11); nothing if none is left.
fn sendable(mut trailers: HeaderMap) -> Option<HeaderMap> {
    let refused: Vec<_> = trailers
        .keys()
        .filter(|name| !may_trail(name))
        .cloned()
        .collect();
    for name in refused {
        log::warn(
            "B11",
            &format_args!("the trailer {name} cannot be one; it is dropped"),
        );
        trailers.remove(name);
    }
    (!trailers.is_empty()).then_some(trailers)
}

impl Drop for Streaming {
    fn drop(&mut self) {
        // The body is closed first: what it holds of the exchange is gone when that is recycled.
        self.stage = Stage::Done;
        if let Some((exchange, pool)) = self.exchange.take() {
            exchange::finish(exchange, &pool);
        }
    }
}
