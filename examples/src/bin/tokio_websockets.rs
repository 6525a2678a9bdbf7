//! `cargo run -p examples --features websockets --bin tokio_websockets -- --stack actix`: another WebSocket library.
//!
//! `gateway_util::websocket` checks the handshake, and the library takes the stream: here
//! `tokio-websockets`. Any library does that takes an open stream. It sends back what it receives.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use examples::arguments::{Serving, run};
use futures_util::{SinkExt, StreamExt};
use gateway_core::{Environ, HttpError, Response, view};
use gateway_util::websocket;
use tokio_websockets::{CloseCode, Error as SocketError, Limits, Message, ServerBuilder};

/// Serves a WebSocket echo by the library tokio-websockets.
#[derive(Debug, Parser)]
#[command(name = "tokio_websockets", version)]
struct Args {
    #[command(flatten)]
    serving: Serving,
}

/// The limit on a message, in bytes. The limits of `gateway_util` do not apply.
const LONGEST: usize = 1 << 20;

async fn echo(environ: Environ) -> Result<Response, HttpError> {
    let handshake = websocket::accept(&environ)?;
    Ok(handshake.upgrade(async |stream| {
        let mut closing = Box::pin(stream.closing());
        let limits = Limits::default().max_payload_len(Some(LONGEST));
        let mut socket = ServerBuilder::new().limits(limits).serve(stream);
        loop {
            let message = tokio::select! {
                message = socket.next() => message,
                // Nothing is automatic on the plain stream, so the app says goodbye (U12).
                () = &mut closing => {
                    let close = Message::close(Some(CloseCode::GOING_AWAY), "the server shuts down");
                    return Ok(socket.send(close).await.map_err(of_client)?);
                }
            };
            match message {
                Some(Ok(message)) if message.is_text() || message.is_binary() => {
                    socket.send(message).await.map_err(of_client)?;
                }
                // The library answers pings and the Close.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(of_client(error).into()),
                None => return Ok(()),
            }
        }
    }))
}

/// The error of the connection as it was, so that it is not logged as a fault of the app (L3).
fn of_client(error: SocketError) -> io::Error {
    match error {
        SocketError::Io(error) => error,
        error => io::Error::other(error),
    }
}

fn main() -> ExitCode {
    run(|args: Args| args.serving.serve(view(echo)))
}
