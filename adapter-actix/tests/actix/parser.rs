//! SPEC's "Exceptions of hosts": what actix's parser answers by itself, byte by byte. A test fails when
//! it is no longer so: the exception goes then.

use gateway_conformance::wire::http1::Http1Connection;
use gateway_core::view;

use crate::server::Server;

/// Everything that comes back for these bytes until the server closes, without the dates.
async fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> String {
    let mut connection = Http1Connection::open(server.address).await.unwrap();
    connection.send(bytes).await.unwrap();
    let answers = connection.rest().await.unwrap();
    let answers = String::from_utf8_lossy(&answers).into_owned();
    let is_date = |line: &&str| line.starts_with("date: ");
    let lines = answers.split_inclusive("\r\n");
    lines.filter(|line| !is_date(line)).collect()
}

const EMPTY_400: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn the_exception_of_framing_that_actix_refuses_is_still_there() {
    let server = Server::of(view(async |_| "called"));
    for fields in [
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: gzip",
        "transfer-encoding: identity",
        "transfer-encoding: chunked, gzip",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        "transfer-encoding:",
        // I2 allows this one.
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "content-length: 3\r\ntransfer-encoding: chunked",
    ] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n");
        let answers = exchange(&server, head + "3\r\nabc\r\n0\r\n\r\n").await;
        assert_eq!(answers, EMPTY_400, "{fields}");
    }
    for connection in ["", "connection: keep-alive\r\n"] {
        let head = format!("POST / HTTP/1.0\r\n{connection}transfer-encoding: chunked\r\n\r\n");
        let answers = exchange(&server, head + "3\r\nabc\r\n0\r\n\r\n").await;
        assert_eq!(answers, EMPTY_400, "{connection}");
    }
}

#[tokio::test]
async fn the_exception_of_a_target_that_is_only_a_query_is_still_there() {
    let server = Server::of(view(async |_| "called"));
    let answers = exchange(&server, "GET ?x HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(answers, EMPTY_400);
}

/// It closes, and says so as HTTP/1.0 does: by no `keep-alive`.
#[tokio::test]
async fn the_exception_of_the_close_that_http_1_0_is_not_told_of_is_still_there() {
    let server = Server::of(view(async |_| "called"));
    for connection in ["", "connection: keep-alive\r\n"] {
        let head = format!("GET / HTTP/1.0\r\nhost: a/b\r\n{connection}\r\n");
        let answers = exchange(&server, head).await;
        assert!(
            answers.starts_with("HTTP/1.0 400 Bad Request\r\n"),
            "{answers}"
        );
        assert!(!answers.contains("\r\nconnection:"), "{answers}");
    }
}
