//! Request bodies.

use gateway_conformance::wire::{Protocol, WireRequest, http1, http2};
use serde_json::{Value, json};

use crate::common::Exception;
use crate::{Server, send};

/// What `/lab/limit` takes.
const LIMIT: usize = 1024 * 1024;

async fn echo_sends_back_what_came(server: Server) {
    let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    for protocol in Protocol::ALL {
        for request in [
            WireRequest::post("/lab/echo").body(bytes.clone()),
            WireRequest::post("/lab/echo").chunked([bytes[..7].to_vec(), bytes[7..].to_vec()]),
        ] {
            let response = send(server, protocol, &request).await;
            assert_eq!(response.status, 200, "{protocol:?}");
            assert!(response.is_complete(), "{protocol:?}");
            assert!(response.body == bytes, "{protocol:?}");
        }
        let response = send(server, protocol, &WireRequest::get("/lab/echo")).await;
        assert_eq!(response.text(), "", "{protocol:?}");
        assert_eq!(response.header("content-length"), Some("0"), "{protocol:?}");
    }
}

async fn i7_b11_echo_sends_the_trailers_back(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/lab/echo")
            .header("te", "trailers")
            .header("trailer", "x-sum")
            .chunked(["a", "b"])
            .trailers([("x-sum", "2")]);
        let response = send(server, protocol, &request).await;
        assert_eq!(response.text(), "ab", "{protocol:?}");
        let expected = (!server.is_excepted(Exception::Trailers)).then_some("2");
        assert_eq!(response.trailer("x-sum"), expected, "{protocol:?}");
        assert!(response.is_complete(), "{protocol:?}");
    }
}

async fn b11_trailers_that_the_client_does_not_take_are_dropped(server: Server) {
    let request = WireRequest::post("/lab/echo")
        .header("trailer", "x-sum")
        .chunked(["a"])
        .trailers([("x-sum", "1")]);
    let response = send(server, Protocol::Http1, &request).await;
    assert_eq!(
        (response.text().as_str(), response.trailers.len()),
        ("a", 0)
    );
    assert!(response.is_complete());
}

async fn echo_refuses_an_announcement_that_cannot_be_kept(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/lab/echo")
            .header("trailer", "content-length")
            .body("a");
        let response = send(server, protocol, &request).await;
        assert_eq!(response.status, 400, "{protocol:?}");
    }
}

async fn echo_does_not_wait_for_the_end_of_the_request(server: Server) {
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let request = WireRequest::post("/lab/echo").streamed();
    connection.send_request(&request).await.unwrap();
    connection.send_chunk("first").await.unwrap();
    assert_eq!(connection.read_head("POST").await.unwrap().status, 200);
    assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "first");
    connection.send_chunk("second").await.unwrap();
    assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "second");
    connection.send_last_chunk().await.unwrap();
    assert!(connection.finish().await.unwrap().is_complete());

    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    stream.send("first").unwrap();
    assert_eq!(stream.head().await.unwrap().status, 200);
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "first");
    stream.send("second").unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "second");
    stream.end().unwrap();
    assert!(stream.finish().await.unwrap().is_complete());
}

async fn count_tells_length_and_hash(server: Server) {
    for (request, length, sha256) in [
        (
            WireRequest::get("/lab/count"),
            0,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            WireRequest::post("/lab/count").body("abc"),
            3,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            WireRequest::post("/lab/count").chunked(["a", "b", "c"]),
            3,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ] {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &request).await;
            let counted: Value = serde_json::from_slice(&response.body).unwrap();
            let expected = json!({ "length": length, "sha256": sha256 });
            assert_eq!(counted, expected, "{protocol:?}");
        }
    }
}

async fn i4_limit_takes_one_mebibyte_and_no_more(server: Server) {
    for protocol in Protocol::ALL {
        for (size, status) in [(LIMIT, 200), (LIMIT + 1, 413)] {
            let body = vec![b'x'; size];
            let declared = WireRequest::post("/lab/limit").body(body.clone());
            let response = send(server, protocol, &declared).await;
            assert_eq!(response.status, status, "{protocol:?} declared {size}");
            let undeclared = WireRequest::post("/lab/limit").chunked([body]);
            let response = send(server, protocol, &undeclared).await;
            assert_eq!(response.status, status, "{protocol:?} undeclared {size}");
        }
    }
}

on_every_stack! {
    echo_sends_back_what_came,
    i7_b11_echo_sends_the_trailers_back,
    b11_trailers_that_the_client_does_not_take_are_dropped,
    echo_refuses_an_announcement_that_cannot_be_kept,
    echo_does_not_wait_for_the_end_of_the_request,
    count_tells_length_and_hash,
    i4_limit_takes_one_mebibyte_and_no_more,
}
