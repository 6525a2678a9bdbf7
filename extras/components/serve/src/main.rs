//! `cargo run --bin serve -- --stack hyper`: the components below `/api`, for clients of other projects.

mod docs;
mod schema;

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};

use async_graphql_gateway::GraphQL;
use clap::Parser;
use gateway_util::Mount;
use stacks::Stack;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves the components below /api: /api/graphql and /api/docs.
#[derive(Debug, Parser)]
#[command(name = "serve")]
struct Args {
    /// The server to run on: hyper, axum or actix
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000")]
    bind: SocketAddr,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    let site = Mount::new()
        .at(
            "/graphql",
            GraphQL::new(schema::chat()).uploads(1 << 20).graphiql(),
        )
        .at("/docs", docs::pages()?)
        .at("/pets", docs::pets());
    let listener = TcpListener::bind(args.bind)?;
    let mut out = io::stdout().lock();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;
    drop(out);
    Ok(args.stack.serve(listener, "/api", site, terminated())?)
}

/// Waits for SIGTERM or Ctrl-C.
async fn terminated() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
