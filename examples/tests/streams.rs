//! Backpressure and clients that leave, on every stack.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use examples::Stack;
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http2};
use gateway_core::{App, Body, Environ, app_fn};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

const CHUNK: usize = 64 * 1024;
const NONE: [(&str, &str); 0] = [];

fn serve(stack: Stack, app: impl App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || stack.serve(listener, app));
    address
}

/// Answers `/endless` with a stream without end whose chunks are counted, and anything else with
/// their number.
fn endless(stack: Stack) -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let app = app_fn(move |environ: Environ, start_response| {
        let counted = counted.clone();
        async move {
            start_response.start(200, NONE)?;
            if environ.path_info() != "/endless" {
                return Ok(Body::from(counted.load(SeqCst).to_string()));
            }
            Ok(Body::from_chunks(std::iter::repeat_with(move || {
                counted.fetch_add(1, SeqCst);
                vec![0; CHUNK]
            })))
        }
    });
    (serve(stack, app), count)
}

#[tokio::test]
async fn b3_a_client_that_stops_reading_stops_the_producer() {
    for stack in Stack::ALL {
        let (address, count) = endless(stack);
        let mut connection = http2::Http2Connection::open(address).await.unwrap();
        let request = WireRequest::get("/endless");
        let mut stream = connection.open_stream(&request).await.unwrap();
        stream.head().await.unwrap();
        // The window is full once these have come, and the answer to a ping is behind them.
        for _ in 0..4 {
            connection.ping().await.unwrap();
        }
        let over_http2 = count.swap(0, SeqCst);
        assert!(
            (1..64).contains(&over_http2),
            "{stack}: {over_http2} chunks"
        );
        drop(stream);
        drop(connection);

        // Over HTTP/1 the sockets' buffers are all there is room for; nobody tells when they are
        // full, but a producer that does not stop would get far while others are served.
        let (address, count) = endless(stack);
        let mut client = TcpStream::connect(address).unwrap();
        client
            .write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
            .unwrap();
        client.read_exact(&mut [0; 100]).unwrap();
        for _ in 0..200 {
            exchange(address, Protocol::Http1, &WireRequest::get("/"))
                .await
                .unwrap();
        }
        let over_http1 = count.load(SeqCst);
        assert!(
            (1..1024).contains(&over_http1),
            "{stack}: {over_http1} chunks"
        );
    }
}

/// An app whose body yields a chunk for each ticket, and reports its end.
fn ticketed(stack: Stack) -> (SocketAddr, UnboundedSender<()>, UnboundedReceiver<()>) {
    let (tickets, taken) = unbounded_channel::<()>();
    let (report, closed) = unbounded_channel();
    let taken = Mutex::new(Some(taken));
    let app = app_fn(move |_: Environ, start_response| {
        let taken = taken.lock().unwrap().take();
        let report = report.clone();
        async move {
            start_response.start(200, NONE)?;
            let mut taken = taken.unwrap_or_else(|| panic!("one request is enough"));
            let body = Body::from_producer(async move |mut writer| {
                while taken.recv().await.is_some() {
                    writer.write(vec![b'.'; CHUNK]).await?;
                }
                Ok(())
            });
            Ok(body.on_close(move || {
                // Nobody listens when the test has failed.
                let _ = report.send(());
            }))
        }
    });
    (serve(stack, app), tickets, closed)
}

/// Hands out one more chunk: no more is needed for the body to end.
async fn assert_ends(
    stack: Stack,
    tickets: &UnboundedSender<()>,
    mut closed: UnboundedReceiver<()>,
) {
    // The body may have ended without.
    let _ = tickets.send(());
    // Generous: what it guards against is a body that goes on for ever.
    let end = timeout(Duration::from_secs(20), closed.recv()).await;
    assert_eq!(end, Ok(Some(())), "{stack}");
}

#[tokio::test]
async fn l3_over_http1_a_client_that_leaves_ends_the_body_within_one_chunk() {
    for stack in Stack::ALL {
        let (address, tickets, mut closed) = ticketed(stack);
        tickets.send(()).unwrap();
        let client = tokio::task::spawn_blocking(move || {
            let mut client = TcpStream::connect(address).unwrap();
            client
                .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                .unwrap();
            // Leaves while there is something unread: the server's socket hears of it at once.
            client.read_exact(&mut [0; 1000]).unwrap();
            client
        });
        let client = client.await.unwrap();
        assert!(closed.try_recv().is_err(), "{stack}");
        drop(client);
        assert_ends(stack, &tickets, closed).await;
    }
}

#[tokio::test]
async fn l3_over_http2_a_client_that_leaves_ends_the_body_within_one_chunk() {
    for stack in Stack::ALL {
        let (address, tickets, mut closed) = ticketed(stack);
        tickets.send(()).unwrap();
        let mut connection = http2::Http2Connection::open(address).await.unwrap();
        let mut stream = connection
            .open_stream(&WireRequest::get("/"))
            .await
            .unwrap();
        assert!(!stream.chunk().await.unwrap().unwrap().is_empty());
        assert!(closed.try_recv().is_err(), "{stack}");
        drop(stream);
        drop(connection);
        assert_ends(stack, &tickets, closed).await;
    }
}
