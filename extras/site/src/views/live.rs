//! The news, as they happen: over WebSocket, and as server-sent events for those behind something that
//! lets no WebSocket pass.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::{Environ, HttpError, Response};
use gateway_util::{Event, EventStream, PushedEvents, websocket};

use crate::state::State;

/// How many events wait for a client that reads slowly.
const WAITING: usize = 16;
/// A comment after so long a silence shows that the client is still there.
const SILENCE: Duration = Duration::from_secs(15);

/// `GET /live`: a WebSocket that sends each new post. The page of another site cannot open it. When the
/// server shuts down, `recv` gives the end, and the client gets a Close with 1001.
pub(crate) async fn socket(state: Arc<State>, environ: Environ) -> Result<Response, HttpError> {
    let mut news = state.news.listen();
    websocket::accept(&environ)?.run(async move |mut socket| {
        loop {
            tokio::select! {
                post = news.next() => match post {
                    Some(post) => socket.send(&*post).await?,
                    None => return Ok(()),
                },
                // Clients have nothing to say here, but may leave.
                message = socket.recv() => if message?.is_none() {
                    return Ok(());
                },
            }
        }
    })
}

/// `GET /live/events`: the same as an event stream. It ends when the server shuts down, and the client
/// asks again.
pub(crate) async fn events(state: Arc<State>, mut environ: Environ) -> EventStream<PushedEvents> {
    let mut news = state.news.listen();
    let mut closing = environ.closing();
    let (sender, stream) = EventStream::channel(WAITING);
    tokio::spawn(async move {
        loop {
            let post = tokio::select! {
                Some(post) = news.next() => post,
                () = sender.closed() => return,
                () = &mut closing => return,
            };
            if sender.send(Event::data(&*post)).await.is_err() {
                return;
            }
        }
    });
    stream.keep_alive(SILENCE)
}
