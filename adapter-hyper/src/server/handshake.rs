//! `Handshake`: what a server does on a connection before HTTP.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::Connection;
use gateway_server::Ending;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use super::vigil::GRACE;

/// Both directions of a stream.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream, and what is known of it.
type Shaken = (Box<dyn Duplex>, Connection);
type Shaking = Pin<Box<dyn Future<Output = io::Result<Shaken>> + Send>>;

/// A function on each connection. Its stream is boxed, so that the type of the server does not name it.
pub(super) struct Handshake<S>(Arc<dyn Fn(S, Connection) -> Shaking + Send + Sync>);

impl<S: 'static> Handshake<S> {
    pub(super) fn new<F, Fut, T>(handshake: F) -> Self
    where
        F: Fn(S, Connection) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<(T, Connection)>> + Send + 'static,
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self(Arc::new(move |stream, connection| {
            let shaking = handshake(stream, connection);
            Box::pin(async move {
                let (stream, connection) = shaking.await?;
                Ok((Box::new(stream) as Box<dyn Duplex>, connection))
            })
        }))
    }

    /// Runs the function. `None` if it fails, if its time is over, or if the server is at its end.
    pub(super) async fn run(
        &self,
        stream: S,
        connection: Connection,
        timeout: Duration,
        ending: &mut Ending,
    ) -> Option<Shaken> {
        let shaking = (self.0)(stream, connection);
        let over = async {
            ending.begun().await;
            sleep(GRACE).await;
        };
        let shaken = tokio::select! {
            biased;
            shaken = shaking => shaken,
            () = sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
            () = over => Err(io::ErrorKind::TimedOut.into()),
        };
        match shaken {
            Ok(shaken) => Some(shaken),
            // L3: who does not get so far is no error of the app.
            Err(error) => {
                tracing::debug!(target: "gateway", clause = "L3", "a handshake failed: {error}");
                None
            }
        }
    }
}

impl<S> Clone for Handshake<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
