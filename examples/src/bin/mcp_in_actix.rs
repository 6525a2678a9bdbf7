//! `cargo run -p examples --features integrations --bin mcp_in_actix`: an MCP server inside actix-web.
//!
//! rmcp's streamable HTTP service is a tower service; through the gateway it is mounted at /mcp. Its
//! event streams have no end of their own: they are ended when the server is to end.

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use adapter_actix::mount;
use adapter_tower::tower_app;
use clap::Parser;
use examples::stack::signalled;
use gateway_core::BoxError;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{schemars, tool, tool_router};
use serde::Deserialize;

/// The tools that a model can use.
#[derive(Clone)]
struct Calculator;

#[derive(Deserialize, schemars::JsonSchema)]
struct Sum {
    a: i64,
    b: i64,
}

#[tool_router(server_handler)]
impl Calculator {
    #[tool(description = "The sum of two numbers")]
    async fn sum(&self, Parameters(Sum { a, b }): Parameters<Sum>) -> String {
        a.saturating_add(b).to_string()
    }
}

/// Serves an MCP server at the port in PORT, or 8000.
#[derive(Parser)]
struct Args {}

#[actix_web::main]
async fn main() -> Result<(), BoxError> {
    Args::parse();
    let config = StreamableHttpServerConfig::default();
    let streams = config.cancellation_token.clone();
    let sessions = Arc::new(LocalSessionManager::default());
    let mcp = StreamableHttpService::new(|| Ok(Calculator), sessions, config);
    // One for all workers, because the requests of a session may reach any of them.
    let mcp = Arc::new(tower_app(mcp));
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(async || "the MCP server is at /mcp\n"))
            .service(mount("/mcp", mcp.clone()))
    });
    let server = server.workers(2).tcp_nodelay(true).disable_signals();
    let server = server.listen(examples::listen()?)?.run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        signalled().await;
        streams.cancel();
        handle.stop(true).await;
    });
    server.await?;
    Ok(())
}
