//! What comes next on the same connection.

use gateway_conformance::wire::{WireRequest, http1, http2};

use crate::Server;

/// Requests after which a connection used to be out of step.
fn requests() -> Vec<WireRequest> {
    let paths = [
        "/lab/status/204",
        "/lab/status/205",
        "/lab/status/304",
        "/lab/length/short",
        "/lab/length/long",
        "/lab/length/stream-long",
        "/lab/fail-first",
        "/lab/fail-after-empty",
        "/lab/panic",
        "/lab/stream?chunks=0",
    ];
    let mut requests: Vec<_> = paths.map(WireRequest::get).into();
    requests.push(WireRequest::head("/lab/stream"));
    requests.push(WireRequest::head("/lab/events"));
    requests.push(WireRequest::head("/lab/length/long"));
    requests.push(WireRequest::post("/lab/ignore-body").body("left unread"));
    requests
}

async fn over_http1_the_next_request_gets_its_own_answer(server: Server) {
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    for request in requests() {
        let response = connection.request(&request).await.unwrap();
        assert!(response.is_complete(), "{request:?}");
        let next = connection
            .assert_in_step(&WireRequest::get("/string"))
            .await;
        let next = next.unwrap_or_else(|error| panic!("after {request:?}: {error}"));
        assert_eq!(next.text(), "hello world!\n", "after {request:?}");
    }
}

async fn over_http2_each_stream_ends_cleanly(server: Server) {
    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    for request in requests() {
        let response = connection.request(&request).await.unwrap();
        let clean = connection.assert_clean(&response).await;
        clean.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        let next = connection
            .request(&WireRequest::get("/string"))
            .await
            .unwrap();
        assert_eq!(next.text(), "hello world!\n", "after {request:?}");
    }
}

on_every_stack! {
    over_http1_the_next_request_gets_its_own_answer,
    over_http2_each_stream_ends_cleanly,
}
