//! How much of one connection a client may have, and what it sees of the end.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::sync::Arc;

use gateway_conformance::wire::{WireRequest, http1, http2};
use gateway_core::{App, Body, Environ, StartResponse, app_fn, view};
use support::{start_with, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// GET http://a/ in HPACK's static table (RFC 7541, appendix A).
const GET: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'a'];

fn hello() -> impl App {
    view(async |_: Environ| "hello")
}

/// RFC 9112 section 9.6: it is said before it is done.
#[tokio::test]
async fn the_last_request_of_a_connection_is_told_so() {
    let server = start_with(hello(), |server| server.max_requests(3)).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    for number in 1..=3 {
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(response.text(), "hello");
        let close = (number == 3).then_some("close");
        assert_eq!(response.header("connection"), close, "request {number}");
    }
    assert!(connection.rest().await.unwrap().is_empty());
    // The next connection has as many again.
    let mut next = http1::Http1Connection::open(server.addr).await.unwrap();
    let response = next.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.header("connection"), None);
    drop(next);
    server.stop().await;
}

/// A client that sends ahead knows from the last response what was not read.
#[tokio::test]
async fn requests_that_were_sent_behind_the_last_one_are_not_answered() {
    let server = start_with(hello(), |server| server.max_requests(2)).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let ahead = "GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(4);
    connection.send(ahead).await.unwrap();
    let first = connection.read_response("GET").await.unwrap();
    assert_eq!(first.header("connection"), None);
    let last = connection.read_response("GET").await.unwrap();
    assert_eq!(last.header("connection"), Some("close"));
    assert!(connection.rest().await.unwrap().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn the_limit_is_at_least_one_request() {
    let server = start_with(hello(), |server| server.max_requests(0)).await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(
        (response.status, response.header("connection")),
        (200, Some("close"))
    );
    server.stop().await;
}

/// RFC 9113 section 6.8. The streams that are open end as always.
#[tokio::test]
async fn an_http_2_client_gets_goaway_and_its_open_streams_end() {
    let may = Arc::new(Notify::new());
    let notify = may.clone();
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let may = notify.clone();
        async move {
            if environ.path_info() == "/wait" {
                may.notified().await;
            }
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from("hello"))
        }
    });
    let server = start_with(app, |server| server.max_requests(3)).await;
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let waiting = WireRequest::get("/wait");
    let mut waits = connection.open_stream(&waiting).await.unwrap();
    for _ in 0..2 {
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(response.text(), "hello");
    }
    let told = async {
        while !connection
            .frames()
            .iter()
            .any(|frame| frame.reason().is_some())
        {
            tokio::task::yield_now().await;
        }
    };
    within("GOAWAY", told).await;
    may.notify_one();
    assert_eq!(waits.finish().await.unwrap().text(), "hello");
    assert!(connection.closed().await);
    let frames = connection.frames();
    let reasons = frames.iter().filter_map(http2::Frame::reason);
    assert!(reasons.map(u32::from).all(|reason| reason == 0));
    server.stop().await;
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// The next frame: its kind, its stream, and its payload.
async fn next_frame(stream: &mut TcpStream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    within("a frame", stream.read_exact(&mut head))
        .await
        .unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    within("a frame", stream.read_exact(&mut payload))
        .await
        .unwrap();
    (head[3], head[8], payload)
}

/// RFC 9113 section 5.1.2: the number is told in SETTINGS, and a stream beyond it may be tried again.
#[tokio::test]
async fn streams_beyond_the_number_that_was_told_are_refused() {
    let app = app_fn(async |_: Environ, _: StartResponse| std::future::pending().await);
    let server = start_with(app, |server| {
        let deadline = std::time::Duration::from_millis(10);
        server.http2_max_streams(2).shutdown_deadline(deadline)
    })
    .await;
    let mut client = TcpStream::connect(server.addr).await.unwrap();
    client
        .write_all(&[PREFACE, SETTINGS].concat())
        .await
        .unwrap();
    let (kind, _, settings) = next_frame(&mut client).await;
    assert_eq!(kind, 4, "SETTINGS");
    // SETTINGS_MAX_CONCURRENT_STREAMS is 3.
    let told = settings
        .chunks(6)
        .find(|setting| setting[..2] == [0, 3])
        .unwrap();
    assert_eq!(told[2..], [0, 0, 0, 2]);
    // With the acknowledgement, from which on the limit counts, and three requests with END_STREAM and END_HEADERS.
    let requests = [1, 3, 5].map(|stream| frame(1, 0x05, stream, GET)).concat();
    client
        .write_all(&[frame(4, 1, 0, &[]), requests].concat())
        .await
        .unwrap();
    loop {
        let (kind, stream, payload) = next_frame(&mut client).await;
        // RST_STREAM with REFUSED_STREAM, for the third.
        if kind == 3 {
            assert_eq!((stream, payload.as_slice()), (5, [0, 0, 0, 7].as_slice()));
            break;
        }
        assert_ne!(kind, 7, "GOAWAY");
    }
    server.stop().await;
}
