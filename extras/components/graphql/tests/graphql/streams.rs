//! Subscriptions as one response of several parts.

use gateway_conformance::wire::http1::Http1Connection;
use serde_json::json;
use stacks::{Stack, TestServer};

use crate::{assert_refused, endpoint, get, on_each, post, send};

const ACCEPT: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=\"1.0\"";

/// The parts of a response.
fn part(value: u32) -> String {
    let data = json!({ "data": { "upto": value } });
    format!("--graphql\r\nContent-Type: application/json\r\n\r\n{data}\r\n")
}

#[tokio::test]
async fn a_part_for_each_event() {
    on_each(endpoint, async |server, protocol| {
        let whole = format!("{}{}--graphql--\r\n", part(1), part(2));
        let body = json!({ "query": "subscription{upto(end:2)}" }).to_string();
        let query = get("query=subscription%7Bupto%28end%3A2%29%7D");
        for request in [post(body), query] {
            let request = request.header("accept", format!("{ACCEPT}, application/json"));
            let response = send(server, protocol, &request).await;
            assert_eq!(response.status, 200);
            let content_type = response.header("content-type");
            assert_eq!(content_type, Some("multipart/mixed; boundary=graphql"));
            assert_eq!(response.text(), whole);
        }
        // A client that wants it less gets an answer that is not a stream.
        let request =
            post(r#"{"query":"{user}"}"#).header("accept", format!("application/json, {ACCEPT}"));
        let response = send(server, protocol, &request).await;
        assert_eq!(response.header("content-type"), Some("application/json"));
        let batch = post(r#"[{"query":"{user}"}]"#).header("accept", ACCEPT);
        assert_refused(&send(server, protocol, &batch).await, 400);
    })
    .await;
}

/// Without it, the server would wait for the client until its deadline.
#[tokio::test]
async fn l4_a_stream_ends_when_the_server_does() {
    for stack in Stack::ALL {
        eprintln!("{stack}");
        let mut server = TestServer::start(stack, "/api/graphql", endpoint()).unwrap();
        let request = get("query=subscription%7Bendless%7D").header("accept", ACCEPT);
        let mut client = Http1Connection::open(server.address()).await.unwrap();
        client.send_request(&request).await.unwrap();
        assert_eq!(client.read_head("GET").await.unwrap().status, 200);
        let mut seen = Vec::new();
        // The first part arrives while the stream goes on.
        while !seen.ends_with(b"{\"data\":{\"endless\":1}}\r\n") {
            seen.extend_from_slice(&client.read_chunk().await.unwrap().unwrap());
        }
        server.begin_stop();
        let response = client.finish().await.unwrap();
        assert!(response.is_complete());
        assert!(
            response.text().ends_with("--graphql--\r\n"),
            "{}",
            response.text()
        );
        server.end().await.unwrap();
    }
}
