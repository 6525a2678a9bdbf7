//! Memory stays flat while much passes through, in both directions at once.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, wherever in it"
)]

mod support;

use std::alloc::System as SystemAllocator;
use std::net::SocketAddr;

use actix_web::{App, HttpServer};
use adapter_actix::mount;
use bytes::Bytes;
use gateway_core::{Body, Environ, Error, StartResponse};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use support::Served;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<SystemAllocator> = &INSTRUMENTED_SYSTEM;

const SIZE: usize = 64 << 20;
const BOUND: usize = 4 << 20;

async fn echo(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "application/octet-stream")])?;
    Ok(Body::new(environ.take_input()).commit_early())
}

fn serve() -> Served {
    Served::start(|| {
        let server = HttpServer::new(|| App::new().service(mount("", echo)))
            .workers(1)
            .disable_signals()
            .bind_auto_h2c("127.0.0.1:0")
            .unwrap();
        (server.addrs()[0], server.run())
    })
}

/// Bytes that are allocated at this moment, in the whole process.
fn in_use() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Sends and receives at once; gives the most memory that was in use, and what came back.
async fn over_http1(address: SocketAddr) -> (usize, usize) {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let sending = async {
        let head = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {SIZE}\r\n\r\n");
        writer.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b'e'; 64 * 1024];
        for _ in 0..SIZE / piece.len() {
            writer.write_all(&piece).await.unwrap();
        }
    };
    let receiving = async {
        let (mut most, mut read) = (0, 0);
        let mut buffer = vec![0; 256 * 1024];
        // Chunks and head are a little more than what was sent; the connection closes in the end.
        loop {
            let count = reader.read(&mut buffer).await.unwrap();
            if count == 0 {
                return (most, read);
            }
            read += buffer[..count].iter().filter(|byte| **byte == b'e').count();
            most = most.max(in_use());
        }
    };
    tokio::join!(sending, receiving).1
}

async fn over_http2(address: SocketAddr) -> (usize, usize) {
    let socket = TcpStream::connect(address).await.unwrap();
    // Small frames go both ways: Nagle's algorithm would hold each of them up.
    socket.set_nodelay(true).unwrap();
    let (engine, connection) = h2::client::handshake(socket).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = http::Request::post("http://a/").body(()).unwrap();
    let (response, mut stream) = engine
        .ready()
        .await
        .unwrap()
        .send_request(request, false)
        .unwrap();
    let sending = async {
        let piece = Bytes::from(vec![b'e'; 16 * 1024]);
        for _ in 0..SIZE / piece.len() {
            stream.reserve_capacity(piece.len());
            while stream.capacity() < piece.len() {
                std::future::poll_fn(|cx| stream.poll_capacity(cx))
                    .await
                    .unwrap()
                    .unwrap();
            }
            stream.send_data(piece.clone(), false).unwrap();
        }
        stream.send_data(Bytes::new(), true).unwrap();
    };
    let receiving = async {
        let (mut most, mut read) = (0, 0);
        let mut body = response.await.unwrap().into_body();
        while let Some(chunk) = body.data().await {
            let chunk = chunk.unwrap();
            body.flow_control().release_capacity(chunk.len()).unwrap();
            read += chunk.len();
            most = most.max(in_use());
        }
        (most, read)
    };
    let outcome = tokio::join!(sending, receiving).1;
    driver.abort();
    outcome
}

// One test: the allocator counts for the whole process.
#[tokio::test]
async fn b3_an_echo_of_64_mib_takes_bounded_memory() {
    let served = serve();
    let address = served.address;
    let before = in_use();
    let (most, read) = over_http1(address).await;
    // The letter is in the head too.
    assert!((SIZE..SIZE + 256).contains(&read), "{read}");
    println!("HTTP/1: {} KiB", most.saturating_sub(before) / 1024);
    assert!(most < before + BOUND, "{most}");
    let (most, read) = over_http2(address).await;
    assert_eq!(read, SIZE);
    println!("HTTP/2: {} KiB", most.saturating_sub(before) / 1024);
    assert!(most < before + BOUND, "{most}");
}
