//! What a request costs in allocations, beside a native handler that answers the same.
//!
//! The client runs in a thread of its own and allocates nothing while it is counted.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, wherever in it"
)]

mod support;

use std::alloc::System as SystemAllocator;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use adapter_actix::{ActixService, mount, service};
use gateway_core::{Body, Environ, Error, StartResponse, view};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::Served;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<SystemAllocator> = &INSTRUMENTED_SYSTEM;

const REQUEST: &[u8] = b"GET /app/hello?x=1 HTTP/1.1\r\n\
    host: a.example\r\n\
    user-agent: test/1.0\r\n\
    accept: text/plain\r\n\
    accept-encoding: gzip\r\n\
    accept-language: en\r\n\
    cache-control: no-cache\r\n\
    x-request-id: 0123456789\r\n\
    \r\n";

const ROUNDS: usize = 2_000;

/// Reads three headers and answers with text.
async fn native(request: HttpRequest) -> HttpResponse {
    let headers = request.headers();
    let known = ["host", "user-agent", "accept"]
        .iter()
        .filter(|name| headers.contains_key(**name))
        .count();
    assert_eq!(known, 3);
    HttpResponse::Ok()
        .insert_header(("content-type", "text/plain; charset=utf-8"))
        .body("Hello, World!")
}

async fn app(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let known = ["host", "user-agent", "accept"]
        .iter()
        .filter(|name| environ.header(name).is_some())
        .count();
    assert_eq!(known, 3);
    start_response.start(200, [("content-type", "text/plain; charset=utf-8")])?;
    Ok(Body::from("Hello, World!"))
}

async fn all_headers(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    assert_eq!(environ.headers().len(), 7);
    start_response.start(200, [("content-type", "text/plain; charset=utf-8")])?;
    Ok(Body::from("Hello, World!"))
}

/// Allocations and bytes for one request, on average.
fn cost<F>(configure: F) -> (f64, f64)
where
    F: Fn(&mut ServiceConfig) + Send + Clone + 'static,
{
    let served = Served::start(move || {
        let server = HttpServer::new(move || App::new().configure(configure.clone()))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        (server.addrs()[0], server.run())
    });
    count(served.address)
}

fn count(address: SocketAddr) -> (f64, f64) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    let mut round = || {
        socket.write_all(REQUEST).unwrap();
        let mut read = 0;
        while !buffer[..read].ends_with(b"Hello, World!") {
            read += socket.read(&mut buffer[read..]).unwrap();
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    };
    // Pools fill first.
    (0..ROUNDS).for_each(|_| round());
    let region = Region::new(ALLOCATOR);
    (0..ROUNDS).for_each(|_| round());
    let change = region.change();
    let per_round = |count: usize| count as f64 / ROUNDS as f64;
    (
        per_round(change.allocations + change.reallocations),
        per_round(change.bytes_allocated),
    )
}

// One test: the allocator counts for the whole process.
#[test]
fn an_app_costs_no_more_allocations_than_a_native_handler() {
    let route = cost(|config| {
        config.route("/app/hello", web::get().to(native));
    });
    let scoped = cost(|config| {
        config.service(web::scope("/app").route("/hello", web::get().to(native)));
    });
    let fallback = cost(|config| {
        config.default_service(web::to(native));
    });
    let mounted = cost(|config| {
        config.service(mount("/app", app));
    });
    let viewed = cost(|config| {
        let hello = view(async |environ: Environ| {
            assert!(environ.header("host").is_some());
            "Hello, World!"
        });
        config.service(mount("/app", hello));
    });
    let in_scope = cost(|config| {
        config.service(web::scope("/app").service(mount("", app)));
    });
    let mapped = cost(|config| {
        config.service(mount("/app", all_headers));
    });
    let service = cost(|config| {
        config.default_service(service(app));
    });
    let named = cost(|config| {
        config.default_service(ActixService::new(app));
    });
    for (name, (count, bytes)) in [
        ("native, route", route),
        ("native, scope and route", scoped),
        ("native, default service", fallback),
        ("mount", mounted),
        ("mount, view", viewed),
        ("mount in a scope", in_scope),
        ("mount, whole header map", mapped),
        ("default service", service),
        ("default service, named", named),
    ] {
        println!("{name}: {count:.2} allocations, {bytes:.0} bytes");
    }
    assert!(mounted.0 + 4.0 <= route.0, "{mounted:?} {route:?}");
    assert!(mounted.0 <= fallback.0, "{mounted:?} {fallback:?}");
    assert!(viewed.0 <= mounted.0, "{viewed:?} {mounted:?}");
    assert!(in_scope.0 <= scoped.0, "{in_scope:?} {scoped:?}");
    assert!(service.0 <= route.0, "{service:?} {route:?}");
    assert!(named.0 <= route.0, "{named:?} {route:?}");
}
