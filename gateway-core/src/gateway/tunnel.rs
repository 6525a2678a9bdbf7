//! Runs the app's function on the stream of a switched connection, and closes the body and the
//! exchange afterwards.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};

use super::app_body::AppBody;
use crate::body::{Body, FrameSource, NoBytes, Running, Switch};
use crate::catch_unwind::CatchUnwind;
use crate::duplex::Duplex;
use crate::error::Error;
use crate::exchange::Owner;
use crate::observer::Ended;

/// A switch that was committed, with its exchange (U14): the body and its `on_close` callbacks are
/// closed after the app's part, and the exchange ends after both.
pub(crate) struct Tunnel {
    /// `None` once it was begun as part of another app's body.
    parts: Option<Parts>,
    protocol: String,
}

struct Parts {
    // Closed first.
    body: AppBody,
    owner: Owner,
}

impl Tunnel {
    pub(super) fn new(body: AppBody, owner: Owner) -> Self {
        Self {
            protocol: body.protocol().unwrap_or_default().to_owned(),
            parts: Some(Parts { body, owner }),
        }
    }

    pub(super) fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Runs the app's part to its end. `judge` says how an error ends the exchange, and may log it.
    pub(super) async fn run(
        self,
        stream: Duplex,
        judge: impl FnOnce(&Error, &Owner) -> (Ended, Option<&'static str>),
    ) -> Result<(), Error> {
        match self.parts {
            Some(parts) => parts.run(stream, judge).await,
            None => Ok(()),
        }
    }

    /// As a body, for [`AppExt::respond`](crate::AppExt::respond).
    pub(super) fn into_body(self) -> Body {
        Body::from_frames(Box::pin(self))
    }
}

impl Parts {
    async fn run(
        self,
        stream: Duplex,
        judge: impl FnOnce(&Error, &Owner) -> (Ended, Option<&'static str>),
    ) -> Result<(), Error> {
        // Dropped in the other order: the future, the body, the owner.
        let mut owner = self.owner;
        let mut body = self.body;
        let stream = stream.with_closing(owner.exchange().closing());
        let outcome = match body.begin(stream) {
            Ok(Some(running)) => {
                let running = pin!(CatchUnwind::new(running));
                running.await.map_err(Error::from).and_then(|result| result)
            }
            Ok(None) => Ok(()),
            Err(panicked) => Err(panicked.into()),
        };
        match &outcome {
            Ok(()) => owner.completes(),
            Err(error) => {
                let (ended, clause) = judge(error, &owner);
                owner.ends(ended);
                owner.broke(clause);
            }
        }
        drop(body);
        drop(owner);
        outcome
    }
}

impl Switch for Tunnel {
    fn protocol(&self) -> &str {
        &self.protocol
    }

    fn begin(&mut self, stream: Duplex) -> Option<Running> {
        let parts = self.parts.take()?;
        Some(Box::pin(parts.run(stream, |_, _| (Ended::Aborted, None))))
    }
}

impl HttpBody for Tunnel {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Err(NoBytes.into())))
    }
}

impl FrameSource for Tunnel {
    fn switch(&self) -> Option<&dyn Switch> {
        Some(self)
    }

    fn switch_mut(self: Pin<&mut Self>) -> Option<&mut dyn Switch> {
        Some(self.get_mut())
    }
}
