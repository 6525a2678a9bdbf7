//! A small MCP server, and the messages of its clients.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_conformance::wire::http1::Http1Connection;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};
use gateway_core::App;
use gateway_mcp::Mcp;
use gateway_util::Mount;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::{RoleServer, schemars, tool, tool_router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The tools that a model can use.
#[derive(Clone, Default)]
pub(crate) struct Tools {
    go: Arc<Notify>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Sum {
    a: i64,
    b: i64,
}

#[tool_router(server_handler)]
impl Tools {
    #[tool(description = "The sum of two numbers")]
    async fn sum(&self, Parameters(Sum { a, b }): Parameters<Sum>) -> String {
        a.saturating_add(b).to_string()
    }

    #[tool(description = "Says something, and waits until it is told to end")]
    async fn wait(&self, context: RequestContext<RoleServer>) -> String {
        let Some(token) = context.meta.get_progress_token() else {
            return "there is no progress token".into();
        };
        let progress = ProgressNotificationParam::new(token, 1.0).with_message("waiting");
        match context.peer.notify_progress(progress).await {
            Ok(()) => self.go.notified().await,
            Err(error) => return error.to_string(),
        }
        "done".into()
    }
}

/// The server at /mcp. The `Notify` ends the tool `wait`.
pub(crate) fn site(config: StreamableHttpServerConfig) -> (impl App, Arc<Notify>) {
    let tools = Tools::default();
    let go = tools.go.clone();
    let mcp = Mcp::new(move || Ok(tools.clone()), config);
    (Mount::new().at("/mcp", mcp), go)
}

/// A client, of which each request is a connection of its own and may reach any worker.
pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    pub(crate) protocol: Protocol,
    session: Option<String>,
}

impl Client {
    /// A client with a session.
    pub(crate) async fn new(addr: SocketAddr, protocol: Protocol) -> Self {
        let mut client = Self {
            addr,
            protocol,
            session: None,
        };
        let params = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1.0"},
        });
        let answer = client.send(client.call(1, "initialize", params)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(message(&answer)["id"], 1);
        client.session = answer.header("mcp-session-id").map(str::to_owned);
        assert!(client.session.is_some(), "{answer:?}");
        let notified = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let notified = client.post().body(notified.to_string());
        assert_eq!(client.send(notified).await.status, 202);
        client
    }

    pub(crate) async fn send(&self, request: WireRequest) -> WireResponse {
        let answer = exchange(self.addr, self.protocol, &request).await.unwrap();
        assert!(answer.is_complete(), "{answer:?}");
        answer
    }

    pub(crate) fn call(&self, id: u32, method: &str, params: Value) -> WireRequest {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.post().body(message.to_string())
    }

    /// The call of the tool `wait`.
    pub(crate) fn wait(&self) -> WireRequest {
        let params = json!({"name": "wait", "_meta": {"progressToken": "p"}});
        self.call(2, "tools/call", params)
    }

    pub(crate) fn post(&self) -> WireRequest {
        let post = WireRequest::post("/mcp").header("content-type", "application/json");
        self.of_session(post.header("accept", "application/json, text/event-stream"))
    }

    /// The request for the stream of the session.
    pub(crate) fn events(&self) -> WireRequest {
        self.of_session(WireRequest::get("/mcp").header("accept", "text/event-stream"))
    }

    pub(crate) fn of_session(&self, request: WireRequest) -> WireRequest {
        match &self.session {
            Some(session) => request
                .header("mcp-session-id", session)
                .header("mcp-protocol-version", "2025-06-18"),
            None => request,
        }
    }

    /// A connection whose response has begun, as an event stream.
    pub(crate) async fn stream(&self, request: &WireRequest) -> Http1Connection {
        let mut connection = Http1Connection::open(self.addr).await.unwrap();
        connection.send_request(request).await.unwrap();
        let head = connection.read_head(request.method()).await.unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        connection
    }
}

/// The message in an answer: JSON, or the last event of an event stream.
pub(crate) fn message(answer: &WireResponse) -> Value {
    let text = answer.text();
    let data = match answer.header("content-type") {
        Some("text/event-stream") => {
            let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
            data.rfind(|data| !data.trim().is_empty()).unwrap().trim()
        }
        _ => &text,
    };
    serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}
