//! SPEC's "Exceptions of hosts": what hyper's parser answers by itself under axum, byte by byte. A test
//! fails when it is no longer so: the exception goes then.

mod support;

use std::net::SocketAddr;

use adapter_tower::service;
use axum::Router;
use gateway_conformance::wire::http1::Http1Connection;
use gateway_core::{Environ, Error, view};
use support::{TestResult, axum_serve};

/// Everything that comes back for these bytes until the server closes, without the dates.
async fn exchange(address: SocketAddr, bytes: impl AsRef<[u8]>) -> TestResult<String> {
    let mut connection = Http1Connection::open(address).await?;
    connection.send(bytes).await?;
    let answers = connection.rest().await?;
    let answers = String::from_utf8_lossy(&answers).into_owned();
    let is_date = |line: &&str| line.starts_with("date: ");
    let lines = answers.split_inclusive("\r\n");
    Ok(lines.filter(|line| !is_date(line)).collect())
}

async fn serve() -> SocketAddr {
    let app = view(async |mut environ: Environ| -> Result<String, Error> {
        Ok(environ.take_input().text(100).await?)
    });
    axum_serve(Router::new().fallback_service(service(app))).await
}

const EMPTY_400: &str =
    "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn the_exception_of_what_hyper_refuses_is_still_there() -> TestResult {
    let address = serve().await;
    let body = "3\r\nabc\r\n0\r\n\r\n";
    for codings in ["gzip", "identity", "chunked, gzip", "chunked;a=b", ""] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: {codings}\r\n\r\n");
        let answers = exchange(address, head + body).await?;
        assert_eq!(answers, EMPTY_400, "{codings}");
    }
    let old = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(exchange(address, format!("{old}{body}")).await?, EMPTY_400);
    let query = "GET ?x HTTP/1.1\r\nhost: a\r\n\r\n";
    assert_eq!(exchange(address, query).await?, EMPTY_400);
    Ok(())
}

/// Not an exception: I2 allows it.
#[tokio::test]
async fn i2_rfc_9112_6_1_a_length_beside_chunked_is_ignored_and_ends_the_connection() -> TestResult
{
    let address = serve().await;
    for fields in [
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "content-length: 3\r\ntransfer-encoding: chunked",
    ] {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n");
        let following = "GET /following HTTP/1.1\r\nhost: a\r\n\r\n";
        let answers = exchange(address, head + "5\r\nhello\r\n0\r\n\r\n" + following).await?;
        assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
        assert!(answers.contains("\r\nconnection: close\r\n"), "{answers}");
        assert!(answers.ends_with("\r\n\r\nhello"), "{answers}");
    }
    Ok(())
}

#[tokio::test]
async fn e17_a_refusal_of_http_1_0_says_close_and_nothing_else() -> TestResult {
    let address = serve().await;
    for connection in ["", "connection: keep-alive\r\n"] {
        let head = format!("GET / HTTP/1.0\r\nhost: a/b\r\n{connection}\r\n");
        let answers = exchange(address, head).await?;
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
    Ok(())
}
