//! Clients that stop reading or leave, and what an exchange leaves behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gateway_conformance::wire::{Protocol, WireRequest, http1, http2};
use gateway_core::{Body, Environ, Error, ResponseExt, view};
use tokio::sync::mpsc;

use crate::server::Server;

const CHUNK: usize = 64 * 1024;

#[tokio::test]
async fn b3_a_client_that_stops_reading_stops_the_producer() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let server = Server::of(view(move |_: Environ| {
        let counter = counter.clone();
        async move {
            Body::from_chunks(std::iter::repeat_with(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                vec![b'x'; CHUNK]
            }))
        }
    }));
    // Waits for the producer to stand still.
    let still = async || {
        let mut last = usize::MAX;
        while last != made.load(Ordering::SeqCst) {
            last = made.load(Ordering::SeqCst);
            assert!(last * CHUNK < 64 << 20, "the producer was never stopped");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        last
    };
    let mut first = http1::Http1Connection::open(server.address).await.unwrap();
    first.send_request(&WireRequest::get("/")).await.unwrap();
    first.read_head("GET").await.unwrap();
    let stopped = still().await;
    for _ in 0..2 * stopped + 2 {
        first.read_chunk().await.unwrap().unwrap();
    }
    assert!(still().await > stopped, "it goes on when the client does");
    first.reset().unwrap();
    still().await;

    made.store(0, Ordering::SeqCst);
    let mut second = http2::Http2Connection::open(server.address).await.unwrap();
    let mut stream = second.open_stream(&WireRequest::get("/")).await.unwrap();
    stream.head().await.unwrap();
    assert!(
        still().await <= 4,
        "a window of 64 KiB is little more than a chunk"
    );
}

/// A body that gives a chunk for each tick, and tells when it is closed.
fn ticking() -> (
    Server,
    mpsc::UnboundedSender<()>,
    mpsc::UnboundedReceiver<&'static str>,
) {
    let (ticks, clock) = mpsc::unbounded_channel();
    let clock = Arc::new(tokio::sync::Mutex::new(clock));
    let (events, log) = mpsc::unbounded_channel();
    let server = Server::of(view(move |_: Environ| {
        let (clock, events) = (clock.clone(), events.clone());
        let closed = events.clone();
        async move {
            Body::from_producer(async move |mut writer| {
                while clock.lock().await.recv().await.is_some() {
                    writer.write("tick").await?;
                    events.send("written")?;
                }
                Ok(())
            })
            .commit_early()
            .on_close(move || {
                closed.send("closed").ok();
            })
        }
    }));
    (server, ticks, log)
}

/// How many chunks the app could still hand over before its body was closed.
async fn ticks_until_closed(
    ticks: &mpsc::UnboundedSender<()>,
    log: &mut mpsc::UnboundedReceiver<&'static str>,
) -> usize {
    let mut written = 0;
    loop {
        match tokio::time::timeout(Duration::from_millis(300), log.recv()).await {
            Ok(Some("closed")) => return written,
            Ok(Some(_)) => written += 1,
            Ok(None) => panic!("the server is gone"),
            Err(_) => ticks.send(()).unwrap(),
        }
        assert!(written < 10, "the body is never closed");
    }
}

#[tokio::test]
async fn l3_a_client_that_leaves_ends_the_body_within_a_chunk_of_the_sockets_word() {
    let (server, ticks, mut log) = ticking();
    for reset in [true, false] {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        connection.read_head("GET").await.unwrap();
        ticks.send(()).unwrap();
        assert_eq!(connection.read_chunk().await.unwrap().unwrap(), "tick");
        assert_eq!(log.recv().await, Some("written"));
        if reset {
            connection.reset().unwrap();
            // actix reads the socket while it waits.
            assert_eq!(ticks_until_closed(&ticks, &mut log).await, 0);
        } else {
            drop(connection);
            // A closed socket looks like one that is closed for writing: the first chunk draws the
            // reset, the next one meets it.
            assert!(ticks_until_closed(&ticks, &mut log).await <= 2);
        }
    }
    for reset in [true, false] {
        let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::get("/"))
            .await
            .unwrap();
        stream.head().await.unwrap();
        ticks.send(()).unwrap();
        assert_eq!(stream.chunk().await.unwrap().unwrap(), "tick");
        assert_eq!(log.recv().await, Some("written"));
        if reset {
            drop(stream);
            connection.ping().await.unwrap();
        } else {
            connection.abort();
        }
        // The chunk that finds nobody may have been taken.
        assert!(ticks_until_closed(&ticks, &mut log).await <= 1);
    }
}

#[tokio::test]
async fn l1_a_body_is_closed_once_whatever_becomes_of_it() {
    let closed = Arc::new(AtomicUsize::new(0));
    let counter = closed.clone();
    let server = Server::of(view(move |environ: Environ| {
        let counter = counter.clone();
        async move {
            let path = environ.path_info().to_string();
            let body = match &*path {
                "/stream" => Body::from_chunks(["a", "b"]),
                "/fails" => Body::from_producer(async |_| Err(Error::msg("it fails"))),
                "/fails-late" => Body::from_producer(async |mut writer| {
                    writer.write("one").await?;
                    Err(Error::msg("it fails"))
                }),
                "/panics" => Body::from_producer(async |_| panic!("it panics")),
                _ => Body::from("in hand"),
            };
            let status = if path == "/204" { 204 } else { 200 };
            let mut response = http::Response::new(body);
            *response.status_mut() = http::StatusCode::from_u16(status)?;
            Ok::<_, Error>(response.on_close(move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }))
        }
    }));
    let mut expected = 0;
    for protocol in Protocol::ALL {
        for path in ["/", "/stream", "/fails", "/fails-late", "/panics", "/204"] {
            for method in ["GET", "HEAD"] {
                server
                    .broken(protocol, &WireRequest::new(method, path))
                    .await;
                expected += 1;
                // The client may know of the end before the server has let go of the body.
                for _ in 0..100 {
                    if closed.load(Ordering::SeqCst) >= expected {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                assert_eq!(
                    closed.load(Ordering::SeqCst),
                    expected,
                    "{protocol:?} {method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn l5_requests_at_once_share_nothing() {
    let server = Server::of(view(async |environ: Environ| {
        let id = environ
            .header("x-id")
            .map(|id| id.to_string())
            .unwrap_or_default();
        tokio::task::yield_now().await;
        let body = format!("{id} {}", environ.path_info());
        (body, [("x-id", id)])
    }));
    let mut connection = http2::Http2Connection::open(server.address).await.unwrap();
    for round in 0..5 {
        let mut streams = Vec::new();
        for n in 0..60 {
            let id = format!("{round}-{n}");
            let request = WireRequest::get(format!("/{id}")).header("x-id", &id);
            streams.push((id, connection.open_stream(&request).await.unwrap()));
        }
        for (id, mut stream) in streams {
            let response = stream.finish().await.unwrap();
            assert_eq!(response.text(), format!("{id} /{id}"));
            assert_eq!(response.header_all("x-id"), [id]);
        }
    }
}
