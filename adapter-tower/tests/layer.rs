//! Tower layers as middlewares.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use adapter_tower::{TowerAppExt, service, tower_app};
use axum::Router;
use axum::extract::Request as AxumRequest;
use axum::middleware::{Next, from_fn};
use flate2::read::GzDecoder;
use futures_util::StreamExt;
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1, http2};
use gateway_core::{
    App, Body, BoxError, Connection, Environ, Error, Gateway, HttpError, Input, VarName, app_fn,
    view,
};
use gateway_util::Mount;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use std::io::Read;
use support::{Dropped, TestResult, axum_serve, drive, drive_on, get, text};
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

fn long_text() -> impl App {
    view(async |_| "gateway ".repeat(500))
}

fn gzip(request: http::request::Builder) -> Request<Input> {
    let request = request.header("accept-encoding", "gzip");
    request.body(Input::empty()).unwrap()
}

#[tokio::test]
async fn compression_compresses_and_the_length_goes() -> TestResult {
    let gateway = Gateway::new(long_text().with_layer(CompressionLayer::new()));
    let response = drive_on(&gateway, gzip(Request::get("/"))).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert!(!response.headers().contains_key("content-length"));
    let bytes = response.into_body().bytes().await?;
    assert!(bytes.len() < 400);
    let mut plain = String::new();
    GzDecoder::new(&*bytes).read_to_string(&mut plain)?;
    assert_eq!(plain, "gateway ".repeat(500));
    // Whoever does not ask gets it as it is, with its length.
    let response = drive_on(&gateway, get("/")).await;
    assert_eq!(response.body().size_hint().exact(), Some(4000));
    Ok(())
}

#[tokio::test]
async fn b6_head_has_the_fields_that_the_layer_gives_to_get() {
    let gateway = Gateway::new(long_text().with_layer(CompressionLayer::new()));
    let mut heads = Vec::new();
    for method in ["GET", "HEAD"] {
        let request = gzip(Request::builder().method(method).uri("/"));
        let response = drive_on(&gateway, request).await;
        assert_eq!(response.body().is_end_stream(), method == "HEAD");
        heads.push(response.headers().clone());
    }
    assert_eq!(heads[0], heads[1]);
}

#[tokio::test]
async fn cors_covers_errors_of_the_app_and_answers_preflights() -> TestResult {
    let app = app_fn(|environ: Environ, _| async move {
        match environ.raw_path_info() {
            "/http" => Err(HttpError::not_found().into()),
            "/panic" => panic!("an app may"),
            _ => Err::<Body, _>(Error::msg("secret")),
        }
    });
    let gateway = Gateway::new(app.with_layer(CorsLayer::permissive()));
    for (target, status) in [("/http", 404), ("/other", 500), ("/panic", 500)] {
        let response = drive_on(&gateway, get(target)).await;
        assert_eq!(response.status(), status, "{target}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert!(!text(response).await.contains("secret"));
    }
    let preflight = Request::options("/x")
        .header("origin", "https://a.example")
        .header("access-control-request-method", "PUT")
        .body(Input::empty())?;
    let response = drive_on(&gateway, preflight).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-methods"], "*");
    Ok(())
}

#[tokio::test]
async fn a_timeout_ends_the_app() {
    let dropped = Dropped::default();
    let app = {
        let dropped = dropped.clone();
        view(move |_| {
            let guard = dropped.guard();
            async move {
                std::future::pending::<()>().await;
                drop(guard);
                "never"
            }
        })
    };
    let layer = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::ZERO);
    let response = drive(app.with_layer(layer), get("/")).await;
    assert_eq!(response.status(), 504);
    assert_eq!(dropped.count(), 1);
}

#[tokio::test]
async fn i4_a_limit_is_413_declared_or_not() -> TestResult {
    let reading = view(async |mut environ: Environ| environ.take_input().text(1000).await);
    let gateway = Gateway::new(reading.with_layer(RequestBodyLimitLayer::new(3)));
    let request = |body: Input| Request::post("/").body(body).unwrap();
    let mut declared = request(Input::new(Body::from("four")));
    let length = HeaderValue::from_static("4");
    declared.headers_mut().insert("content-length", length);
    assert_eq!(drive_on(&gateway, declared).await.status(), 413);
    let undeclared = request(Input::new(Body::from_chunks(["fo", "ur"])));
    assert_eq!(drive_on(&gateway, undeclared).await.status(), 413);
    let small = request(Input::new(Body::from_chunks(["a", "bc"])));
    assert_eq!(text(drive_on(&gateway, small).await).await, "abc");
    Ok(())
}

#[tokio::test]
async fn b9_catch_panic_catches_what_is_between_it_and_the_app() {
    let panicking = MapRequestLayer::new(|request: Request<Input>| -> Request<Input> {
        assert_ne!(request.uri().path(), "/panic", "a layer may");
        request
    });
    let catching = CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
        let mut response = Response::new(Body::from("caught"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    });
    let app = view(async |environ: Environ| {
        assert_ne!(environ.path_info(), "/app", "an app may, too");
        "fine"
    });
    let stack = tower::ServiceBuilder::new()
        .layer(catching)
        .layer(panicking);
    let gateway = Gateway::new(app.with_layer(stack));
    assert_eq!(text(drive_on(&gateway, get("/")).await).await, "fine");
    let response = drive_on(&gateway, get("/panic")).await;
    assert_eq!(response.status(), 503);
    assert_eq!(text(response).await, "caught");
    // B9: a panic of the app is a page before any layer sees it.
    assert_eq!(drive_on(&gateway, get("/app")).await.status(), 500);
}

#[tokio::test]
async fn layers_stack_and_axum_s_own_fit() {
    async fn stamp(request: AxumRequest, next: Next) -> axum::response::Response {
        let mut response = next.run(request).await;
        let stamp = HeaderValue::from_static("1");
        response.headers_mut().insert("x-stamp", stamp);
        response
    }
    let stack = tower::ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CompressionLayer::new());
    let app = long_text()
        .with_layer_over(from_fn(stamp), axum::body::Body::new)
        .with_layer(stack);
    let response = drive(app, gzip(Request::get("/"))).await;
    assert_eq!(response.headers()["x-stamp"], "1");
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

/// A layer that does nothing, by other types than ours.
fn identity() -> impl tower::Layer<
    adapter_tower::AppService<Gate>,
    Service = tower_http::trace::Trace<
        adapter_tower::AppService<Gate>,
        tower_http::classify::SharedClassifier<tower_http::classify::ServerErrorsAsFailures>,
    >,
> {
    TraceLayer::new_for_http()
}

/// An app of which everything passes.
struct Gate;

impl App for Gate {
    async fn call(
        &self,
        mut environ: Environ,
        start: gateway_core::StartResponse,
    ) -> Result<Body, Error> {
        let input = environ.take_input().text(100).await?;
        let seen = format!(
            "{} {} {} {:?} {} {}",
            environ.script_name(),
            environ.path_info(),
            environ.request_uri(),
            environ.remote_addr(),
            environ.get("REMOTE_USER").unwrap(),
            input,
        );
        let headers = [
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("trailer", "x-sum"),
        ];
        start.start(207, headers)?;
        start.close_connection();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", HeaderValue::from_static("42"));
        let frames = [Frame::data(seen.into()), Frame::trailers(trailers)];
        let frames = frames.map(Ok::<Frame<bytes::Bytes>, Error>);
        Ok(Body::new(StreamBody::new(futures_util::stream::iter(
            frames,
        ))))
    }
}

#[tokio::test]
async fn m1_a_layer_that_does_nothing_changes_nothing() -> TestResult {
    async fn outcome(app: impl App) -> TestResult<(http::response::Parts, String, HeaderMap)> {
        // What comes before the layer: a mount, a variable, the connection.
        let app = Arc::new(Mount::new().at("/m", app));
        let before = app_fn(move |mut environ: Environ, start| {
            environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
            let app = app.clone();
            async move { app.call(environ, start).await }
        });
        let gateway = Gateway::new(before);
        let request = Request::post("/m/a%2Fb?x")
            .header("content-length", "4")
            .header("te", "trailers");
        let (parts, ()) = request.body(())?.into_parts();
        let input = Input::new(Body::from_chunks(["te", "xt"]));
        let mut environ = gateway.environ(parts, input);
        environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:1".parse()?));
        let (parts, body) = gateway.handle(environ).await.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let text = String::from_utf8(collected.to_bytes().to_vec())?;
        Ok((parts, text, trailers))
    }
    let (bare, bare_text, bare_trailers) = outcome(Gate).await?;
    let (layered, text, trailers) = outcome(Gate.with_layer(identity())).await?;
    assert_eq!(text, "/m /a/b /m/a%2Fb?x Some(192.0.2.7) ada text");
    assert_eq!(text, bare_text);
    assert_eq!(layered.status, bare.status);
    assert_eq!(layered.headers, bare.headers);
    assert_eq!(layered.headers["connection"], "close");
    assert_eq!(layered.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(trailers, bare_trailers);
    assert_eq!(trailers["x-sum"], "42");
    Ok(())
}

#[tokio::test]
async fn e3_a_layer_that_rewrites_the_path_keeps_the_mount() {
    let app = support::path_app().with_layer(NormalizePathLayer::trim_trailing_slash());
    let site = Mount::new().at("/m", app);
    let response = drive(site, get("/m/a/")).await;
    let body = response.into_body().bytes().await.unwrap();
    assert_eq!(support::paths(&body), "/m|/a|/m/a");
}

#[tokio::test]
async fn a_layer_that_calls_twice_gets_two_answers() {
    #[derive(Clone)]
    struct Twice<S>(S);
    impl<S> tower::Service<Request<Input>> for Twice<S>
    where
        S: tower::Service<Request<Input>, Response = gateway_core::Response, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
    {
        type Response = gateway_core::Response;
        type Error = Infallible;
        type Future =
            std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;
        fn poll_ready(
            &mut self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            self.0.poll_ready(cx)
        }
        fn call(&mut self, request: Request<Input>) -> Self::Future {
            let (parts, _) = request.into_parts();
            let first = self
                .0
                .call(Request::from_parts(parts.clone(), Input::empty()));
            let second = self.0.call(Request::from_parts(parts, Input::empty()));
            Box::pin(async move {
                first.await?;
                second.await
            })
        }
    }
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let app = view(move |environ: Environ| {
        counter.fetch_add(1, Ordering::SeqCst);
        let seen = format!("{} {}", environ.script_name(), environ.path_info());
        async move { seen }
    });
    let layer = tower::layer::layer_fn(Twice);
    let site = Mount::new().at("/m", app.with_layer(layer));
    assert_eq!(text(drive(site, get("/m/x")).await).await, "/m /x");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// An event stream: one event at once or none, then silence.
fn events(first: bool, dropped: Dropped) -> impl App {
    app_fn(move |_, start| {
        let guard = dropped.guard();
        async move {
            start.start(200, [("content-type", "text/event-stream")])?;
            start.commit_early();
            let event = first.then_some(Ok::<_, Error>("data: 1\n\n"));
            let events = futures_util::stream::iter(event).chain(futures_util::stream::pending());
            Ok(Body::from_stream(events.map(move |event| {
                let _ = &guard;
                event
            })))
        }
    })
}

#[tokio::test]
async fn b1_a_flushed_event_stream_passes_compression() -> TestResult {
    for protocol in Protocol::ALL {
        for first in [true, false] {
            let dropped = Dropped::default();
            let app = events(first, dropped.clone())
                .with_layer(CompressionLayer::new())
                .with_layer(TraceLayer::new_for_http());
            let address = axum_serve(Router::new().fallback_service(service(app))).await;
            let request = WireRequest::get("/").header("accept-encoding", "gzip");
            match protocol {
                Protocol::Http1 => {
                    let mut connection = http1::Http1Connection::open(address).await?;
                    connection.send_request(&request).await?;
                    assert_eq!(connection.read_head("GET").await?.status, 200);
                    if first {
                        let chunk = connection.read_chunk().await?;
                        assert_eq!(chunk.unwrap(), "data: 1\n\n");
                    }
                }
                Protocol::Http2 => {
                    let mut connection = http2::Http2Connection::open(address).await?;
                    let mut stream = connection.open_stream(&request).await?;
                    assert_eq!(stream.head().await?.status, 200);
                    if first {
                        assert_eq!(stream.chunk().await?.unwrap(), "data: 1\n\n");
                    }
                }
            }
            // L3: the client has gone.
            dropped.wait().await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn b1_flush_holds_although_the_layer_keeps_the_first_chunk() {
    // What a compressor may do: take chunks, and give nothing yet.
    let keeping = tower::util::MapResponseLayer::new(|response: gateway_core::Response| {
        response.map(|body| {
            let chunks = body
                .into_data_stream()
                .map(|chunk| chunk.map_err(Error::into_boxed));
            Body::from_stream(chunks.filter(|_| std::future::ready(false)))
        })
    });
    let app = events(true, Dropped::default()).with_layer(keeping);
    // Without the flush `handle` would wait for ever.
    let response = drive(app, get("/")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn b1_without_a_flush_an_error_behind_a_layer_is_a_500() {
    let failing = view(async |_| {
        let chunks = futures_util::stream::once(async {
            tokio::task::yield_now().await;
            Err::<&str, _>(std::io::Error::other("broken"))
        });
        Body::from_stream(chunks)
    });
    let app = failing.with_layer(TraceLayer::new_for_http());
    assert_eq!(drive(app, get("/")).await.status(), 500);
}

#[tokio::test]
async fn an_error_of_the_layer_is_the_app_s() {
    let layer =
        tower::util::MapResultLayer::new(|_: Result<gateway_core::Response, Infallible>| {
            Err::<gateway_core::Response, BoxError>(HttpError::bad_gateway().into())
        });
    let fine = view(async |_| "fine").with_layer(layer);
    assert_eq!(drive(fine, get("/")).await.status(), 502);
}

#[tokio::test]
async fn a_tower_service_takes_a_layer_as_an_app() {
    let router = Router::new().route("/", axum::routing::get(async || "gateway ".repeat(50)));
    let app = tower_app(router).with_layer(CompressionLayer::new());
    let response = drive(app, gzip(Request::get("/"))).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn s7_a_layer_s_hop_by_hop_fields_go() -> TestResult {
    let layer = tower::util::MapResponseLayer::new(|mut response: gateway_core::Response| {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert("connection", close);
        response
    });
    let app = long_text().with_layer(layer);
    let address = axum_serve(Router::new().fallback_service(service(app))).await;
    let response = exchange(address, Protocol::Http1, &WireRequest::get("/")).await?;
    assert_eq!(response.header("connection"), Some("close"));
    let response = exchange(address, Protocol::Http2, &WireRequest::get("/")).await?;
    assert_eq!(response.status, 200);
    Ok(())
}
