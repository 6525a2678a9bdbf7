//! The stream of `subscriptions/listen`, which a POST begins, and which has no end of its own.

use gateway_conformance::wire::WireRequest;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_mcp::Mcp;
use gateway_util::Mount;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig, SubscriptionFilter};
use rmcp::service::SubscriptionContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::{ErrorData, ServerHandler};
use serde_json::json;
use stacks::{Stack, TestServer};

#[derive(Clone)]
struct Changing;

impl ServerHandler for Changing {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("changing", "0.1.0"))
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let sent = context.sink().notify_tool_list_changed().await;
        sent.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        context.cancelled().await;
        Ok(())
    }
}

fn listen() -> WireRequest {
    let version = "2026-07-28";
    let message = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1.0"},
                "io.modelcontextprotocol/clientCapabilities": {},
            },
            "notifications": {"toolsListChanged": true},
        },
    });
    WireRequest::post("/mcp")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", version)
        .header("mcp-method", "subscriptions/listen")
        .body(message.to_string())
}

#[tokio::test]
async fn l4_it_ends_with_the_server() -> Result<(), Box<dyn std::error::Error>> {
    for stack in Stack::ALL {
        let mcp = Mcp::new(|| Ok(Changing), StreamableHttpServerConfig::default());
        let server = TestServer::start(stack, "", Mount::new().at("/mcp", mcp))?;
        let mut stream = Http1Connection::open(server.address()).await?;
        stream.send_request(&listen()).await?;
        assert_eq!(stream.read_head("POST").await?.status, 200, "{stack}");
        let mut events = String::new();
        while !events.contains("notifications/tools/list_changed") {
            let chunk = stream.read_chunk().await?.unwrap();
            events += std::str::from_utf8(&chunk)?;
        }
        let shutdown = server.end();
        let (ended, shutdown) = tokio::join!(stream.finish(), shutdown);
        // It was ended, and not cut.
        assert!(ended?.is_complete(), "{stack}");
        shutdown?;
    }
    Ok(())
}
