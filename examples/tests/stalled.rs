//! Clients that ask and do not read: after a timeout everything that their exchanges hold is free, on every
//! stack. `GATEWAY_FULL=1` takes forty clients and two seconds, and holds them to four.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use examples::Stack;
use gateway_conformance::wire::{WireRequest, http1, http2};
use gateway_core::{App, Body, Environ, StartResponse, app_fn};
use gateway_util::{MiddlewareExt, Mount, blocking};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many clients, and how long the app may take.
fn size() -> (usize, Duration) {
    match is_full() {
        true => (40, Duration::from_secs(2)),
        false => (4, Duration::from_millis(200)),
    }
}

fn is_full() -> bool {
    std::env::var_os("GATEWAY_FULL").is_some()
}

/// Held by an exchange.
struct Held(UnboundedSender<&'static str>, &'static str);

impl Drop for Held {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(self.1);
    }
}

const CHUNK: &[u8] = &[b'x'; 64 * 1024];

fn endless(log: UnboundedSender<&'static str>, name: &'static str) -> impl App {
    app_fn(move |_: Environ, start_response: StartResponse| {
        let held = Held(log.clone(), name);
        async move {
            start_response.start(200, [("content-type", "text/plain")])?;
            let _ = held.0.send("begun");
            Ok(Body::from_producer(async move |mut writer| {
                let _held = held;
                loop {
                    writer.write(CHUNK).await?;
                }
            }))
        }
    })
}

fn endless_and_blocking(log: UnboundedSender<&'static str>) -> impl App {
    let app = blocking(move |_, start_response: StartResponse| {
        start_response.start(200, [("content-type", "text/plain")])?;
        let held = Held(log.clone(), "blocking");
        let _ = log.send("begun");
        Ok(std::iter::repeat_with(move || {
            let _held = &held;
            CHUNK
        }))
    });
    app.threads(4)
}

/// A server of this stack, for as long as the test program runs, and what its exchanges tell.
fn serve(stack: Stack) -> (SocketAddr, UnboundedReceiver<&'static str>) {
    let (log, told) = unbounded_channel();
    let (_, time) = size();
    let site = Mount::new()
        .at("/whole", endless(log.clone(), "whole").timeout(time))
        .at(
            "/chunks",
            endless(log.clone(), "chunks")
                .timeout(time)
                .between_chunks(),
        )
        .at("/blocking", endless_and_blocking(log).timeout(time));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || stack.serve(listener, site));
    (address, told)
}

/// Waits for so many words.
async fn wait(told: &mut UnboundedReceiver<&'static str>, word: &str, times: usize) {
    let mut seen = 0;
    while seen < times {
        // Far longer than the time of the app.
        let next = tokio::time::timeout(Duration::from_secs(30), told.recv()).await;
        match next {
            Ok(Some(told)) if told == word => seen += 1,
            Ok(Some(_)) => {}
            _ => panic!("{word}: {seen} of {times}"),
        }
    }
}

/// A client that reads nothing.
#[expect(dead_code, reason = "they are kept, and not read")]
enum Client {
    Http1(http1::Http1Connection),
    Http2(http2::Http2Connection, http2::Stream),
}

async fn stall(address: SocketAddr, target: &str, is_http2: bool) -> Client {
    let request = WireRequest::get(target);
    if is_http2 {
        let mut connection = http2::Http2Connection::open(address).await.unwrap();
        let stream = connection.open_stream(&request).await.unwrap();
        return Client::Http2(connection, stream);
    }
    let mut connection = http1::Http1Connection::open(address).await.unwrap();
    connection.send_request(&request).await.unwrap();
    Client::Http1(connection)
}

async fn what_stalled_exchanges_hold_is_free(stack: Stack) {
    let (address, mut told) = serve(stack);
    let (clients, _) = size();
    for (target, word) in [("/whole", "whole"), ("/chunks", "chunks")] {
        for is_http2 in [false, true] {
            let begin = Instant::now();
            let mut stalled = Vec::new();
            for _ in 0..clients {
                stalled.push(stall(address, target, is_http2).await);
            }
            wait(&mut told, word, clients).await;
            let took = begin.elapsed();
            assert!(!is_full() || took < Duration::from_secs(4), "{took:?}");
        }
    }
}

async fn a_thread_of_a_stalled_client_is_free_for_the_fifth(stack: Stack) {
    let (address, mut told) = serve(stack);
    for is_http2 in [false, true] {
        let mut stalled = Vec::new();
        for _ in 0..4 {
            stalled.push(stall(address, "/blocking", is_http2).await);
        }
        wait(&mut told, "begun", 4).await;
        wait(&mut told, "blocking", 4).await;
        let mut fifth = http1::Http1Connection::open(address).await.unwrap();
        fifth
            .send_request(&WireRequest::get("/blocking"))
            .await
            .unwrap();
        assert_eq!(fifth.read_head("GET").await.unwrap().status, 200);
        drop(fifth);
        wait(&mut told, "blocking", 1).await;
    }
}

macro_rules! on_every_stack {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use examples::Stack;

            #[tokio::test]
            async fn hyper() {
                super::$name(Stack::Hyper).await;
            }

            #[tokio::test]
            async fn actix() {
                super::$name(Stack::Actix).await;
            }

            #[tokio::test]
            async fn tower() {
                super::$name(Stack::Tower).await;
            }
        }
    )*};
}

on_every_stack!(
    what_stalled_exchanges_hold_is_free,
    a_thread_of_a_stalled_client_is_free_for_the_fifth,
);
