//! The end of a server, and who has to wait for it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::time::{Duration, Instant};

use adapter_hyper::Server;
use gateway_conformance::wire::{WireRequest, http1};
use gateway_core::{Environ, view};
use support::{Running, start_with};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Longer than any test: an end before it is no cut.
const LONG: Duration = Duration::from_secs(3600);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// A HEADERS frame without END_HEADERS: no block of it is whole.
const HALF_HEADERS: &[u8] = &[0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82];

async fn start(configure: impl FnOnce(Server) -> Server) -> Running {
    let app = view(async |_: Environ| "hello");
    start_with(app, |server| configure(server.shutdown_deadline(LONG))).await
}

#[tokio::test]
async fn l4_a_connection_without_an_exchange_does_not_hold_the_end() {
    let settings = [PREFACE, SETTINGS].concat();
    let headers = [PREFACE, SETTINGS, HALF_HEADERS].concat();
    let beginnings: [&[u8]; 6] = [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nhost: a.example\r\n",
        b"PRI * HTTP/2.0\r\n",
        // It answers no ping.
        &settings,
        &headers,
    ];
    let mut server = start(|server| server).await;
    let mut clients = Vec::new();
    for beginning in beginnings {
        let mut client = TcpStream::connect(server.addr).await.unwrap();
        client.write_all(beginning).await.unwrap();
        clients.push(client);
    }
    // One that is used, and idles.
    let mut used = http1::Http1Connection::open(server.addr).await.unwrap();
    used.request(&WireRequest::get("/")).await.unwrap();
    let begin = Instant::now();
    server.tell();
    server.ended().await;
    // A clock counts on request only: a machine under load is slow.
    let is_full = std::env::var_os("GATEWAY_FULL").is_some();
    assert!(!is_full || begin.elapsed() < Duration::from_secs(1));
    assert!(used.rest().await.unwrap().is_empty());
}

/// Their connections were complete before the server was told.
#[tokio::test]
async fn l4_who_waits_in_the_queue_is_answered_and_closed() {
    let mut server = start(|server| server.max_connections(1)).await;
    let mut first = http1::Http1Connection::open(server.addr).await.unwrap();
    first.request(&WireRequest::get("/")).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..12 {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        waiting.push(connection);
    }
    server.tell();
    for mut connection in waiting {
        let response = connection.read_response("GET").await.unwrap();
        assert_eq!(response.text(), "hello");
        // RFC 9112 section 9.6: it is said before it is done.
        assert_eq!(response.header("connection"), Some("close"));
        assert!(connection.rest().await.unwrap().is_empty());
    }
    server.ended().await;
}

/// Twelve clients with a connection for each request, while the server ends: none whose connection was
/// complete before is reset.
#[tokio::test(flavor = "multi_thread")]
async fn l4_no_client_that_had_connected_is_reset() {
    for _ in 0..6 {
        let mut server = start(|server| server).await;
        let addr = server.addr;
        let (told, is_told) = tokio::sync::watch::channel(false);
        let clients: Vec<_> = (0..12)
            .map(|_| {
                let is_told = is_told.clone();
                tokio::spawn(async move {
                    let mut answered = 0_u32;
                    loop {
                        let Ok(mut connection) = http1::Http1Connection::open(addr).await else {
                            return answered;
                        };
                        // What was connected behind that may come too late.
                        let is_before = !*is_told.borrow();
                        let response = async {
                            connection.send_request(&WireRequest::get("/")).await?;
                            connection.read_response("GET").await
                        };
                        match response.await {
                            Ok(response) => assert_eq!(response.text(), "hello"),
                            Err(error) if is_before => panic!("after {answered}: {error}"),
                            Err(_) => return answered,
                        }
                        answered += 1;
                    }
                })
            })
            .collect();
        // All of them are at it.
        let mut connection = http1::Http1Connection::open(addr).await.unwrap();
        connection.request(&WireRequest::get("/")).await.unwrap();
        told.send_replace(true);
        server.tell();
        server.ended().await;
        for client in clients {
            client.await.unwrap();
        }
    }
}
