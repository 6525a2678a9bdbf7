//! Calls the app, and then waits until the head of its response can be committed.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;

use super::app_body::AppBody;
use super::await_commit::{Committable, Uncommitted};
use super::committed_body::CommittedBody;
use super::request_kind::RequestKind;
use super::tunnel::Tunnel;
use crate::app::App;
use crate::body::{Body, Repr};
use crate::catch_unwind::CatchUnwind;
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::{Exchange, Owner};
use crate::start_response::StartResponse;

/// A body whose head can be committed.
pub(crate) enum Ready {
    /// No bytes. The rest of a stream is closed after the commit (L2).
    Empty(Option<AppBody>),
    /// Buffered bytes.
    Full(Bytes),
    /// A stream that was polled until its head could be committed.
    Stream(Box<CommittedBody>),
    /// A switch of protocols.
    Switch(AppBody),
}

/// Calls the app and polls its body until the head can be committed.
///
/// # Errors
///
/// Whatever ends the exchange before anything was sent: the app's error, the body's error before
/// its first chunk, a panic, a refused or missing start.
#[inline]
pub(crate) fn call<A: App>(
    app: &A,
    environ: Environ,
    exchange: &Arc<Exchange>,
    kind: RequestKind,
) -> impl Future<Output = Result<Ready, Error>> + Send {
    let start_response = StartResponse::new(exchange.clone());
    // An `async fn` would store its arguments twice.
    async move {
        // `call` is caught as well: it may panic before there is a future.
        let call = async move { app.call(environ, start_response).await };
        let body = pin!(CatchUnwind::new(call)).await??;
        // A missing start (S3) is detected at the commit.
        match body.0 {
            Repr::Full(bytes) => Ok(Ready::buffered(bytes)),
            Repr::Stream { frames, .. } if frames.switch().is_some() => {
                Ok(Ready::Switch(AppBody::new(frames)))
            }
            Repr::Stream { frames, flush } => {
                let mut uncommitted = Uncommitted::new(frames, flush)?;
                let committable =
                    std::future::poll_fn(|cx| uncommitted.poll(cx, exchange, kind)).await?;
                Ok(Ready::stream(uncommitted, committable))
            }
        }
    }
}

impl Ready {
    /// A body whose bytes are buffered.
    #[inline]
    pub(super) fn buffered(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::Empty(None);
        }
        Self::Full(bytes)
    }

    /// A stream, and the result of polling it.
    pub(super) fn stream(uncommitted: Uncommitted, committable: Committable) -> Self {
        match committable {
            Committable::Ended => Self::Empty(Some(uncommitted.body)),
            Committable::With(first) => Self::Stream(CommittedBody::new(uncommitted, first)),
        }
    }

    /// The length of the body, if it is known.
    pub(crate) fn known_len(&self) -> Option<u64> {
        match self {
            Self::Empty(_) => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.known_len(),
            Self::Switch(_) => None,
        }
    }

    /// The body as a value, for [`AppExt::respond`](crate::AppExt::respond). A stream ends the
    /// exchange later; otherwise it ends here.
    pub(crate) fn into_body(self, mut owner: Owner) -> Body {
        let bytes = match self {
            Self::Empty(None) => Bytes::new(),
            // L2: the rest is closed together with the body.
            Self::Empty(Some(body)) => {
                owner.completes();
                return Body::empty().on_close(move || drop((body, owner)));
            }
            Self::Full(bytes) => bytes,
            Self::Switch(body) => return Tunnel::new(body, owner).into_body(),
            Self::Stream(stream) => {
                let commits_early = stream.commits_early();
                let body = Body::from_frames(Box::into_pin(stream.held_by(owner)));
                return if commits_early {
                    body.commit_early()
                } else {
                    body
                };
            }
        };
        owner.sent(bytes.len() as u64);
        owner.completes();
        Body::from(bytes)
    }
}
