//! Answers that come piece by piece, and through a compressor.

use gateway_conformance::wire::{Protocol, WireRequest, http1, http2};

use crate::{Server, send};

/// Each event is read while the next has not been made.
async fn b1_events_come_one_by_one_through_compression_too(server: Server) {
    for path in ["/util/files/events", "/util/wrapped/compressed-events"] {
        let request = WireRequest::get(path).header("accept-encoding", "gzip");
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        connection.send_request(&request).await.unwrap();
        let head = connection.read_head("GET").await.unwrap();
        assert_eq!(head.header("content-encoding"), None, "{path}");
        let mut http2 = http2::Http2Connection::open(server.address).await.unwrap();
        let mut stream = http2.open_stream(&request).await.unwrap();
        assert_eq!(stream.head().await.unwrap().status, 200);
        for id in 1..=4 {
            let event = format!("id: {id}\nretry: 5000\ndata: tick {id}\n\n");
            assert_eq!(connection.read_chunk().await.unwrap().unwrap(), event);
            assert_eq!(stream.chunk().await.unwrap().unwrap(), event);
        }
    }
}

async fn what_is_large_is_compressed_for_who_wants_that(server: Server) {
    for protocol in Protocol::ALL {
        let request =
            WireRequest::get("/util/wrapped/compressed").header("accept-encoding", "gzip");
        let answer = send(server, protocol, &request).await;
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        assert_eq!(answer.header_all("vary"), ["accept-encoding"]);
        assert!(answer.body.len() < 200, "{} bytes", answer.body.len());
        let plain = send(
            server,
            protocol,
            &WireRequest::get("/util/wrapped/compressed"),
        )
        .await;
        assert_eq!(plain.body.len(), 2200);
    }
}

on_every_stack! {
    b1_events_come_one_by_one_through_compression_too,
    what_is_large_is_compressed_for_who_wants_that,
}
