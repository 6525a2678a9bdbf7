//! Runs the app's part of a WebSocket beside the automatic work, and closes the connection
//! afterwards.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use gateway_core::{Duplex, Error};

use super::close::CloseCode;
use super::connection::Connection;
use super::error::WebSocketError;
use super::limits::Limits;
use super::socket::WebSocket;
use crate::tokio_context;

/// Runs the app's part on a stream, and closes the connection afterwards.
///
/// # Errors
///
/// If the connection was lost, and if the app has failed.
pub(super) async fn run<F, Fut>(stream: Duplex, limits: Limits, run: F) -> Result<(), Error>
where
    F: FnOnce(WebSocket) -> Fut,
    Fut: Future<Output = Result<(), Error>>,
{
    // The host may run this in another context than that of the app's call.
    tokio_context::handle("a WebSocket")?;
    let connection = Arc::new(Connection::new(stream, limits).await);
    // Dropped last, also if the server cuts the connection or the app panics.
    let connection = Cut(connection);
    let outcome = {
        let mut app = pin!(run(WebSocket::new(&connection.0)));
        poll_fn(|cx| {
            connection.0.begin_turn();
            let poll = app.as_mut().poll(cx);
            if poll.is_pending() {
                connection.0.poll_keep(cx);
            }
            poll
        })
        .await
    };
    let failure = outcome.err().filter(|error| !is_of_client(error.as_dyn()));
    match &failure {
        Some(_) => {
            let code = CloseCode::INTERNAL_ERROR;
            connection.0.begin_end(code, "the app failed");
        }
        None => connection.0.begin_end(CloseCode::NORMAL, ""),
    }
    let ended = poll_fn(|cx| connection.0.poll_end(cx)).await;
    match failure {
        Some(error) => Err(error),
        None => Ok(ended?),
    }
}

/// True if the app passes on an error of its socket that is the client's fault.
fn is_of_client(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<WebSocketError>() {
            return !error.is_unsendable();
        }
        cause = error.source();
    }
    false
}

/// Ends the connection for the halves that the app has moved elsewhere.
struct Cut(Arc<Connection>);

impl Drop for Cut {
    fn drop(&mut self) {
        self.0.cut();
    }
}
