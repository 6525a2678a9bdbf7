//! The streaming body of a response whose head is committed. The host polls it through `Outgoing`,
//! and it polls the app's body.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::app_body::{AppBody, EMPTY_CHUNKS};
use super::await_commit::Uncommitted;
use super::length::Length;
use super::log_fault::{clause, log_fault};
use super::trailers::Trailers;
use crate::body::FrameSource;
use crate::error::Error;
use crate::exchange::Owner;
use crate::input::InputError;
use crate::log::{self, Chain};
use crate::observer::Ended;

/// A committed stream. It owns its exchange. A start after the commit, from any task, aborts it
/// (S2).
pub(crate) struct CommittedBody {
    stage: Stage,
    first: Option<Frame<Bytes>>,
    length: Length,
    trailers: Trailers,
    commits_early: bool,
    reporting: Reporting,
    // Dropped after `stage`, so that the body's handles on the exchange are gone when it is
    // recycled.
    owner: Option<Owner>,
}

enum Stage {
    /// Leaving this state closes the body.
    Running(AppBody),
    /// The body has ended, but is closed later: a middleware still has its bytes (L2).
    Ended {
        _body: AppBody,
    },
    /// The error is returned after one `Pending`.
    Failing(Error),
    Done,
}

/// Whether a failure is logged. Only the outermost gateway logs it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reporting {
    Log,
    Silent,
}

impl CommittedBody {
    /// A stream that can be committed; `first` is its first frame, if that was polled already.
    pub(super) fn new(stream: Uncommitted, first: Option<Frame<Bytes>>) -> Box<Self> {
        Box::new(Self {
            stage: Stage::Running(stream.body),
            first,
            length: Length::known(stream.known),
            trailers: Trailers::All,
            commits_early: stream.commits_early,
            reporting: Reporting::Silent,
            owner: None,
        })
    }

    /// Lets the stream end the exchange.
    pub(super) fn held_by(mut self: Box<Self>, owner: Owner) -> Box<Self> {
        self.owner = Some(owner);
        self
    }

    /// Commits the stream. From now on it is held to a length and to the trailers that may be sent,
    /// and its failures are logged.
    pub(super) fn commit(&mut self, length: Length, trailers: Trailers) {
        self.length = length;
        self.trailers = trailers;
        self.reporting = Reporting::Log;
    }

    /// The whole length, if the body knows it.
    pub(super) fn known_len(&self) -> Option<u64> {
        self.length.left()
    }

    /// The app asked for an early commit.
    pub(super) fn commits_early(&self) -> bool {
        self.commits_early
    }

    /// True if the first chunk is there.
    pub(super) fn has_data(&self) -> bool {
        self.first.as_ref().is_some_and(Frame::is_data)
    }

    /// The next frame as the app gave it.
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let poll = match (self.first.take(), &mut self.stage) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, Stage::Running(body)) => body.poll_frame(cx),
            (None, _) => return Poll::Ready(None),
        };
        // S2: checked after the poll, because the body itself may have started again. A later start
        // by another task wakes the host.
        if let Some(owner) = &self.owner
            && owner.exchange().is_aborted(cx)
            && let Some(error) = owner.exchange().take_abort()
        {
            return Poll::Ready(Some(Err(error)));
        }
        poll
    }

    fn fail(
        &mut self,
        error: Error,
        cx: &Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // The client aborted its request, and the app only passed the error on.
        let of_client = error.downcast_ref::<InputError>();
        if let Some(owner) = &mut self.owner {
            match of_client {
                Some(error) if !error.is_too_large() => owner.ends(Ended::ClientGone),
                _ => owner.ends(Ended::Aborted),
            }
            owner.broke(clause(&error).or(of_client.is_none().then_some("B8")));
        }
        if self.reporting == Reporting::Log {
            let mut log = || match of_client {
                Some(error) => log::debug("I3", "the response was aborted", &Chain(error)),
                None => log_fault("B8", &error, "the response was aborted"),
            };
            match &self.owner {
                Some(owner) => owner.in_scope(&mut log),
                None => log(),
            }
        }
        self.stage = Stage::Failing(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The host drops the body before its end, without having asked for the error that aborted it.
    #[cold]
    fn report_abort(&mut self) {
        if let Some(owner) = &mut self.owner
            && let Some(error) = owner.exchange().take_abort()
        {
            owner.ends(Ended::Aborted);
            owner.broke(clause(&error).or(Some("B8")));
            owner.in_scope(&mut || log_fault("B8", &error, "the response was aborted"));
        }
    }

    /// Lets the host know of an abort while it does not poll the body.
    pub(super) fn watch_abort(&self, waker: impl FnOnce() -> Waker) {
        if let Some(owner) = &self.owner {
            owner.exchange().watch_abort(waker());
        }
    }

    /// Stops polling the body. For a host the body is closed now, because the host has taken its
    /// last byte. A middleware closes it when it drops what it has read (L2).
    fn finish(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Running(body) if self.reporting == Reporting::Silent => {
                Stage::Ended { _body: body }
            }
            _ => Stage::Done,
        };
    }

    /// The body has ended, with or without all bytes of its length (B5).
    fn end(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.length.end() {
            Ok(()) => {
                self.finish();
                Poll::Ready(None)
            }
            Err(too_short) => self.fail(too_short.into(), cx),
        }
    }

    /// Hands a chunk over, up to the length (B5).
    fn admit(&mut self, data: Bytes) -> Option<Bytes> {
        let whole = data.len();
        let data = self.length.admit(data);
        if data.len() < whole {
            self.finish();
        }
        if let Some(owner) = &mut self.owner {
            owner.sent(data.len() as u64);
        }
        (!data.is_empty()).then_some(data)
    }
}

impl HttpBody for CommittedBody {
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
            let frame = match this.poll_body(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return this.end(cx),
                Poll::Ready(Some(Err(error))) => return this.fail(error, cx),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            match frame.into_data() {
                // B2: an empty chunk is not sent.
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Poll::Ready(this.admit(data).map(|data| Ok(Frame::data(data)))),
                Err(frame) => {
                    let Ok(trailers) = frame.into_trailers() else {
                        continue;
                    };
                    std::task::ready!(this.end(cx));
                    let trailers = this.trailers.admit(trailers);
                    return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        // A host that knows the end does not poll again.
        self.first.is_none()
            && match &self.stage {
                Stage::Running(body) => {
                    self.length.left().is_none_or(|left| left == 0) && body.is_end()
                }
                Stage::Failing(_) => false,
                Stage::Ended { .. } | Stage::Done => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        match self.length.left() {
            Some(left) => SizeHint::with_exact(left),
            None => SizeHint::default(),
        }
    }
}

impl FrameSource for CommittedBody {
    fn buffered(&self) -> Option<&Bytes> {
        match &self.stage {
            Stage::Running(body) if body.is_end() => self.first.as_ref()?.data_ref(),
            _ => None,
        }
    }
}

impl Drop for CommittedBody {
    fn drop(&mut self) {
        // A host need not poll for the end after the last byte. A failed body was reported already.
        let is_whole = match &self.stage {
            Stage::Running(_) if self.first.is_some() => false,
            Stage::Running(body) => match self.length.left() {
                Some(left) => left == 0,
                None => body.is_end(),
            },
            Stage::Failing(_) => false,
            Stage::Ended { .. } | Stage::Done => true,
        };
        if is_whole {
            if let Some(owner) = &mut self.owner {
                owner.completes();
            }
        } else if matches!(self.stage, Stage::Running(_)) && self.reporting == Reporting::Log {
            self.report_abort();
        }
        self.stage = Stage::Done;
    }
}
