//! `cargo run -p examples --features integrations --bin mcp_in_actix`: an MCP server inside actix-web.
//!
//! rmcp's streamable HTTP service is a tower service; through the gateway it is mounted at /mcp.

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use adapter_actix::mount;
use adapter_tower::tower_app;
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

#[actix_web::main]
async fn main() -> Result<(), BoxError> {
    let mcp = StreamableHttpService::new(
        || Ok(Calculator),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    // One for all workers, because the requests of a session may reach any of them.
    let mcp = Arc::new(tower_app(mcp));
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(async || "the MCP server is at /mcp\n"))
            .service(mount("/mcp", mcp.clone()))
    });
    let server = server.workers(2).tcp_nodelay(true);
    server.listen(examples::listen()?)?.run().await?;
    Ok(())
}
