//! Commit, flush, restart, trailers and the end of the connection, as the client sees them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::sync::Arc;

use gateway_conformance::wire::{
    End, Framing, Protocol, Reason, WireRequest, exchange, http1, http2,
};
use gateway_core::{Body, Environ, HttpError, StartResponse, app_fn};
use http::{HeaderMap, HeaderValue};
use support::{reports, start, twice};
use tokio::sync::Notify;

const NONE: [(&str, &str); 0] = [];

#[tokio::test]
async fn b1_a_flush_sends_the_head_before_there_is_a_chunk() {
    let event = Arc::new(Notify::new());
    let notify = event.clone();
    let server = start(app_fn(
        move |environ: Environ, start_response: StartResponse| {
            let event = event.clone();
            async move {
                start_response.start(200, [("content-type", "text/event-stream")])?;
                let body = Body::from_producer(async move |mut writer| {
                    event.notified().await;
                    writer.write("data: 1\n\n").await?;
                    Ok(())
                });
                Ok(match environ.raw_path_info() {
                    "/body" => body.commit_early(),
                    _ => {
                        start_response.commit_early();
                        body
                    }
                })
            }
        },
    ))
    .await;
    for path in ["/body", "/start"] {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        connection
            .send_request(&WireRequest::get(path))
            .await
            .unwrap();
        assert_eq!(connection.read_head("GET").await.unwrap().status, 200);
        notify.notify_one();
        assert_eq!(
            connection.read_chunk().await.unwrap().unwrap(),
            "data: 1\n\n"
        );
        assert!(connection.finish().await.unwrap().is_complete());

        let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::get(path))
            .await
            .unwrap();
        assert_eq!(stream.head().await.unwrap().status, 200);
        notify.notify_one();
        assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 1\n\n");
        assert!(stream.finish().await.unwrap().is_complete());
    }
    server.stop().await;
}

#[tokio::test]
async fn s2_a_restart_before_commit_is_all_the_client_sees() {
    let server = start(app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [("x-first", "1"), ("content-length", "3")])?;
        start_response.restart(503, [("x-second", "1")], HttpError::service_unavailable())?;
        Ok(Body::from("sorry"))
    }))
    .await;
    for protocol in Protocol::ALL {
        let probe = WireRequest::get("/");
        for response in <[_; 2]>::from(twice(server.addr, protocol, &probe, &probe).await) {
            assert_eq!((response.status, response.text().as_str()), (503, "sorry"));
            assert_eq!(response.count("x-first"), 0);
            assert_eq!(response.header_all("x-second"), ["1"]);
            assert_eq!(response.header_all("content-length"), ["5"]);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn s2_a_restart_after_commit_aborts_also_from_another_task() {
    let seen = Arc::new(Notify::new());
    let (log, mut errors) = reports();
    let notify = seen.clone();
    let server = start(app_fn(move |_: Environ, start_response: StartResponse| {
        let (seen, log) = (seen.clone(), log.clone());
        async move {
            start_response.start(200, NONE)?;
            tokio::spawn(async move {
                seen.notified().await;
                let error = HttpError::service_unavailable();
                let refused = start_response.restart(503, NONE, error).unwrap_err();
                let _ = log.send(refused.to_string());
            });
            Ok(Body::from_producer(async |mut writer| {
                writer.write("one").await?;
                // Nothing but the restart can wake this body.
                std::future::pending().await
            }))
        }
    }))
    .await;
    let own = HttpError::service_unavailable().to_string();

    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection
        .send_request(&WireRequest::get("/"))
        .await
        .unwrap();
    connection.read_head("GET").await.unwrap();
    assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "one");
    notify.notify_one();
    let response = connection.finish().await.unwrap();
    assert_eq!((response.status, response.end), (200, End::Truncated));
    assert_eq!(errors.next().await, own);

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "one");
    notify.notify_one();
    let response = stream.finish().await.unwrap();
    assert_eq!(response.end, End::Reset(Some(Reason::INTERNAL_ERROR)));
    assert_eq!(errors.next().await, own);
    server.stop().await;
}

#[tokio::test]
async fn b11_response_trailers_pass_where_the_client_takes_them() {
    let server = start(app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [("trailer", "x-sum")])?;
        Ok(Body::from_producer(async |mut writer| {
            writer.write("hello").await?;
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", HeaderValue::from_static("7"));
            trailers.insert("content-length", HeaderValue::from_static("9"));
            writer.trailers(trailers).await?;
            Ok(())
        }))
    }))
    .await;
    let probe = WireRequest::get("/");
    let asking = WireRequest::get("/").header("te", "trailers");
    for protocol in Protocol::ALL {
        let (first, _) = twice(server.addr, protocol, &asking, &probe).await;
        assert_eq!(
            (first.text().as_str(), first.trailer("x-sum")),
            ("hello", Some("7"))
        );
        assert_eq!(first.trailers.len(), 1);
    }
    let (first, _) = twice(server.addr, Protocol::Http1, &probe, &probe).await;
    assert_eq!((first.text().as_str(), first.trailers.len()), ("hello", 0));
    server.stop().await;
}

#[tokio::test]
async fn b4_an_http_10_client_gets_a_stream_that_ends_with_the_connection() {
    let server = start(app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, NONE)?;
        Ok(Body::from_chunks(["hel", "lo"]))
    }))
    .await;
    for request in [
        WireRequest::get("/").http10(),
        WireRequest::get("/")
            .http10()
            .header("connection", "keep-alive"),
    ] {
        let response = exchange(server.addr, Protocol::Http1, &request)
            .await
            .unwrap();
        assert_eq!(response.text(), "hello");
        assert_eq!(response.framing, Framing::CloseDelimited);
        assert_eq!(response.count("transfer-encoding"), 0);
    }
    server.stop().await;
}

#[tokio::test]
async fn s7_close_connection_closes_it() {
    let server = start(app_fn(
        async |environ: Environ, start_response: StartResponse| {
            start_response.start(200, NONE)?;
            if environ.raw_path_info() == "/close" {
                start_response.close_connection();
            }
            Ok(Body::from("hello"))
        },
    ))
    .await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let kept = connection
        .request(&WireRequest::get("/keep"))
        .await
        .unwrap();
    assert_eq!(kept.count("connection"), 0);
    let closed = connection
        .request(&WireRequest::get("/close"))
        .await
        .unwrap();
    assert_eq!(
        (closed.text().as_str(), closed.header("connection")),
        ("hello", Some("close"))
    );
    assert!(connection.rest().await.unwrap().is_empty());
    // HTTP/2 has no such field, and its connection goes on.
    let (closed, kept) = (WireRequest::get("/close"), WireRequest::get("/keep"));
    let (closed, _) = twice(server.addr, Protocol::Http2, &closed, &kept).await;
    assert_eq!(closed.count("connection"), 0);
    server.stop().await;
}

#[tokio::test]
async fn b2_empty_chunks_never_reach_the_wire() {
    let server = start(app_fn(async |_: Environ, start_response: StartResponse| {
        start_response.start(200, NONE)?;
        Ok(Body::from_chunks(["", "hel", "", "lo", ""]))
    }))
    .await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.chunks, ["hel", "lo"]);
    assert!(response.is_complete());
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    connection.assert_clean(&response).await.unwrap();
    let frames = connection.frames_of(response.stream.unwrap());
    let empty = frames.iter().filter(|frame| {
        frame.kind == gateway_conformance::wire::http2::FrameKind::Data
            && frame.data_len() == 0
            && !frame.is_end_stream()
    });
    assert_eq!((response.text().as_str(), empty.count()), ("hello", 0));
    server.stop().await;
}

#[tokio::test]
async fn b3_a_client_that_does_not_read_stops_the_producer() {
    const CHUNK: usize = 64 * 1024;
    let (log, mut written) = reports();
    let server = start(app_fn(move |_: Environ, start_response: StartResponse| {
        let log = log.clone();
        async move {
            start_response.start(200, NONE)?;
            let mut count = 0;
            Ok(Body::from_stream(futures_util::stream::iter(
                std::iter::from_fn(move || {
                    count += 1;
                    let _ = log.send(count);
                    Some(Ok::<_, std::io::Error>(vec![0; CHUNK]))
                }),
            )))
        }
    }))
    .await;
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection
        .open_stream(&WireRequest::get("/"))
        .await
        .unwrap();
    stream.head().await.unwrap();
    // The window is full once these have come, and the answer to a ping is behind them.
    for _ in 0..4 {
        connection.ping().await.unwrap();
    }
    assert_eq!(written.next().await, 1);
    drop(stream);
    drop(connection);
    server.stop().await;
    let last = written.rest().await.pop().unwrap_or(1);
    assert!(last < 64, "{last} chunks for a client that read none");
}
