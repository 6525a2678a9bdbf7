//! Polls the streaming body of an app until it gives a chunk or ends, or, for an early commit, returns
//! `Pending`. Then the head is committed: fixed, and given to the host (B1).

use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;

use super::app_body::{AppBody, EMPTY_CHUNKS};
use super::length::Length;
use super::request_kind::RequestKind;
use crate::body::Frames;
use crate::error::Error;
use crate::exchange::{Exchange, Progress};
use crate::panicked::Panicked;
use crate::start_error::StartError;

/// A stream whose head is not committed.
pub(super) struct Uncommitted {
    pub(super) body: AppBody,
    /// The whole length, if the body knows it.
    pub(super) known: Option<u64>,
    /// The app asked for an early commit.
    pub(super) commits_early: bool,
}

/// The head can be committed.
pub(super) enum Committable {
    /// The first frame, if there is one.
    With(Option<Frame<Bytes>>),
    /// The body has ended.
    Ended,
}

/// A start that has succeeded.
#[derive(Clone, Copy)]
struct Started {
    is_bodyless: bool,
    commits_early: bool,
}

impl Uncommitted {
    /// A stream that was not polled yet.
    ///
    /// # Errors
    ///
    /// When the body panics while it tells its length (B9).
    pub(super) fn new(frames: Frames, commits_early: bool) -> Result<Self, Panicked> {
        let body = AppBody::new(frames);
        let known = body.known_len()?;
        Ok(Self {
            body,
            known,
            commits_early,
        })
    }

    /// Polls for frames until the head can be committed (B1): at the first non-empty frame, at the
    /// end, or, for an early commit, as soon as nothing is ready. If no body is sent, the start is
    /// enough (B6).
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        exchange: &Exchange,
        kind: RequestKind,
    ) -> Poll<Result<Committable, Error>> {
        if started(exchange, kind, cx)?.is_some_and(|started| started.is_bodyless) {
            return Poll::Ready(Ok(Committable::With(None)));
        }
        for _ in 0..EMPTY_CHUNKS {
            let poll = self.body.poll_frame(cx);
            let started = started(exchange, kind, cx)?;
            let is_bodyless = started.is_some_and(|started| started.is_bodyless);
            self.commits_early |= started.is_some_and(|started| started.commits_early);
            match poll {
                Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                    // B2: an empty chunk commits nothing.
                    if is_bodyless {
                        return Poll::Ready(Ok(Committable::With(None)));
                    }
                }
                Poll::Ready(Some(Ok(_)) | None) if started.is_none() => {
                    return Poll::Ready(Err(StartError::not_started().into()));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    return Poll::Ready(Ok(Committable::With(Some(frame))));
                }
                Poll::Ready(None) => {
                    if !is_bodyless {
                        // B5: the body promised a length, and the head would repeat it.
                        Length::new(None, self.known)
                            .and_then(|length| length.end())
                            .map_err(Error::from)?;
                    }
                    return Poll::Ready(Ok(Committable::Ended));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Pending if is_bodyless || (started.is_some() && self.commits_early) => {
                    return Poll::Ready(Ok(Committable::With(None)));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The start, once it has succeeded.
///
/// # Errors
///
/// A refused start ends the exchange, even if the body has data (S1).
fn started(
    exchange: &Exchange,
    kind: RequestKind,
    cx: &Context<'_>,
) -> Result<Option<Started>, StartError> {
    let started = |status: StatusCode, commits_early| Started {
        is_bodyless: kind.is_bodyless(status),
        commits_early,
    };
    match exchange.progress(cx) {
        Progress::NotStarted => Ok(None),
        Progress::Started {
            status,
            commits_early,
        } => Ok(Some(started(status, commits_early))),
        Progress::Refused(error) => Err(error),
    }
}
