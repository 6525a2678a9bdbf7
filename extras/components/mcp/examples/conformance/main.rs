//! `cargo run -p gateway-mcp --example conformance -- --stack actix`: what the scenarios of the MCP
//! conformance suite ask for, at /mcp on any stack.
//!
//! `--native` serves the same handler by rmcp's own service in an axum router, without the gateway.
//! `.ci/mcp-conformance` compares the results.

mod content;
mod everything;
mod schemas;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt as _;
use clap::Parser;
use gateway_mcp::Mcp;
use gateway_util::Mount;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use stacks::Stack;

use everything::Everything;

#[derive(Parser)]
struct Args {
    /// The server to run on: hyper, axum or actix
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000")]
    bind: SocketAddr,
    /// Serves rmcp's own service in axum, without an adapter, to compare with
    #[arg(long, conflicts_with = "stack")]
    native: bool,
}

/// Serves rmcp's service as its documentation does, until the program is ended.
async fn serve_natively(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let sessions = Arc::<LocalSessionManager>::default();
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(|| Ok(Everything::default()), sessions, config);
    axum::serve(listener, Router::new().nest_service("/mcp", service)).await
}

/// Ends with Ctrl-C.
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.bind)?;
    println!("listening on http://{}", listener.local_addr()?);
    if args.native {
        tokio::runtime::Runtime::new()?.block_on(serve_natively(listener))
    } else {
        let config = StreamableHttpServerConfig::default();
        let mcp = Mcp::new(|| Ok(Everything::default()), config);
        let site = Mount::new().at("/mcp", mcp);
        args.stack.serve(listener, "", site, interrupted())
    }
}
