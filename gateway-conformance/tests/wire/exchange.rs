use bytes::Bytes;
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use tokio::io::AsyncWriteExt;

use crate::http2_server::h2_server;
use crate::server::{answers, answers_and_closes, serve};

/// What the request looks like at the server, whichever way it came.
async fn echo_over_http2(mut request: http::Request<h2::RecvStream>) -> String {
    let mut body = Vec::new();
    while let Some(data) = request.body_mut().data().await {
        body.extend_from_slice(&data.unwrap());
    }
    let trailers = request
        .body_mut()
        .trailers()
        .await
        .unwrap()
        .unwrap_or_default();
    let id = &request.headers()["x-id"];
    format!("{} {id:?} {body:?} {trailers:?}", request.uri())
}

#[tokio::test]
async fn one_request_goes_over_either_protocol() {
    let answer = "HTTP/1.1 200 OK\r\nx-a: 1\r\ntransfer-encoding: chunked\r\n\r\n\
                  2\r\nab\r\n0\r\nx-t: 2\r\n\r\n";
    let http1 = answers([answer]).await;
    let http2 = h2_server(async |_, mut respond| {
        let head = http::Response::builder()
            .header("x-a", "1")
            .body(())
            .unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(Bytes::from("ab"), false).unwrap();
        let trailers = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("x-t"),
            http::HeaderValue::from_static("2"),
        )]);
        stream.send_trailers(trailers).unwrap();
    })
    .await;
    for (protocol, address) in Protocol::ALL.into_iter().zip([http1, http2]) {
        let response = exchange(address, protocol, &WireRequest::get("/"))
            .await
            .unwrap();
        assert_eq!(
            (response.status, response.header("x-a")),
            (200, Some("1")),
            "{protocol:?}"
        );
        assert_eq!(response.chunks, ["ab"], "{protocol:?}");
        assert_eq!(
            (response.text().as_str(), response.trailer("x-t")),
            ("ab", Some("2"))
        );
        assert!(response.is_complete(), "{protocol:?}");
    }
}

#[tokio::test]
async fn pieces_and_trailers_arrive_over_http2() {
    let address = h2_server(async |request, mut respond| {
        let text = echo_over_http2(request).await;
        let mut stream = respond
            .send_response(http::Response::new(()), false)
            .unwrap();
        stream.send_data(text.into(), true).unwrap();
    })
    .await;
    let request = WireRequest::post("/path?q")
        .header("host", "example.org")
        .header("x-id", "7")
        .chunked(["a", "", "b"])
        .trailers([("x-t", "1")]);
    let response = exchange(address, Protocol::Http2, &request).await.unwrap();
    assert_eq!(
        response.text(),
        r#"http://example.org/path?q "7" [97, 98] {"x-t": "1"}"#
    );
}

#[tokio::test]
async fn a_request_that_http2_cannot_express_is_refused() {
    for request in [
        WireRequest::get(b"/\xff\x01"),
        WireRequest::get("/").header("bad name", "1"),
        WireRequest::get("/").header("connection", "close"),
        WireRequest::new("BAD METHOD", "/"),
    ] {
        let address = h2_server(async |_, _| {}).await;
        let error = exchange(address, Protocol::Http2, &request)
            .await
            .unwrap_err();
        assert!(error.is_request(), "{request:?}: {error:?}");
    }
}

#[tokio::test]
async fn stray_bytes_are_found_over_either_protocol() {
    for answer in [
        "HTTP/1.1 204 No Content\r\n\r\nstray",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
    ] {
        let address = answers_and_closes(answer).await;
        let error = exchange(address, Protocol::Http1, &WireRequest::get("/"))
            .await
            .unwrap_err();
        assert!(error.is_stray(), "{error:?}");
    }
    let address = h2_server(async |_, mut respond| {
        let head = http::Response::builder().status(204).body(()).unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(Bytes::from("stray"), true).unwrap();
    })
    .await;
    let error = exchange(address, Protocol::Http2, &WireRequest::get("/"))
        .await
        .unwrap_err();
    assert!(error.is_stray(), "{error:?}");
}

#[tokio::test]
async fn the_wrong_protocol_is_no_panic() {
    let address = answers_and_closes("HTTP/1.1 400 Bad WireRequest\r\n\r\n").await;
    let error = exchange(address, Protocol::Http2, &WireRequest::get("/"))
        .await
        .unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
    let address = serve(async |mut stream| {
        stream
            .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
            .await
            .unwrap();
    })
    .await;
    let error = exchange(address, Protocol::Http1, &WireRequest::get("/"))
        .await
        .unwrap_err();
    assert!(error.is_malformed(), "{error:?}");
}
