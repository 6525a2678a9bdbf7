//! What bounds a client that takes its time.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1, http2};
use gateway_core::{App, Body, Environ, Error, StartResponse, app_fn, view};
use support::{OnDrop, Reports, reports, start_with, within};
use tokio::sync::Notify;

const SHORT: Duration = Duration::from_millis(200);

/// Connections that do nothing but answer pings do not hold `max_connections` for ever.
#[tokio::test]
async fn an_idle_http_2_connection_ends_with_goaway() {
    let app = view(async |_: Environ| "hello");
    let server = start_with(app, |server| {
        server.max_connections(50).http2_idle_timeout(SHORT)
    })
    .await;
    let mut idle = Vec::new();
    for number in 0..50 {
        let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
        // Used or not.
        if number % 2 == 0 {
            connection.request(&WireRequest::get("/")).await.unwrap();
        }
        idle.push(connection);
    }
    let request = WireRequest::get("/");
    let next = exchange(server.addr, Protocol::Http1, &request);
    let next = within("the 51st client's turn", next).await.unwrap();
    assert_eq!(next.text(), "hello");
    for mut connection in idle {
        assert!(connection.closed().await);
        let frames = connection.frames();
        let reasons: Vec<_> = frames.iter().filter_map(http2::Frame::reason).collect();
        assert!(!reasons.is_empty(), "no GOAWAY");
        for reason in reasons {
            assert_eq!(u32::from(reason), 0);
        }
    }
    server.stop().await;
}

/// A stream that is open keeps its connection.
#[tokio::test]
async fn the_idle_timeout_does_not_end_an_exchange() {
    let (log, mut seen) = reports();
    let may = Arc::new(Notify::new());
    let notify = may.clone();
    let app = app_fn(move |_: Environ, start_response: StartResponse| {
        let (log, may) = (log.clone(), notify.clone());
        async move {
            let _ = log.send("called");
            may.notified().await;
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from("hello"))
        }
    });
    let server = start_with(app, |server| {
        server.http2_idle_timeout(SHORT).write_timeout(SHORT)
    })
    .await;
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    assert_eq!(seen.next().await, "called");
    // One that idles tells when the limits are over: it came later.
    let mut idle = http2::Http2Connection::open(server.addr).await.unwrap();
    assert!(idle.closed().await);
    may.notify_one();
    assert_eq!(stream.finish().await.unwrap().text(), "hello");
    server.stop().await;
}

#[tokio::test]
async fn i3_a_request_body_that_stalls_fails_the_read() {
    let app = view(async |mut environ: Environ| -> Result<String, Error> {
        Ok(environ.take_input().text(100).await?)
    });
    let server = start_with(app, |server| server.body_read_timeout(SHORT)).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let beginning = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc";
    connection.send(beginning).await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.status, 400);
    assert_eq!(response.header("connection"), Some("close"));
    assert!(connection.rest().await.unwrap().is_empty());

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let request = WireRequest::post("/").streamed();
    let mut stream = connection.open_stream(&request).await.unwrap();
    stream.send("abc").unwrap();
    assert_eq!(stream.head().await.unwrap().status, 400);
    // The others of the connection go on.
    let response = connection
        .request(&WireRequest::post("/").body("abc"))
        .await;
    assert_eq!(response.unwrap().text(), "abc");
    server.stop().await;
}

/// Gives more than any window and buffer holds: in one piece, or without end.
fn large() -> (impl App, Reports<&'static str>) {
    let (log, seen) = reports();
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let log = log.clone();
        async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            let dropped = OnDrop(log, "dropped");
            let body = if environ.path_info() == "/whole" {
                Body::from(vec![b'x'; 64 * 1024 * 1024])
            } else {
                Body::from_chunks(std::iter::repeat_with(|| vec![b'x'; 64 * 1024]))
            };
            Ok(body.on_close(move || drop(dropped)))
        }
    });
    (app, seen)
}

#[tokio::test]
async fn l3_a_client_that_does_not_read_is_closed() {
    let (app, mut seen) = large();
    let server = start_with(app, |server| server.write_timeout(SHORT)).await;
    for target in ["/whole", "/endless"] {
        let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
        one.send_request(&WireRequest::get(target)).await.unwrap();
        assert_eq!(seen.next().await, "dropped");
        let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
        let _stream = two.open_stream(&WireRequest::get(target)).await.unwrap();
        assert_eq!(seen.next().await, "dropped");
        assert!(two.closed().await);
    }
    server.stop().await;
}

/// What is handed over in pieces arrives whole.
#[tokio::test]
async fn b5_a_large_chunk_over_http_2_is_whole() {
    let whole: Vec<u8> = (0..400_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let bytes = whole.clone();
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let bytes = bytes.clone();
        async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(match environ.path_info() == "/stream" {
                true => Body::from_chunks([bytes.clone(), bytes]),
                false => Body::from(bytes),
            })
        }
    });
    let server = start_with(app, |server| server).await;
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.header("content-length"), Some("400000"));
    assert!(response.is_complete() && response.body == whole);
    let response = connection
        .request(&WireRequest::get("/stream"))
        .await
        .unwrap();
    assert!(response.is_complete() && response.body == [&*whole, &*whole].concat());
    server.stop().await;
}

/// hyper hands a connection back, and shuts nothing down, after a request that offers to change its
/// protocol.
#[tokio::test]
async fn i5_an_offer_to_upgrade_costs_a_large_upload_no_response() {
    let app = view(async |_: Environ| ("ignored", 413));
    let server = start_with(app, |server| server).await;
    let large = vec![b'x'; 4 * 1024 * 1024];
    for _ in 0..10 {
        let request = WireRequest::post("/")
            .header("connection", "Upgrade, HTTP2-Settings")
            .header("upgrade", "h2c")
            .body(large.clone());
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        // All of it, before anything is read.
        connection.send_request(&request).await.unwrap();
        let response = connection.read_response("POST").await.unwrap();
        assert_eq!(
            (response.status, response.text().as_str()),
            (413, "ignored")
        );
        assert!(connection.closed().await);
    }
    server.stop().await;
}
