//! The first half of an exchange: from the call of the app to what can be committed.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;

use super::catch_unwind::CatchUnwind;
use super::facts::Facts;
use super::peek::{Peek, Peeked};
use super::source::Source;
use super::streaming::Streaming;
use crate::app::App;
use crate::body::{Body, Repr};
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::start_response::StartResponse;

/// A body of an exchange that can be committed.
pub(crate) enum Ready {
    /// With what there was of a stream, which is closed behind the commit (L2).
    Empty(Option<Source>),
    Full(Bytes),
    /// A stream, asked until its head can be committed.
    Stream(Box<Streaming>),
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
    // Whether the start has come by now (S3), the commit that follows tells.
    match body.0 {
        Repr::Full(bytes) => Ok(Ready::buffered(bytes)),
        Repr::Stream { frames, flush } => {
            let mut peeked = Peeked::new(frames, flush)?;
            let peek = std::future::poll_fn(|cx| peeked.poll(cx, exchange, facts)).await?;
            Ok(Ready::stream(peeked, peek))
        }
    }
}

impl Ready {
    /// A body whose bytes are there.
    #[inline]
    pub(super) fn buffered(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::Empty(None);
        }
        Self::Full(bytes)
    }

    /// A stream, and what came of asking it.
    pub(super) fn stream(peeked: Peeked, peek: Peek) -> Self {
        match peek {
            Peek::Ended => Self::Empty(Some(peeked.frames)),
            Peek::Committable(first) => Self::Stream(Streaming::new(
                peeked.frames,
                first,
                peeked.length,
                peeked.flush,
            )),
        }
    }

    /// The length of the body, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty(_) => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(streaming) => streaming.length(),
        }
    }

    /// The body as a value, for [`AppExt::respond`](crate::AppExt::respond).
    pub(crate) fn into_body(self, exchange: Arc<Exchange>) -> Body {
        match self {
            Self::Empty(_) => Body::empty(),
            Self::Full(bytes) => Body::from(bytes),
            Self::Stream(streaming) => {
                let commits_early = streaming.commits_early();
                let streaming = streaming.hold(exchange, Arc::default());
                let body = Body::from_frames(Box::into_pin(streaming));
                if commits_early {
                    body.commit_early()
                } else {
                    body
                }
            }
        }
    }
}
