//! A response that closes its connection says so (RFC 9112 section 9.6).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use gateway_conformance::wire::{WireRequest, http1};
use gateway_core::{App, Environ, Error, HttpError, view};
use gateway_util::MiddlewareExt;
use support::start;

/// Answers as its path says, and reads no body.
fn app() -> impl App {
    let app = view(async |environ: Environ| -> Result<&'static str, Error> {
        match environ.path_info().to_string().as_str() {
            "/401" => Err(HttpError::unauthorized().into()),
            "/404" => Err(HttpError::not_found().into()),
            "/500" => Err(Error::msg("broken")),
            "/panic" => panic!("an app may"),
            _ => Ok("hello"),
        }
    });
    app.limit_input(1_000_000)
}

const ROWS: [(&str, u16); 5] = [
    ("/200", 200),
    ("/401", 401),
    ("/404", 404),
    ("/500", 500),
    ("/panic", 500),
];

/// Two requests at once; the first has a body of this length. Gives the first response, and the
/// second, if there is one.
async fn two(
    addr: std::net::SocketAddr,
    target: &str,
    length: usize,
) -> (http1::Http1Connection, u16, bool) {
    let mut connection = http1::Http1Connection::open(addr).await.unwrap();
    let mut bytes = WireRequest::post(target)
        .body("x".repeat(length))
        .to_http1("a.example")
        .to_vec();
    bytes.extend_from_slice(&WireRequest::get("/200").to_http1("a.example"));
    // The server may close before it has read everything.
    let _ = connection.send(bytes).await;
    let response = connection.read_response("POST").await.unwrap();
    assert!(response.is_complete());
    let closes = response.header("connection") == Some("close");
    (connection, response.status, closes)
}

#[tokio::test]
async fn i5_rfc_9112_9_6_a_response_whose_request_body_is_not_read_says_close() {
    let server = start(app()).await;
    let mut rows = ROWS
        .map(|(target, status)| (target, status, 200_000))
        .to_vec();
    rows.push(("/200", 413, 2_000_000));
    for (target, status, length) in rows {
        let (mut connection, seen, closes) = two(server.addr, target, length).await;
        assert_eq!((seen, closes), (status, true), "{target}");
        assert!(connection.rest().await.unwrap().is_empty(), "{target}");
    }
    server.stop().await;
}

#[tokio::test]
async fn i5_a_body_that_came_with_its_head_keeps_the_connection() {
    let server = start(app()).await;
    for (target, status) in ROWS {
        let (mut connection, seen, closes) = two(server.addr, target, 100).await;
        assert_eq!((seen, closes), (status, false), "{target}");
        let second = connection.read_response("GET").await.unwrap();
        assert_eq!(second.text(), "hello", "{target}");
    }
    server.stop().await;
}

/// RFC 9110 section 10.1.1: who answers without `100 Continue` says whether the connection closes.
#[tokio::test]
async fn i6_a_final_answer_to_a_client_that_waits_for_continue_says_close() {
    let server = start(app()).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let head = "POST /401 HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    connection.send(head).await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.status, 401);
    assert_eq!(response.header("connection"), Some("close"));
    assert!(connection.rest().await.unwrap().is_empty());
    server.stop().await;
}
