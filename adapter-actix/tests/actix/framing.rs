//! What actix frames otherwise, evened out.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_conformance::wire::{End, Framing, Protocol, Request, http1};
use gateway_core::{Body, Environ, Error, HttpError, StartResponse, TryIntoResponse, view};
use http::HeaderMap;
use http_body::Frame;

use crate::server::Server;

/// A body that always has a chunk.
fn endless() -> Body {
    Body::from_chunks(std::iter::repeat("endless "))
}

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

/// Answers with the status of the path, with a body in hand, with a stream, or with both a stream
/// and a declared length.
async fn statuses(environ: Environ) -> Result<impl TryIntoResponse, Error> {
    let path = environ.path_info().to_string();
    let mut parts = path.trim_matches('/').split('/');
    let status: u16 = parts.next().unwrap_or_default().parse().unwrap_or(200);
    let body = match parts.next() {
        Some("stream") => Body::from_chunks(["he", "llo"]),
        Some("endless") => endless(),
        _ => Body::from("hello"),
    };
    let mut headers = Vec::new();
    if let Some(length) = parts.next() {
        headers.push(("content-length", length.to_owned()));
    }
    Ok((body, status, headers))
}

#[tokio::test]
async fn b7_204_has_no_body_and_no_length() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        for path in [
            "/204",
            "/204/stream",
            "/204/endless",
            "/204/full/5",
            "/204/stream/5",
        ] {
            let response = server.answer(protocol, &Request::get(path)).await;
            assert_eq!(response.status, 204);
            assert!(response.body.is_empty());
            assert_eq!(response.count("content-length"), 0, "{protocol:?} {path}");
            assert_eq!(response.count("transfer-encoding"), 0);
        }
    }
}

#[tokio::test]
async fn b7_304_has_no_body_and_no_length() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        for path in [
            "/304",
            "/304/stream",
            "/304/endless",
            "/304/full/5",
            "/304/stream/5",
        ] {
            let response = server.answer(protocol, &Request::get(path)).await;
            assert_eq!(response.status, 304);
            assert!(response.body.is_empty());
            assert_eq!(response.count("content-length"), 0, "{protocol:?} {path}");
            assert_eq!(response.count("transfer-encoding"), 0);
        }
    }
}

#[tokio::test]
async fn b7_205_has_no_body_and_length_0() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        for path in ["/205", "/205/stream", "/205/endless"] {
            let response = server.answer(protocol, &Request::get(path)).await;
            assert_eq!(response.status, 205);
            assert!(response.body.is_empty());
            assert_eq!(response.header("content-length"), Some("0"));
        }
    }
}

#[tokio::test]
async fn b6_head_has_the_length_of_get() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        for (path, length) in [
            ("/200", Some("5")),
            ("/200/stream", None),
            ("/200/stream/5", Some("5")),
            ("/200/endless", None),
            ("/200/endless/1234", Some("1234")),
        ] {
            let response = server.answer(protocol, &Request::head(path)).await;
            assert_eq!(response.status, 200);
            assert!(response.body.is_empty());
            assert_eq!(
                response.header("content-length"),
                length,
                "{protocol:?} {path}"
            );
            assert_eq!(response.count("transfer-encoding"), 0);
            assert_eq!(response.header("connection"), None);
        }
    }
}

#[tokio::test]
async fn b2_empty_chunks_neither_end_nor_hang_a_stream() {
    let server = Server::of(view(async |_| {
        Body::from_chunks(["", "a", "", "", "b", ""])
    }));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &Request::get("/")).await;
        assert_eq!(response.text(), "ab");
    }
}

#[tokio::test]
async fn b4_an_http_10_client_gets_a_stream_delimited_by_the_close() {
    let server = Server::of(view(async |_| Body::from_chunks(["a", "b"])));
    let mut connection = http1::Connection::open(server.address).await.unwrap();
    let request = Request::get("/")
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
    let offer = Request::get("/")
        .header("connection", "Upgrade")
        .header("upgrade", "WebSocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let response = server.answer(Protocol::Http1, &offer).await;
    assert_eq!(response.framing, Framing::Chunked);
    assert_eq!(response.text(), "onetwo");
    assert_eq!(response.chunks, ["one", "two"]);
    assert_eq!(response.header("connection"), Some("close"));

    let mut connection = http1::Connection::open(server.address).await.unwrap();
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
    let offer = Request::get("/")
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
    let offer = |request: Request| {
        request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
    };
    let response = server
        .answer(Protocol::Http1, &offer(Request::get("/")))
        .await;
    assert_eq!(response.text(), "[]");
    let request = offer(Request::post("/").body("abc"));
    let response = server.answer(Protocol::Http1, &request).await;
    assert_eq!(response.text(), "[abc]");
    let request = offer(Request::post("/").chunked(["ab", "c"]));
    let response = server.answer(Protocol::Http1, &request).await;
    assert_eq!(response.text(), "[abc]");
}

#[tokio::test]
async fn b4_content_length_with_a_stream_is_kept() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        let response = server
            .answer(protocol, &Request::get("/200/stream/5"))
            .await;
        assert_eq!(response.header_all("content-length"), ["5"]);
        assert_eq!(response.count("transfer-encoding"), 0);
        assert_eq!(response.text(), "hello");
    }
}

#[tokio::test]
async fn b4_a_body_in_hand_has_its_length() {
    let server = Server::of(view(async |environ: Environ| {
        if environ.path_info() == "/empty" {
            ""
        } else {
            "hello"
        }
    }));
    for protocol in Protocol::ALL {
        for (path, length) in [("/empty", "0"), ("/", "5")] {
            let response = server.answer(protocol, &Request::get(path)).await;
            assert_eq!(response.header_all("content-length"), [length]);
        }
    }
}

#[tokio::test]
async fn b5_a_stream_longer_than_declared_is_cut() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        for path in ["/200/full/2", "/200/stream/2", "/200/stream/4"] {
            let response = server.answer(protocol, &Request::get(path)).await;
            let length = path.rsplit('/').next();
            assert_eq!(response.header("content-length"), length);
            assert_eq!(Some(response.body.len().to_string().as_str()), length);
        }
    }
}

#[tokio::test]
async fn b5_a_body_shorter_than_declared_is_500_or_an_abort() {
    let server = Server::of(view(statuses));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &Request::get("/200/full/10")).await;
        assert_eq!(response.status, 500);
        let response = server
            .broken(protocol, &Request::get("/200/stream/10"))
            .await;
        assert_eq!(response.header("content-length"), Some("10"));
        assert_ne!(response.end, End::Complete);
    }
}

async fn failing(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let path = environ.path_info().to_string();
    if path == "/app" {
        return Err(Error::msg("the app failed"));
    }
    if path == "/http" {
        return Err(HttpError::not_found().into());
    }
    if path == "/app-panic" {
        panic!("the app panics");
    }
    if path == "/not-started" {
        return Ok(Body::from("lost"));
    }
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from_producer(async move |mut writer| {
        match &*path {
            "/body" => return Err(Error::msg("the body failed")),
            "/body-panic" => panic!("the body panics"),
            _ => {}
        }
        writer.write("one").await?;
        if path == "/late-panic" {
            panic!("the body panics late");
        }
        Err(Error::msg("the body failed late"))
    }))
}

#[tokio::test]
async fn b1_an_error_before_the_first_byte_is_500() {
    let server = Server::of(failing);
    for protocol in Protocol::ALL {
        for (path, status) in [
            ("/app", 500),
            ("/http", 404),
            ("/app-panic", 500),
            ("/not-started", 500),
            ("/body", 500),
            ("/body-panic", 500),
        ] {
            let response = server.answer(protocol, &Request::get(path)).await;
            assert_eq!(response.status, status, "{protocol:?} {path}");
            assert!(!response.text().contains("failed"));
        }
    }
}

#[tokio::test]
async fn b8_an_error_in_mid_stream_breaks_the_response_off() {
    let server = Server::of(failing);
    for protocol in Protocol::ALL {
        for path in ["/late", "/late-panic"] {
            let response = server.broken(protocol, &Request::get(path)).await;
            assert_eq!(response.status, 200);
            assert_eq!(response.text(), "one", "{protocol:?} {path}");
            match protocol {
                Protocol::Http1 => assert_ne!(response.end, End::Complete),
                Protocol::Http2 => assert!(matches!(response.end, End::Reset(Some(_)))),
            }
        }
        // B9: the one worker lives on.
        let response = server.answer(protocol, &Request::get("/http")).await;
        assert_eq!(response.status, 404);
    }
}

#[tokio::test]
async fn s8_header_lines_of_one_name_stay_apart_and_in_order() {
    let server = Server::of(view(async |_| {
        let cookies: Vec<_> = (0..9)
            .map(|n| ("Set-Cookie", format!("c{n}={n}")))
            .collect();
        ("", cookies)
    }));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &Request::get("/")).await;
        let cookies: Vec<_> = (0..9).map(|n| format!("c{n}={n}")).collect();
        assert_eq!(response.header_all("set-cookie"), cookies);
    }
}

#[tokio::test]
async fn s6_header_values_keep_bytes_that_are_not_ascii() {
    let server = Server::of(view(async |_| ("", [("x-name", "Gr\u{fc}\u{df}e\t!")])));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &Request::get("/")).await;
        assert_eq!(response.header("x-name"), Some("Gr\u{fc}\u{df}e\t!"));
    }
}

#[tokio::test]
async fn b11_trailers_are_dropped() {
    let server = Server::of(view(async |_| {
        (Body::new(Trailing(0)), [("trailer", "x-trailer")]).try_into_response()
    }));
    for protocol in Protocol::ALL {
        let request = Request::get("/").header("te", "trailers");
        let response = server.answer(protocol, &request).await;
        assert_eq!(response.text(), "data");
        assert!(response.trailers.is_empty());
    }
}

#[tokio::test]
async fn b10_bytes_pass_untouched() {
    let data: Vec<u8> = (0..=255)
        .chain(*b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n0\r\n\r\n")
        .collect();
    let sent = data.clone();
    let server = Server::of(view(move |environ: Environ| {
        let data = data.clone();
        async move {
            if environ.path_info() == "/stream" {
                Body::from_chunks([data.clone(), data])
            } else {
                Body::from(data)
            }
        }
    }));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &Request::get("/")).await;
        assert_eq!(response.body, sent);
        let response = server.answer(protocol, &Request::get("/stream")).await;
        assert_eq!(response.body, [&*sent, &*sent].concat());
    }
}
