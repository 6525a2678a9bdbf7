//! SPEC's "Exceptions of hosts": what hyper's parser answers by itself, byte by byte. A test fails when
//! it is no longer so: the exception goes then.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use gateway_conformance::wire::http1::Http1Connection;
use gateway_core::{Environ, Error, view};
use support::{Running, start};

/// Everything that comes back for these bytes until the server closes, without the dates.
async fn exchange(server: &Running, bytes: impl AsRef<[u8]>) -> String {
    let mut connection = Http1Connection::open(server.addr).await.unwrap();
    connection.send(bytes).await.unwrap();
    let answers = connection.rest().await.unwrap();
    let answers = String::from_utf8_lossy(&answers).into_owned();
    let is_date = |line: &&str| line.starts_with("date: ");
    let lines = answers.split_inclusive("\r\n");
    lines.filter(|line| !is_date(line)).collect()
}

async fn server() -> Running {
    start(view(
        async |mut environ: Environ| -> Result<String, Error> {
            Ok(environ.take_input().text(100).await?)
        },
    ))
    .await
}

const EMPTY_400: &str =
    "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn the_exception_of_codings_whose_last_is_not_chunked_is_still_there() {
    let server = server().await;
    for codings in ["gzip", "identity", "chunked, gzip", "chunked;a=b", ""] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: {codings}\r\n\r\n");
        let answers = exchange(&server, head + "3\r\nabc\r\n0\r\n\r\n").await;
        assert_eq!(answers, EMPTY_400, "{codings}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_exception_of_a_coding_in_http_1_0_is_still_there() {
    let server = server().await;
    for connection in ["", "connection: keep-alive\r\n"] {
        let head = format!("POST / HTTP/1.0\r\n{connection}transfer-encoding: chunked\r\n\r\n");
        let answers = exchange(&server, head + "3\r\nabc\r\n0\r\n\r\n").await;
        assert_eq!(answers, EMPTY_400, "{connection}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_exception_of_a_target_that_is_only_a_query_is_still_there() {
    let server = server().await;
    let answers = exchange(&server, "GET ?x HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(answers, EMPTY_400);
    server.stop().await;
}

/// Not an exception: I2 allows it.
#[tokio::test]
async fn i2_rfc_9112_6_1_a_length_beside_chunked_is_ignored_and_ends_the_connection() {
    let server = server().await;
    for fields in [
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "content-length: 3\r\ntransfer-encoding: chunked",
        "content-length: 3\r\ntransfer-encoding: chunked\r\nconnection: keep-alive",
    ] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n");
        let following = "GET /following HTTP/1.1\r\nhost: a\r\n\r\n";
        let answers = exchange(&server, head + "5\r\nhello\r\n0\r\n\r\n" + following).await;
        assert_eq!(
            answers,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\
             content-length: 5\r\n\r\nhello",
            "{fields}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn e17_a_refusal_of_http_1_0_says_close_and_nothing_else() {
    let server = server().await;
    for connection in ["", "connection: keep-alive\r\n"] {
        let head = format!("GET / HTTP/1.0\r\nhost: a/b\r\n{connection}\r\n");
        let answers = exchange(&server, head).await;
        assert!(
            answers.starts_with("HTTP/1.0 400 Bad Request\r\n"),
            "{answers}"
        );
        let said: Vec<&str> = answers
            .lines()
            .filter(|line| line.starts_with("connection:"))
            .collect();
        assert_eq!(said, ["connection: close"], "{answers}");
    }
    server.stop().await;
}
