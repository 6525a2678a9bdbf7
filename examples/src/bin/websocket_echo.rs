//! `cargo run -p examples --bin websocket_echo -- --stack actix`: WebSocket on any stack.
//!
//! It sends back what it receives, up to 16 MiB. `.ci/autobahn` runs Autobahn's test suite against
//! it.

use std::process::ExitCode;

use clap::Parser;
use examples::arguments::{Serving, run};
use gateway_core::{Environ, HttpError, Response, view};
use gateway_util::websocket::{Acceptor, Limits};

/// The length of the longest messages of the suite.
const LONGEST: usize = 16 << 20;

/// Serves a WebSocket echo.
#[derive(Debug, Parser)]
#[command(name = "websocket_echo", version)]
struct Args {
    #[command(flatten)]
    serving: Serving,
}

async fn echo(environ: Environ) -> Result<Response, HttpError> {
    let limits = Limits::default()
        .message(LONGEST)
        .frame(LONGEST)
        .sent(LONGEST)
        .read_buffer(64 << 10);
    let handshake = Acceptor::new().limits(limits).accept(&environ)?;
    handshake.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

fn main() -> ExitCode {
    run(|args: Args| args.serving.serve(view(echo)))
}
