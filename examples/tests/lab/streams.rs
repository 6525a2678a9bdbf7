//! Answers that come piece by piece.

use gateway_conformance::wire::{Protocol, WireRequest, http1, http2};

use crate::{Server, send};

async fn b3_each_chunk_is_a_piece_of_its_own(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::get("/lab/stream?chunks=3&size=5&delay_ms=1");
        let response = send(server, protocol, &request).await;
        let mut chunks = response.chunks;
        // HTTP/2 may end in a frame without data.
        chunks.retain(|chunk| !chunk.is_empty());
        assert_eq!(chunks, ["....\n"; 3], "{protocol:?}");
    }
}

async fn a_large_stream_is_whole(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::get("/lab/stream?chunks=64&size=65536");
        let response = send(server, protocol, &request).await;
        assert!(response.is_complete(), "{protocol:?}");
        assert_eq!(response.body.len(), 64 * 65536, "{protocol:?}");
    }
}

async fn b1_the_head_of_events_does_not_wait_for_the_first(server: Server) {
    // The first event comes long after the deadline of the client.
    let request = WireRequest::get("/lab/events?delay_ms=60000");
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection.send_request(&request).await.unwrap();
    let head = connection.read_head("GET").await.unwrap();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    assert_eq!(stream.head().await.unwrap().status, 200);
}

async fn events_come_one_by_one_and_without_end(server: Server) {
    let request = WireRequest::get("/lab/events?delay_ms=1");
    let event = |id: u32| format!("id: {id}\ndata: event {id}\n\n");
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection.send_request(&request).await.unwrap();
    connection.read_head("GET").await.unwrap();
    for id in 1..=20 {
        assert_eq!(connection.read_chunk().await.unwrap().unwrap(), event(id));
    }
    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    for id in 1..=20 {
        assert_eq!(stream.chunk().await.unwrap().unwrap(), event(id));
    }
}

on_every_stack! {
    b3_each_chunk_is_a_piece_of_its_own,
    a_large_stream_is_whole,
    b1_the_head_of_events_does_not_wait_for_the_first,
    events_come_one_by_one_and_without_end,
}
