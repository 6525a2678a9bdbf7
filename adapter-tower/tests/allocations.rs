//! What a small GET costs in heap allocations, beside a service written by hand.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::convert::Infallible;

use adapter_tower::{TowerService, service, tower_app};
use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::get;
use bytes::Bytes;
use futures_util::FutureExt;
use gateway_core::{App, Body, Gateway, Input, app_fn};
use http::{HeaderValue, Request, Response, header};
use http_body_util::{Empty, Full};
use tower::{Service, service_fn};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

fn app() -> impl App {
    app_fn(|_, start_response| async move {
        start_response.start(200, [(header::CONTENT_TYPE, TEXT)])?;
        Ok(Body::from("Hello, World!"))
    })
}

/// A request as a browser sends it, made before the count begins.
fn request<B: Default>() -> Request<B> {
    Request::get("/hello?x=1")
        .header("host", "a.example")
        .header("user-agent", "test")
        .header("accept", "*/*")
        .header("accept-encoding", "gzip")
        .header("accept-language", "en")
        .header("cache-control", "no-cache")
        .header("cookie", "a=1")
        .header("referer", "/")
        .body(B::default())
        .unwrap()
}

/// Allocations of one call, once everything that is kept is there.
fn count<S, B, R>(mut service: S) -> u64
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
    B: Default,
{
    let mut last = 0;
    for _ in 0..4 {
        let request = request();
        let mut answer = None;
        let info = allocation_counter::measure(|| {
            answer = service.call(request).now_or_never();
        });
        let response = answer.unwrap().unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], TEXT);
        last = info.count_total;
    }
    last
}

fn bare() -> u64 {
    count(service_fn(async |_: Request<Empty<Bytes>>| {
        let mut response = Response::new(Full::new(Bytes::from_static(b"Hello, World!")));
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
        Ok(response)
    }))
}

#[test]
fn a_small_get_costs_one_allocation_more_than_bare_at_most() {
    let bare = bare();
    let unboxed = count::<_, Empty<Bytes>, _>(service(app()));
    let boxed = count::<_, Empty<Bytes>, _>(TowerService::new(app()));
    println!("bare {bare}, service {unboxed}, TowerService {boxed}");
    assert!(unboxed <= bare + 1, "bare {bare}, service {unboxed}");
    assert!(boxed <= bare + 2, "bare {bare}, TowerService {boxed}");
}

#[test]
fn in_axum_an_app_is_cheaper_than_a_handler() {
    async fn handler() -> ([(header::HeaderName, HeaderValue); 1], &'static str) {
        ([(header::CONTENT_TYPE, TEXT)], "Hello, World!")
    }
    let native = count::<_, AxumBody, _>(Router::<()>::new().route("/hello", get(handler)));
    let routed = Router::<()>::new().route_service("/hello", service(app()));
    let routed = count::<_, AxumBody, _>(routed);
    let fallback = Router::<()>::new().fallback_service(service(app()));
    let fallback = count::<_, AxumBody, _>(fallback);
    println!("get(handler) {native}, route_service {routed}, fallback_service {fallback}");
    assert!(routed <= native, "native {native}, routed {routed}");
    assert!(fallback <= native, "native {native}, fallback {fallback}");
}

#[test]
fn a_tower_service_as_an_app_costs_little() {
    let app = tower_app(service_fn(async |_: Request<Input>| {
        let mut response = Response::new(Body::from("Hello, World!"));
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
        Ok::<_, Infallible>(response)
    }));
    let gateway = Gateway::new(app);
    let mut last = 0;
    for _ in 0..4 {
        let (parts, ()) = request::<()>().into_parts();
        let environ = gateway.environ(parts, Input::empty());
        let info = allocation_counter::measure(|| {
            let response = gateway.handle(environ).now_or_never();
            assert_eq!(response.unwrap().status(), 200);
        });
        last = info.count_total;
    }
    println!("tower_app {last}, bare {}", bare());
    // The connection among the extensions (a map and a box), and the bare service's own.
    assert!(last <= bare() + 4, "{last}");
}
