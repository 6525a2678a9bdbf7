//! The programs with components of others: started, and driven by a client of their protocol.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::SocketAddr;

use examples::Stack;
use gateway_conformance::wire::{End, Protocol, WireRequest, WireResponse, exchange, http1};
use serde_json::{Value, json};

use process::{Running, program};

/// Starts a program on a free port.
fn start(path: &str, arguments: &[&str]) -> Running {
    let mut command = program(path, arguments);
    command.env("PORT", "0");
    Running::start(command)
}

async fn ask(address: SocketAddr, protocol: Protocol, request: WireRequest) -> WireResponse {
    let answer = exchange(address, protocol, &request).await.unwrap();
    assert!(answer.is_complete(), "{answer:?}");
    answer
}

#[tokio::test]
async fn tonic_and_app_share_a_port() {
    let server = start(env!("CARGO_BIN_EXE_tonic_and_app"), &[]);
    for protocol in Protocol::ALL {
        let page = ask(server.address, protocol, WireRequest::get("/any")).await;
        assert_eq!(page.text(), "a page at /any\n");
    }
    // `HealthCheckRequest { service }`, with the prefix of a gRPC message.
    let check = |service: &str| {
        let length = u8::try_from(service.len()).unwrap();
        let mut message = vec![0, 0, 0, 0, length + 2, 10, length];
        message.extend_from_slice(service.as_bytes());
        WireRequest::post("/grpc.health.v1.Health/Check")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(message)
    };
    let served = ask(server.address, Protocol::Http2, check("showcase")).await;
    assert_eq!(served.header("content-type"), Some("application/grpc"));
    // `HealthCheckResponse { status: SERVING }`.
    assert_eq!(served.body[..], [0, 0, 0, 0, 2, 8, 1]);
    assert_eq!(served.trailer("grpc-status"), Some("0"));
    assert_eq!(served.end, End::Complete);
    let unknown = ask(server.address, Protocol::Http2, check("x")).await;
    assert_eq!(unknown.header("grpc-status"), Some("5"));
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}

/// The message in an answer: JSON, or the last event of an event stream.
fn message(answer: &WireResponse) -> Value {
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

/// A JSON-RPC call as an MCP client sends it.
fn call(session: Option<&str>, message: &Value) -> WireRequest {
    let request = WireRequest::post("/mcp")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let request = match session {
        Some(session) => request
            .header("mcp-session-id", session)
            .header("mcp-protocol-version", "2025-06-18"),
        None => request,
    };
    request.body(message.to_string())
}

#[tokio::test]
async fn an_mcp_client_finds_and_calls_the_tools() {
    let server = start(env!("CARGO_BIN_EXE_mcp_in_actix"), &[]);
    // HTTP/1.1 alone: each request is a connection of its own, and may reach either worker.
    let send = async |request| ask(server.address, Protocol::Http1, request).await;

    let native = send(WireRequest::get("/")).await;
    assert_eq!(native.text(), "the MCP server is at /mcp\n");

    let answer = send(call(
        None,
        &json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1.0"},
        }}),
    ))
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.header("mcp-session-id").unwrap();
    let initialized = message(&answer);
    assert_eq!(initialized["id"], 1);
    assert!(initialized["result"]["capabilities"]["tools"].is_object());

    let session = Some(id);
    let notified = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(send(call(session, &notified)).await.status, 202);

    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let listed = message(&send(call(session, &list)).await);
    assert_eq!(listed["result"]["tools"][0]["name"], "sum", "{listed}");

    for a in 0..8 {
        let sum = json!({"jsonrpc": "2.0", "id": 3 + a, "method": "tools/call",
            "params": {"name": "sum", "arguments": {"a": a, "b": 40}}});
        let called = message(&send(call(session, &sum)).await);
        let text = &called["result"]["content"][0]["text"];
        assert_eq!(text, &(a + 40).to_string(), "{called}");
    }

    // The event stream of the session: its head comes before there is an event.
    let events = WireRequest::get("/mcp")
        .header("accept", "text/event-stream")
        .header("mcp-session-id", id)
        .header("mcp-protocol-version", "2025-06-18");
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection.send_request(&events).await.unwrap();
    let head = connection.read_head("GET").await.unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    drop(connection);
    // One that is open when the server is to end, and would hold it for its whole deadline.
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1.0"},
    }});
    let answer = send(call(None, &initialize)).await;
    let other = answer.header("mcp-session-id").unwrap();
    assert_eq!(send(call(Some(other), &notified)).await.status, 202);
    let events = WireRequest::get("/mcp")
        .header("accept", "text/event-stream")
        .header("mcp-session-id", other)
        .header("mcp-protocol-version", "2025-06-18");
    connection.send_request(&events).await.unwrap();
    assert_eq!(connection.read_head("GET").await.unwrap().status, 200);

    let end = WireRequest::new("DELETE", "/mcp").header("mcp-session-id", id);
    assert!(send(end).await.status < 300);
    assert_eq!(send(call(session, &list)).await.status, 404);

    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
    // L4: it was ended, and not cut.
    assert!(connection.finish().await.unwrap().is_complete());
}

#[tokio::test]
async fn webdav_works_on_every_stack() {
    for stack in Stack::ALL {
        let server = start(env!("CARGO_BIN_EXE_dav"), &["--stack", &stack.to_string()]);
        for protocol in Protocol::ALL {
            assert_webdav(server.address, protocol, stack).await;
        }
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{stack}: {log}");
    }
}

/// A client's round through the methods; it leaves nothing behind.
async fn assert_webdav(address: SocketAddr, protocol: Protocol, stack: Stack) {
    let send = async |request| ask(address, protocol, request).await;
    let of = |status: u16| (status, format!("{stack} {protocol:?}"));
    let status = async |request| of(ask(address, protocol, request).await.status);

    let options = send(WireRequest::new("OPTIONS", "/files/")).await;
    assert!(
        options.header("dav").unwrap().starts_with('1'),
        "{options:?}"
    );
    assert_eq!(status(WireRequest::new("MKCOL", "/files/d")).await, of(201));
    let put = WireRequest::new("PUT", "/files/d/a%20b.txt");
    assert_eq!(status(put.clone().body("first")).await, of(201));
    assert_eq!(status(put.chunked(["sec", "ond"])).await, of(204));

    let get = send(WireRequest::get("/files/d/a%20b.txt")).await;
    assert_eq!(
        (get.text().as_str(), get.header("content-length")),
        ("second", Some("6"))
    );
    let head = send(WireRequest::head("/files/d/a%20b.txt")).await;
    assert_eq!(
        (head.text().as_str(), head.header("content-length")),
        ("", Some("6"))
    );
    let part = WireRequest::get("/files/d/a%20b.txt").header("range", "bytes=1-2");
    let part = send(part).await;
    assert_eq!((part.status, part.text().as_str()), (206, "ec"));
    let etag = get.header("etag").unwrap();
    let unchanged = WireRequest::get("/files/d/a%20b.txt").header("if-none-match", etag);
    assert_eq!(status(unchanged).await, of(304));

    let list = WireRequest::new("PROPFIND", "/files/d/").header("depth", "1");
    let list = send(list).await;
    assert_eq!(of(list.status), of(207));
    // Links begin at the mount.
    assert!(
        list.text().contains("<D:href>/files/d/a%20b.txt</D:href>"),
        "{}",
        list.text()
    );

    let host = format!("http://{address}/files/d/moved.txt");
    let moved = WireRequest::new("MOVE", "/files/d/a%20b.txt").header("destination", host);
    assert_eq!(status(moved).await, of(201));
    assert_eq!(
        status(WireRequest::get("/files/d/a%20b.txt")).await,
        of(404)
    );
    assert_eq!(
        status(WireRequest::new("DELETE", "/files/d/")).await,
        of(204)
    );
    assert_eq!(
        status(WireRequest::get("/files/d/moved.txt")).await,
        of(404)
    );
    let beside = send(WireRequest::get("/")).await;
    assert_eq!(beside.text(), "a WebDAV server is at /files\n");
}
