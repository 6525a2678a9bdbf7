//! Answers that break off, and that the client can tell.

use gateway_conformance::wire::http2::Http2Connection;
use gateway_conformance::wire::{End, Framing, Protocol, WireRequest};

use crate::{Server, send};

const BROKEN: &[(&str, &str)] = &[
    ("/lab/fail-late", "the first chunk\n"),
    ("/lab/panic-late", "the first chunk\n"),
    ("/lab/length/stream-short", "hello"),
];

async fn b8_over_http1_the_connection_closes_without_an_end(server: Server) {
    for (path, part) in BROKEN {
        let response = send(server, Protocol::Http1, &WireRequest::get(path)).await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.end, End::Truncated, "{path}");
        assert_eq!(response.text(), *part, "{path}");
    }
}

async fn b8_over_http2_the_stream_is_reset_and_the_connection_lives_on(server: Server) {
    let mut connection = Http2Connection::open(server.address).await.unwrap();
    for (path, part) in BROKEN {
        let response = connection.request(&WireRequest::get(path)).await.unwrap();
        assert_eq!(response.status, 200, "{path}");
        assert!(
            matches!(response.end, End::Reset(Some(_))),
            "{path}: {:?}",
            response.end
        );
        assert_eq!(response.text(), *part, "{path}");
    }
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.text(), "Hello, World!");
}

async fn the_declared_length_of_a_short_stream_goes_out(server: Server) {
    let request = WireRequest::get("/lab/length/stream-short");
    let response = send(server, Protocol::Http1, &request).await;
    assert_eq!(response.framing, Framing::Length(10));
}

async fn nothing_private_is_sent(server: Server) {
    for path in [
        "/lab/fail-first",
        "/lab/fail-after-empty",
        "/lab/fail-late",
        "/lab/panic",
        "/lab/panic-late",
        "/lab/error",
        "/lab/restart",
    ] {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::get(path)).await;
            let head = format!("{:?}", response.headers);
            for private in ["private", "database"] {
                assert!(!response.text().contains(private), "{protocol:?} {path}");
                assert!(!head.contains(private), "{protocol:?} {path}");
            }
        }
    }
}

on_every_stack! {
    b8_over_http1_the_connection_closes_without_an_end,
    b8_over_http2_the_stream_is_reset_and_the_connection_lives_on,
    the_declared_length_of_a_short_stream_goes_out,
    nothing_private_is_sent,
}
