//! `Upgrade`: what an adapter gets of a response that switches the protocol. The adapter runs it on
//! the connection's stream.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::app_body::AppBody;
use super::log_fault::{clause, log_fault};
use super::tunnel::Tunnel;
use crate::body::{Body, Repr};
use crate::duplex::Duplex;
use crate::error::Error;
use crate::exchange::{Exchange, Owner};
use crate::log::{self, Chain};
use crate::observer::Ended;

/// A switch of protocols that was committed: the app's part, which runs on the stream. Made by
/// [`Outgoing::take_upgrade`](crate::Outgoing::take_upgrade) for adapters, and by
/// [`from_body`](Self::from_body) for code that calls an app in process.
///
/// # What a host owes
///
/// - It sends the head first, and keeps the bytes that the client sent early (U6).
/// - It polls [`run`](Self::run) whether or not the client reads (U16), and without a time limit
///   (U11).
/// - If `run` has failed, it aborts the connection where it can (U9).
/// - At a graceful shutdown it gives the gateway's signal
///   ([`Gateway::shutdown_signal`](crate::Gateway::shutdown_signal)), waits, and at its deadline drops
///   the future of `run` (U12).
///
/// Dropping it, or the future of `run`, drops the app's part, closes the body, and ends the exchange.
#[must_use = "a switch that is dropped is not run"]
pub struct Upgrade(Tunnel);

impl Upgrade {
    pub(super) fn new(tunnel: Tunnel) -> Self {
        Self(tunnel)
    }

    /// The switch that is in a body, for whoever has called an app by
    /// [`respond`](crate::AppExt::respond).
    ///
    /// # Errors
    ///
    /// Gives the body back if it has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Body, Duplex, Environ, Upgrade, view};
    ///
    /// let app = view(async |_| Body::upgrade("greeting", async |mut stream| {
    ///     stream.write_all(b"hello").await?;
    ///     Ok(())
    /// }));
    /// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.status(), 101);
    ///
    /// let upgrade = Upgrade::from_body(response.into_body()).map_err(|_| "there is no switch")?;
    /// assert_eq!(upgrade.protocol(), "greeting");
    /// let (ours, theirs) = tokio::io::duplex(64);
    /// upgrade.run(Duplex::from_tokio(theirs)).await?;
    ///
    /// let mut buffer = [0; 8];
    /// assert_eq!(Duplex::from_tokio(ours).read(&mut buffer).await?, 5);
    /// # Ok::<(), gateway_core::BoxError>(())
    /// # }).unwrap();
    /// ```
    pub fn from_body(body: Body) -> Result<Self, Body> {
        match body.0 {
            Repr::Stream { frames, .. } if frames.switch().is_some() => {
                let owner = Owner::new(Arc::<Exchange>::default());
                Ok(Self(Tunnel::new(AppBody::new(frames), owner)))
            }
            repr => Err(Body(repr)),
        }
    }

    /// The protocol, as the app named it.
    #[must_use]
    pub fn protocol(&self) -> &str {
        self.0.protocol()
    }

    /// Runs the app's part on the stream, to its end. The exchange ends with it, and then the stream:
    /// what was written is sent ([`DuplexIo::poll_close`](crate::DuplexIo::poll_close), U8).
    ///
    /// # Errors
    ///
    /// When the app's part failed or panicked. That was logged already, and the stream was dropped. A
    /// host that can aborts the connection (U9).
    pub async fn run(self, stream: Duplex) -> Result<(), UpgradeError> {
        let (stream, mut lent) = stream.lend();
        let mut running = pin!(self.0.run(stream, judge));
        let mut is_over = false;
        poll_fn(|cx| {
            if !is_over {
                match running.as_mut().poll(cx) {
                    // The stream is dropped with it.
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(UpgradeError(error))),
                    Poll::Ready(Ok(())) => is_over = true,
                    Poll::Pending => {}
                }
            }
            // An app that has moved the stream to another task ends it there.
            let is_moved = is_over && !lent.is_dropped();
            let is_closed = is_moved || lent.poll_close(cx).is_ready();
            if is_over && is_closed {
                return Poll::Ready(Ok(()));
            }
            Poll::Pending
        })
        .await
    }
}

/// How an error of the app's part ends the exchange, and the clause that the app broke. It is logged.
fn judge(error: &Error, owner: &Owner) -> (Ended, Option<&'static str>) {
    if is_of_client(error.as_dyn()) {
        let what = "the client has left an upgraded stream";
        owner.in_scope(&mut || log::debug("L3", what, &Chain(error.as_dyn())));
        return (Ended::ClientGone, None);
    }
    let what = "the app failed on an upgraded stream";
    owner.in_scope(&mut || log_fault("U9", error, what));
    (Ended::Aborted, clause(error).or(Some("U9")))
}

/// True if the connection failed, and the app only passed the error on (L3).
fn is_of_client(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let Some(io) = error.downcast_ref::<io::Error>() else {
            cause = error.source();
            continue;
        };
        if is_lost(io.kind()) {
            return true;
        }
        // What is in an `io::Error` is not its source.
        cause = io.get_ref().map(|inner| inner as &(dyn StdError + 'static));
    }
    false
}

/// True if the connection is gone.
fn is_lost(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    matches!(
        kind,
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut
    )
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("protocol", &self.protocol())
            .finish_non_exhaustive()
    }
}

/// The app's part of a switch has failed; see [`Upgrade::run`].
#[derive(Debug)]
pub struct UpgradeError(Error);

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the app failed on an upgraded stream")
    }
}

impl StdError for UpgradeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.0.as_dyn())
    }
}
