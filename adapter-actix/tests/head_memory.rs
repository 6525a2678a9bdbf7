//! What the head of a request costs in a default service, where actix's own cannot be lent.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, wherever in it"
)]

mod support;

use std::alloc::System as SystemAllocator;

use actix_web::{App, HttpServer};
use adapter_actix::{mount, service};
use gateway_conformance::wire::{WireRequest, http2};
use gateway_core::{AppExt, BoxApp, Environ, view};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use support::Served;
use tokio::sync::mpsc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<SystemAllocator> = &INSTRUMENTED_SYSTEM;

const STREAMS: usize = 10;
const HEADERS: usize = 1000;

fn in_use() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Bytes that are in use while so many requests with large heads are in an app.
async fn held(is_mounted: bool) -> usize {
    let (sender, mut called) = mpsc::unbounded_channel();
    let app: BoxApp = view(move |environ: Environ| {
        let sender = sender.clone();
        async move {
            sender.send(environ.header("x-999").is_some()).ok();
            std::future::pending::<()>().await;
            drop(environ);
            "never"
        }
    })
    .boxed();
    let served = Served::start(move || {
        let server = HttpServer::new(move || {
            let app = app.clone();
            if is_mounted {
                App::new().service(mount("", app))
            } else {
                App::new().default_service(service(app))
            }
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        .bind_auto_h2c("127.0.0.1:0")
        .unwrap();
        (server.addrs()[0], server.run())
    });
    let request = (0..HEADERS).fold(WireRequest::get("/"), |request, number| {
        request.header(format!("x-{number}"), "1")
    });
    let mut connection = http2::Http2Connection::open(served.address).await.unwrap();
    let before = in_use();
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(connection.open_stream(&request).await.unwrap());
        assert!(called.recv().await.unwrap(), "the app sees the headers");
    }
    in_use().saturating_sub(before)
}

#[tokio::test]
async fn a_copied_head_costs_little_beside_the_hosts_own() {
    let lent = held(true).await;
    let copied = held(false).await;
    println!("{STREAMS} heads of {HEADERS} headers: lent {lent}, copied {copied}");
    assert!(copied < lent + lent / 3, "{copied} against {lent}");
}
