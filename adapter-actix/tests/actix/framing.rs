//! What actix frames otherwise, evened out.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_conformance::wire::{End, Framing, Protocol, WireRequest, http1};
use gateway_core::{Body, Environ, Error, TryIntoResponse, view};
use http::HeaderMap;
use http_body::Frame;

use crate::server::Server;

/// Chunks and trailers.
struct Trailing(u32);

impl http_body::Body for Trailing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1 => Some(Ok(Frame::data(Bytes::from_static(b"data")))),
            2 => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-trailer", http::HeaderValue::from_static("late"));
                Some(Ok(Frame::trailers(trailers)))
            }
            _ => None,
        })
    }
}

#[tokio::test]
async fn b4_an_http_10_client_gets_a_stream_delimited_by_the_close() {
    let server = Server::of(view(async |_| Body::from_chunks(["a", "b"])));
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let request = WireRequest::get("/")
        .http10()
        .header("connection", "keep-alive");
    let response = connection.request(&request).await.unwrap();
    assert_eq!(response.framing, Framing::CloseDelimited);
    assert_eq!(response.text(), "ab");
    assert_eq!(response.count("transfer-encoding"), 0);
    assert_eq!(response.count("content-length"), 0);
}

#[tokio::test]
async fn b4_a_stream_after_a_declined_websocket_offer_is_framed() {
    let server = Server::of(view(async |_| Body::from_chunks(["one", "", "two"])));
    let offer = WireRequest::get("/")
        .header("connection", "Upgrade")
        .header("upgrade", "WebSocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = server.answer(Protocol::Http1, &offer).await;
    assert_eq!(response.framing, Framing::Chunked);
    assert_eq!(response.text(), "onetwo");
    assert_eq!(response.chunks, ["one", "two"]);
    assert_eq!(response.header("connection"), Some("close"));

    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let response = connection.request(&offer.http10()).await.unwrap();
    assert_eq!(response.framing, Framing::CloseDelimited);
    assert_eq!(response.text(), "onetwo");
}

#[tokio::test]
async fn b8_a_stream_after_a_declined_offer_that_fails_has_no_last_chunk() {
    let server = Server::of(view(async |_| {
        Body::from_producer(async |mut writer| {
            writer.write("one").await?;
            Err(Error::msg("it broke"))
        })
    }));
    let offer = WireRequest::get("/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let response = server.broken(Protocol::Http1, &offer).await;
    assert_ne!(response.end, End::Complete);
    assert_eq!(response.text(), "one");
}

#[tokio::test]
async fn i1_the_input_of_a_declined_offer_is_what_its_head_declares() {
    let server = Server::of(view(async |mut environ: Environ| {
        environ
            .take_input()
            .text(100)
            .await
            .map(|text| format!("[{text}]"))
    }));
    let offer = |request: WireRequest| {
        request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
    };
    let response = server
        .answer(Protocol::Http1, &offer(WireRequest::get("/")))
        .await;
    assert_eq!(response.text(), "[]");
    let request = offer(WireRequest::post("/").body("abc"));
    let response = server.answer(Protocol::Http1, &request).await;
    assert_eq!(response.text(), "[abc]");
    let request = offer(WireRequest::post("/").chunked(["ab", "c"]));
    let response = server.answer(Protocol::Http1, &request).await;
    assert_eq!(response.text(), "[abc]");
}

#[tokio::test]
async fn b11_trailers_are_dropped() {
    let server = Server::of(view(async |_| {
        (Body::new(Trailing(0)), [("trailer", "x-trailer")]).try_into_response()
    }));
    for protocol in Protocol::ALL {
        let request = WireRequest::get("/").header("te", "trailers");
        let response = server.answer(protocol, &request).await;
        assert_eq!(response.text(), "data");
        assert!(response.trailers.is_empty());
    }
}

/// SPEC's "Exceptions of hosts": actix frames a response by the request that it read last. The test
/// fails when it no longer does: the exception goes then.
#[tokio::test]
async fn the_exception_of_pipelined_get_and_head_is_still_there() {
    let server = Server::of(view(async |_| {
        // actix reads on meanwhile.
        tokio::task::yield_now().await;
        "hello"
    }));
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let head = "HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    connection.send(format!("{get}{head}")).await.unwrap();
    let answers = connection.rest().await.unwrap();
    let answers = String::from_utf8_lossy(&answers);
    assert!(answers.starts_with("HTTP/1.1 200 OK\r\n"), "{answers}");
    assert!(!answers.contains("hello"), "{answers}");
}
