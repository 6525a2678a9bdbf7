//! An MCP server on every stack, by its messages.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::App as _;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use serde_json::json;
use stacks::{Stack, TestServer};

use support::{Client, TestResult, message, site};

#[tokio::test]
async fn a_session_lives_over_connections_until_it_is_deleted() -> TestResult {
    for stack in Stack::ALL {
        let (app, _) = site(StreamableHttpServerConfig::default());
        let server = TestServer::start(stack, "", app)?;
        for protocol in Protocol::ALL {
            let client = Client::new(server.address(), protocol).await;
            let listed = message(&client.send(client.call(2, "tools/list", json!({}))).await);
            let tools = listed["result"]["tools"].as_array().map(Vec::len);
            assert_eq!(tools, Some(2), "{stack}: {listed}");
            for a in 0..8 {
                let sum = json!({"name": "sum", "arguments": {"a": a, "b": 40}});
                let called = client.send(client.call(3 + a, "tools/call", sum)).await;
                let called = message(&called);
                let text = &called["result"]["content"][0]["text"];
                assert_eq!(text, &(a + 40).to_string(), "{stack}: {called}");
            }
            let delete = client.of_session(WireRequest::new("DELETE", "/mcp"));
            assert!(client.send(delete).await.status < 300, "{stack}");
            let gone = client.call(20, "tools/list", json!({}));
            assert_eq!(client.send(gone).await.status, 404, "{stack}");
        }
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn b1_each_event_is_sent_when_it_is_made() -> TestResult {
    for stack in Stack::ALL {
        let (app, go) = site(StreamableHttpServerConfig::default());
        let server = TestServer::start(stack, "", app)?;
        let client = Client::new(server.address(), Protocol::Http1).await;
        let mut stream = client.stream(&client.wait()).await;
        let mut events = String::new();
        while !events.contains("waiting") {
            let chunk = stream.read_chunk().await?.unwrap();
            events += std::str::from_utf8(&chunk)?;
        }
        // The tool still runs.
        assert!(!events.contains("done"), "{stack}: {events}");
        go.notify_one();
        let rest = stream.finish().await?;
        assert!(rest.is_complete(), "{stack}: {rest:?}");
        assert!(rest.text().contains("done"), "{stack}: {rest:?}");
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn l4_streams_end_with_the_server_and_calls_may_end() -> TestResult {
    for stack in Stack::ALL {
        let config = StreamableHttpServerConfig::default();
        let token = config.cancellation_token.clone();
        let (app, go) = site(config);
        let mut server = TestServer::start(stack, "", app)?;
        let client = Client::new(server.address(), Protocol::Http1).await;
        // Its head comes before there is an event.
        let mut events = client.stream(&client.events()).await;
        let mut call = client.stream(&client.wait()).await;

        server.begin_stop();
        // It was ended, and not cut.
        let ended = events.finish().await?;
        assert!(ended.is_complete(), "{stack}: {ended:?}");
        // The sessions live as long as there is a call.
        assert!(!token.is_cancelled(), "{stack}");
        go.notify_one();
        let called = call.finish().await?;
        assert!(called.is_complete(), "{stack}: {called:?}");
        assert!(called.text().contains("done"), "{stack}: {called:?}");
        server.end().await?;
        // L10: the sessions end behind the last exchange.
        assert!(token.is_cancelled(), "{stack}");
    }
    Ok(())
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() -> TestResult {
    for stack in Stack::ALL {
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(["mcp.example"])
            .with_allowed_origins(["https://app.example:443"]);
        let (app, _) = site(config);
        let server = TestServer::start(stack, "", app)?;
        for protocol in Protocol::ALL {
            let ask = async |host: &str, origin: Option<&str>| {
                let request = WireRequest::get("/mcp").header("accept", "text/event-stream");
                let request = match protocol {
                    Protocol::Http1 => request.without_host().header("host", host),
                    Protocol::Http2 => request.authority(host),
                };
                let request = match origin {
                    Some(origin) => request.header("origin", origin),
                    None => request,
                };
                exchange(server.address(), protocol, &request)
                    .await
                    .unwrap()
                    .status
            };
            let what = format!("{stack}, {protocol:?}");
            assert_eq!(ask("evil.example", None).await, 403, "{what}");
            assert_eq!(
                ask("mcp.example", Some("https://evil.example")).await,
                403,
                "{what}"
            );
            // These pass the checks, and lack a session.
            for origin in [None, Some("https://app.example")] {
                let status = ask("mcp.example", origin).await;
                assert!(status == 400 || status == 422, "{what}: {status}");
            }
        }
        // E12: the host is that of the target, whatever the header says.
        let absolute = WireRequest::get("http://evil.example/mcp");
        let absolute = absolute.without_host().header("host", "mcp.example");
        let authority = WireRequest::get("/mcp").authority("evil.example");
        let authority = authority.header("host", "mcp.example");
        for (protocol, request) in [(Protocol::Http1, absolute), (Protocol::Http2, authority)] {
            let request = request.header("accept", "text/event-stream");
            let answer = exchange(server.address(), protocol, &request).await?;
            assert_eq!(answer.status, 403, "{stack}, {protocol:?}");
        }
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn there_is_one_endpoint_with_a_limit() -> TestResult {
    for stack in Stack::ALL {
        let config = StreamableHttpServerConfig::default().with_max_request_body_bytes(1000);
        let (app, _) = site(config);
        let server = TestServer::start(stack, "", app)?;
        for protocol in Protocol::ALL {
            let what = format!("{stack}, {protocol:?}");
            let client = Client::new(server.address(), protocol).await;
            let status = async |request| client.send(request).await.status;
            assert_eq!(status(WireRequest::get("/mcp/other")).await, 404, "{what}");
            assert_eq!(status(WireRequest::get("/mcp")).await, 406, "{what}");
            let put = client.send(WireRequest::new("PUT", "/mcp")).await;
            assert_eq!(put.status, 405, "{what}");
            assert_eq!(put.header("allow"), Some("GET, POST, DELETE"), "{what}");
            let long = "x".repeat(2000);
            let call = client.call(2, "tools/call", json!({"name": long}));
            assert_eq!(status(call).await, 413, "{what}");
        }
        server.end().await?;
    }
    Ok(())
}

#[tokio::test]
async fn l10_the_shutdown_of_the_app_ends_its_sessions() {
    let config = StreamableHttpServerConfig::default();
    let token = config.cancellation_token.clone();
    let (app, _) = site(config);
    app.startup().await.unwrap();
    assert!(!token.is_cancelled());
    app.shutdown().await.unwrap();
    assert!(token.is_cancelled());
}

#[tokio::test]
async fn m2_the_lint_finds_nothing() {
    let (app, _) = site(StreamableHttpServerConfig::default());
    let client = gateway_testing::Client::new(app);
    let accept = ("accept", "application/json, text/event-stream");
    let params = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1.0"},
    });
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    let post = client
        .post("/mcp")
        .header(accept.0, accept.1)
        .json(&initialize);
    let response = post.send().await.assert_status(200);
    let session = response.headers()["mcp-session-id"].clone();
    let delete = client.delete("/mcp").header("mcp-session-id", session);
    assert!(delete.send().await.status().is_success());
    client.get("/mcp").send().await.assert_status(406);
    client.put("/mcp").send().await.assert_status(405);
    client.post("/mcp/other").send().await.assert_status(404);
}
