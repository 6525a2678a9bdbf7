//! `cargo run -p examples --bin websocket_echo -- --stack actix`: WebSocket on any stack.
//!
//! It sends back what it receives, of at most 16 MiB. `.ci/autobahn` runs Autobahn's test suite against it.

use std::net::SocketAddr;

use clap::Parser;
use examples::Stack;
use gateway_core::{BoxError, Environ, HttpError, Response, view};
use gateway_util::websocket::{Acceptor, Limits};

/// The longest messages of the suite.
const LONGEST: usize = 16 << 20;

#[derive(Parser)]
struct Args {
    /// The server to run on: hyper, actix, or axum, which is tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
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

fn main() -> Result<(), BoxError> {
    let args = Args::parse();
    let listener = match args.bind {
        Some(addr) => examples::listen_at(addr)?,
        None => examples::listen()?,
    };
    Ok(args.stack.serve(listener, view(echo))?)
}
