//! Many clients that ask and do not read: the server ends their connections. `GATEWAY_FULL=1` takes forty
//! of each kind and two seconds, and holds them to four.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gateway_conformance::wire::{End, WireRequest, http1, http2};
use gateway_core::{App, Body, Environ, StartResponse, app_fn};
use gateway_util::MiddlewareExt;
use support::{OnDrop, Reports, reports, start_with};

fn is_full() -> bool {
    std::env::var_os("GATEWAY_FULL").is_some()
}

/// Sends without end, and tells when that is over.
fn endless() -> (impl App, Reports<&'static str>) {
    let (log, seen) = reports();
    let app = app_fn(move |_: Environ, start_response: StartResponse| {
        let dropped = OnDrop(log.clone(), "dropped");
        async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            let body = Body::from_chunks(std::iter::repeat_with(|| vec![b'x'; 64 * 1024]));
            Ok(body.on_close(move || drop(dropped)))
        }
    });
    (app, seen)
}

async fn over_http1(addr: SocketAddr, seen: &mut Reports<&'static str>, clients: usize) {
    let mut stalled = Vec::new();
    for _ in 0..clients {
        let mut connection = http1::Http1Connection::open(addr).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        stalled.push(connection);
    }
    for _ in 0..clients {
        assert_eq!(seen.next().await, "dropped");
    }
    for mut connection in stalled {
        // What was on its way, and then the end.
        assert_ne!(
            connection.read_response("GET").await.unwrap().end,
            End::Complete
        );
    }
}

async fn over_http2(addr: SocketAddr, seen: &mut Reports<&'static str>, clients: usize) {
    let mut stalled = Vec::new();
    for _ in 0..clients {
        let mut connection = http2::Http2Connection::open(addr).await.unwrap();
        let stream = connection
            .open_stream(&WireRequest::get("/"))
            .await
            .unwrap();
        stalled.push((connection, stream));
    }
    for (mut connection, _stream) in stalled {
        assert_eq!(seen.next().await, "dropped");
        assert!(connection.closed().await);
    }
}

fn size() -> (usize, Duration) {
    match is_full() {
        true => (40, Duration::from_secs(2)),
        false => (4, Duration::from_millis(200)),
    }
}

/// All clients, over either protocol.
async fn every_client_sees_the_end(addr: SocketAddr, seen: &mut Reports<&'static str>) {
    let (clients, _) = size();
    let limit = |begin: Instant| {
        let took = begin.elapsed();
        assert!(!is_full() || took < Duration::from_secs(4), "{took:?}");
    };
    let begin = Instant::now();
    over_http1(addr, seen, clients).await;
    limit(begin);
    let begin = Instant::now();
    over_http2(addr, seen, clients).await;
    limit(begin);
}

#[tokio::test]
async fn b8_every_client_that_does_not_read_sees_the_end_of_the_app_s_time() {
    let (_, timeout) = size();
    let (app, mut seen) = endless();
    let server = start_with(app.timeout(timeout), |server| server).await;
    every_client_sees_the_end(server.addr, &mut seen).await;
    server.stop().await;
    let (app, mut seen) = endless();
    let server = start_with(app.timeout(timeout).between_chunks(), |server| server).await;
    every_client_sees_the_end(server.addr, &mut seen).await;
    server.stop().await;
}

#[tokio::test]
async fn l3_every_client_that_does_not_read_sees_the_end() {
    let (_, timeout) = size();
    let (app, mut seen) = endless();
    let server = start_with(app, |server| server.write_timeout(timeout)).await;
    every_client_sees_the_end(server.addr, &mut seen).await;
    server.stop().await;
}
