//! Tower services as apps.

mod support;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use adapter_tower::{OriginalUri, TowerAppExt, service, tower_app, tower_app_over};
use axum::extract::{ConnectInfo, NestedPath, OriginalUri as AxumUri, Path};
use axum::response::sse::{Event, Sse};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use futures_util::StreamExt;
use gateway_core::{
    Body, BoxError, Connection, Environ, Error, Gateway, HttpError, Input, InputError, app_fn,
};
use gateway_util::Mount;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body::{Body as _, Frame};
use http_body_util::StreamBody;
use support::{Dropped, TestResult, drive, drive_on, get as request, path_app, paths, text};
use tower::util::BoxCloneService;
use tower::{Service, ServiceExt, service_fn};

/// `URI|OriginalUri` as a handler of axum sees them.
async fn uris(uri: Uri, AxumUri(original): AxumUri) -> String {
    format!("{uri}|{original}")
}

#[tokio::test]
async fn e3_a_mounted_router_sees_what_nest_service_would_show() {
    let router = || Router::new().fallback(uris);
    let site = Gateway::new(
        Mount::new()
            .at("/shop", tower_app(router()))
            .at("/a b", tower_app(router()))
            .fallback(tower_app(router())),
    );
    for (target, seen) in [
        ("/shop", "/"),
        ("/shop?x", "/?x"),
        ("/shop/", "/"),
        ("/shop/cart?x=/shop", "/cart?x=/shop"),
        ("/shop/a%2Fb/%FF/%zz", "/a%2Fb/%FF/%zz"),
        ("/shop//a/../b;c", "//a/../b;c"),
        ("/a%20b/c", "/c"),
        ("/shopping", "/shopping"),
    ] {
        let response = drive_on(&site, request(target)).await;
        assert_eq!(text(response).await, format!("{seen}|{target}"), "{target}");
    }
}

#[tokio::test]
async fn e5_an_absolute_target_keeps_its_authority() {
    let site = Mount::new().at("/shop", tower_app(Router::new().fallback(uris)));
    let response = drive(site, request("http://a.example/shop/x")).await;
    let expected = "http://a.example/x|http://a.example/shop/x";
    assert_eq!(text(response).await, expected);
}

#[tokio::test]
async fn e14_options_star_stays() {
    let app = tower_app(Router::new().fallback(uris));
    let request = Request::options("*").body(Input::empty()).unwrap();
    assert_eq!(text(drive(app, request).await).await, "*|*");
}

#[tokio::test]
async fn e3_an_app_in_a_router_in_an_app_knows_where_it_is() {
    let inner = Router::new().nest_service("/in", service(path_app()));
    let site = Mount::new().at("/out", tower_app(inner));
    let response = drive(site, request("/out/in/a%2Fb")).await;
    let body = response.into_body().bytes().await.unwrap();
    assert_eq!(paths(&body), "/out/in|/a/b|/out/in/a%2Fb");
}

#[tokio::test]
async fn e15_e16_extensions_and_the_peer_reach_the_service() -> TestResult {
    #[derive(Clone)]
    struct User(&'static str);
    async fn handler(
        Extension(User(user)): Extension<User>,
        Extension(connection): Extension<Connection>,
        Extension(original): Extension<OriginalUri>,
        ConnectInfo(peer): ConnectInfo<SocketAddr>,
        nested: Option<Extension<NestedPath>>,
    ) -> String {
        let same = connection.peer_addr() == Some(peer);
        format!("{user} {peer} {same} {} {}", original.0, nested.is_none())
    }
    let site = Mount::new().at("/m", tower_app(Router::new().route("/x", get(handler))));
    let gateway = Gateway::new(site);
    let (mut parts, ()) = Request::get("/m/x").body(())?.into_parts();
    parts.extensions.insert(User("ada"));
    let mut environ = gateway.environ(parts, Input::empty());
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:1".parse()?));
    let response = gateway.handle(environ).await.map(Body::new);
    assert_eq!(text(response).await, "ada 192.0.2.7:1 true /m/x true");
    Ok(())
}

#[tokio::test]
async fn an_axum_router_works_as_an_app() {
    let router = Router::new()
        .route("/items/{id}", get(async |Path(id): Path<String>| id))
        .route("/echo", post(async |body: String| body));
    let gateway = Gateway::new(tower_app(router));
    let response = drive_on(&gateway, request("/items/7")).await;
    assert_eq!(response.headers()["content-length"], "1");
    assert_eq!(text(response).await, "7");
    let echo = Request::post("/echo").body(Input::new(Body::from_chunks(["a", "b"])));
    assert_eq!(text(drive_on(&gateway, echo.unwrap()).await).await, "ab");
    assert_eq!(drive_on(&gateway, request("/echo")).await.status(), 405);
    assert_eq!(drive_on(&gateway, request("/none")).await.status(), 404);
    // B6.
    let head = Request::head("/items/7").body(Input::empty()).unwrap();
    let response = drive_on(&gateway, head).await;
    assert_eq!(response.headers()["content-length"], "1");
    assert!(response.body().is_end_stream());
}

#[tokio::test]
async fn b6_head_on_a_stream_says_nothing_of_its_length() {
    let stream = async || {
        axum::body::Body::from_stream(http_body_util::BodyExt::into_data_stream(
            Body::from_chunks(["a", "b"]),
        ))
    };
    let gateway = Gateway::new(tower_app(Router::new().route("/", get(stream))));
    let head = || Request::head("/").body(Input::empty()).unwrap();
    let response = drive_on(&gateway, head()).await;
    assert!(!response.headers().contains_key("content-length"));
    // A layer may take the body off, too.
    let strip = tower::util::MapResponseLayer::new(|response: gateway_core::Response| {
        response.map(|_| Body::empty())
    });
    let app = app_fn(|_: Environ, start| async move {
        start.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from_chunks(["a"]))
    });
    let response = drive(app.with_layer(strip), head()).await;
    assert!(!response.headers().contains_key("content-length"));
}

/// Not ready when it is first asked; fails when it is called without having been asked.
struct Shy {
    asked: usize,
    calls: Arc<AtomicUsize>,
    polls: Arc<AtomicUsize>,
}

impl Clone for Shy {
    fn clone(&self) -> Self {
        // Readiness is not cloned.
        Self {
            asked: 0,
            calls: self.calls.clone(),
            polls: self.polls.clone(),
        }
    }
}

impl Service<Request<Input>> for Shy {
    type Response = Response<Body>;
    type Error = Error;
    type Future = std::future::Ready<Result<Response<Body>, Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.asked += 1;
        self.polls.fetch_add(1, Ordering::SeqCst);
        if self.asked < 3 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Input>) -> Self::Future {
        assert_eq!(self.asked, 3, "called without being ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(Response::new(Body::from("ready"))))
    }
}

#[tokio::test]
async fn poll_ready_is_respected_on_the_clone_that_is_called() {
    let calls = Arc::new(AtomicUsize::new(0));
    let polls = Arc::new(AtomicUsize::new(0));
    let shy = Shy {
        asked: 0,
        calls: calls.clone(),
        polls: polls.clone(),
    };
    let gateway = Gateway::new(tower_app(shy));
    for _ in 0..2 {
        let response = drive_on(&gateway, request("/")).await;
        assert_eq!(text(response).await, "ready");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(polls.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_limit_on_concurrency_holds_over_clones() {
    // One request at a time: the second waits in `poll_ready`.
    let (entered, mut entries) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let inner = {
        let gate = gate.clone();
        service_fn(move |_: Request<Input>| {
            let (gate, entered) = (gate.clone(), entered.clone());
            async move {
                entered.send(()).unwrap();
                gate.acquire().await.unwrap().forget();
                Ok::<_, Infallible>(Response::new(Body::empty()))
            }
        })
    };
    let limited = tower::limit::ConcurrencyLimit::new(inner, 1);
    let gateway = Gateway::new(tower_app(limited));
    let run = |gateway: Gateway<_>| {
        tokio::spawn(async move { drive_on(&gateway, request("/")).await.status() })
    };
    let (first, second) = (run(gateway.clone()), run(gateway));
    entries.recv().await.unwrap();
    tokio::task::yield_now().await;
    assert!(entries.try_recv().is_err(), "two requests at once");
    gate.add_permits(2);
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(second.await.unwrap(), 200);
    entries.recv().await.unwrap();
}

#[derive(Clone)]
struct Broken;

impl Service<Request<Input>> for Broken {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("worn out".into()))
    }

    fn call(&mut self, _: Request<Input>) -> Self::Future {
        unreachable!("it was never ready")
    }
}

#[tokio::test]
async fn errors_become_pages() {
    let response = drive(tower_app(Broken), request("/")).await;
    assert_eq!(response.status(), 503);
    assert!(!text(response).await.contains("worn out"));

    let failing = |error: fn() -> BoxError| {
        tower_app(service_fn(move |_: Request<Input>| async move {
            Err::<Response<Body>, BoxError>(error())
        }))
    };
    let response = drive(failing(|| "secret".into()), request("/")).await;
    assert_eq!(response.status(), 500);
    assert!(!text(response).await.contains("secret"));
    let response = drive(
        failing(|| HttpError::not_found().into_boxed()),
        request("/"),
    )
    .await;
    assert_eq!(response.status(), 404);

    let shedding = tower::load_shed::LoadShed::new(service_fn(async |_: Request<Input>| {
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let mapped = shedding.map_err(|error| HttpError::service_unavailable().with_source(error));
    assert_eq!(drive(tower_app(mapped), request("/")).await.status(), 200);
}

trait IntoBoxed {
    fn into_boxed(self) -> BoxError;
}

impl IntoBoxed for HttpError {
    fn into_boxed(self) -> BoxError {
        Error::from(self).into_boxed()
    }
}

#[tokio::test]
async fn a_service_that_is_not_sync_is_an_app() {
    let boxed: BoxCloneService<Request<Input>, Response<Body>, Infallible> =
        BoxCloneService::new(service_fn(async |_: Request<Input>| {
            Ok(Response::new(Body::from("boxed")))
        }));
    assert_eq!(
        text(drive(tower_app(boxed), request("/")).await).await,
        "boxed"
    );
}

#[tokio::test]
async fn a_service_with_a_body_of_its_own_is_an_app() {
    let boxed: BoxCloneService<axum::extract::Request, axum::response::Response, Infallible> =
        BoxCloneService::new(Router::new().route("/", post(async |body: String| body)));
    let app = tower_app_over(boxed, axum::body::Body::new);
    let request = Request::post("/")
        .body(Input::new(Body::from_chunks(["x"])))
        .unwrap();
    assert_eq!(text(drive(app, request).await).await, "x");
}

fn answering(make: fn() -> Response<Body>) -> impl gateway_core::App {
    tower_app(service_fn(move |_: Request<Input>| async move {
        Ok::<_, Infallible>(make())
    }))
}

#[tokio::test]
async fn s7_hop_by_hop_fields_are_translated() {
    let app = answering(|| {
        Response::builder()
            .header("connection", "close, x-hop")
            .header("x-hop", "1")
            .header("keep-alive", "timeout=5")
            .header("transfer-encoding", "chunked")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body(Body::from("text"))
            .unwrap()
    });
    let response = drive(app, request("/")).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    // The gateway's own word: the app said `close_connection`.
    assert_eq!(headers["connection"], "close");
    assert!(!headers.contains_key("x-hop"));
    assert!(!headers.contains_key("keep-alive"));
    assert!(!headers.contains_key("transfer-encoding"));
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(text(response).await, "text");
}

#[tokio::test]
async fn s5_upgrades_are_refused() {
    for make in [
        || Response::builder().status(101).header("upgrade", "x"),
        || Response::builder().status(103).header("link", "x"),
    ] as [fn() -> http::response::Builder; 2]
    {
        let app = tower_app(service_fn(move |_: Request<Input>| async move {
            make().body(Body::empty())
        }));
        assert_eq!(drive(app, request("/")).await.status(), 500);
    }
}

#[tokio::test]
async fn b11_trailers_pass_and_end_the_body() -> TestResult {
    let app = answering(|| {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let frames = [Frame::data("data".into()), Frame::trailers(trailers)];
        let frames = frames.map(Ok::<Frame<bytes::Bytes>, Error>);
        let body = StreamBody::new(futures_util::stream::iter(frames));
        Response::new(Body::new(body))
    });
    let mut request = request("/");
    *request.version_mut() = http::Version::HTTP_2;
    let response = drive(app, request).await;
    let collected = http_body_util::BodyExt::collect(response.into_body()).await?;
    assert_eq!(collected.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(collected.to_bytes(), "data");
    Ok(())
}

#[tokio::test]
async fn b1_the_head_of_a_silent_stream_goes_out() {
    // `handle` would never return if the head waited for the first event.
    let router = Router::new().route(
        "/",
        get(async || Sse::new(futures_util::stream::pending::<Result<Event, Infallible>>())),
    );
    let response = drive(tower_app(router), request("/")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn b1_an_error_that_is_ready_at_once_is_still_a_500() {
    let app = answering(|| {
        let failing = futures_util::stream::iter([Err::<&str, _>(Error::msg("broken"))]);
        Response::new(Body::from_stream(
            failing.map(|item| item.map_err(Error::into_boxed)),
        ))
    });
    assert_eq!(drive(app, request("/")).await.status(), 500);
}

#[tokio::test]
async fn l1_the_body_is_dropped_once_whatever_happens() {
    let dropped = Dropped::default();
    let router = {
        let dropped = dropped.clone();
        Router::new().route(
            "/{status}",
            any(async move |Path(status): Path<u16>| {
                let guard = dropped.guard();
                let body = futures_util::stream::repeat("x").map(move |chunk| {
                    let _ = &guard;
                    Ok::<_, Infallible>(chunk)
                });
                (
                    http::StatusCode::from_u16(status).unwrap(),
                    axum::body::Body::from_stream(body),
                )
            }),
        )
    };
    let gateway = Gateway::new(tower_app(router));
    for (n, target) in ["/200", "/204", "/304"].into_iter().enumerate() {
        let response = drive_on(&gateway, request(target)).await;
        assert_eq!(dropped.count(), n + usize::from(target != "/200"));
        drop(response);
        assert_eq!(dropped.count(), n + 1, "{target}");
    }
}

#[tokio::test]
async fn i3_an_input_cut_short_stays_an_error_of_the_input() {
    let reading = tower_app(service_fn(async |request: Request<Input>| {
        let bytes = http_body_util::BodyExt::collect(request.into_body()).await?;
        Ok::<_, InputError>(Response::new(Body::from(bytes.to_bytes())))
    }));
    let request = Request::post("/")
        .header("content-length", "5")
        .body(Input::new(Body::from_chunks(["abc"])))
        .unwrap();
    assert_eq!(drive(reading, request).await.status(), 400);
}

#[tokio::test]
async fn serve_dir_is_an_app_with_ranges_and_head() {
    let files = tower_http::services::ServeDir::new(env!("CARGO_MANIFEST_DIR"));
    let site = Gateway::new(Mount::new().at("/files", tower_app(files)));
    let response = drive_on(&site, request("/files/Cargo.toml")).await;
    assert_eq!(response.status(), 200);
    let length = response.headers()["content-length"].clone();
    assert!(text(response).await.contains("adapter-tower"));
    let head = Request::head("/files/Cargo.toml").body(Input::empty());
    let response = drive_on(&site, head.unwrap()).await;
    assert_eq!(response.headers()["content-length"], length);
    let range = Request::get("/files/Cargo.toml")
        .header("range", "bytes=1-7")
        .body(Input::empty());
    let response = drive_on(&site, range.unwrap()).await;
    assert_eq!(response.status(), 206);
    assert_eq!(text(response).await, "package");
    let outside = drive_on(&site, request("/files/..%2FCargo.toml")).await;
    assert_eq!(outside.status(), 404);
}

#[tokio::test]
async fn dropping_the_future_drops_the_service_s() {
    let dropped = Dropped::default();
    let guard = dropped.clone();
    let app = tower_app(service_fn(move |_: Request<Input>| {
        let guard = guard.guard();
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    }));
    let mut call = Box::pin(drive(app, request("/")));
    assert!(futures_util::poll!(&mut call).is_pending());
    assert_eq!(dropped.count(), 0);
    drop(call);
    assert_eq!(dropped.count(), 1);
}

#[test]
fn apps_of_services_are_what_apps_are() {
    fn app<A: gateway_core::App + Clone + std::fmt::Debug>(app: &A) -> String {
        format!("{app:?}")
    }
    assert!(app(&tower_app(Router::new())).starts_with("TowerApp"));
}
