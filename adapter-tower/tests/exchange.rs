//! What the host knows reaches the app, and what the app says reaches the host.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that fails fails its test"
)]

mod support;

use adapter_tower::{AxumReply, TowerAppExt, TowerService, ViewReply, service, tower_app};
use axum::body::Body as AxumBody;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{
    App, AppExt, Body, Environ, Error, Gateway, PathParams, StartResponse, TryIntoResponse,
    VarName, view,
};
use http::{HeaderName, StatusCode};
use support::{TestResult, axum_serve};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::request_id::{
    MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};

#[derive(Clone)]
struct User(&'static str);

#[derive(Clone, Debug, PartialEq)]
struct RowsRead(u64);

async fn ask(router: Router, target: &str) -> (StatusCode, String, Option<RowsRead>) {
    let request = Request::get(target).body(AxumBody::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let rows = response.extensions().get().cloned();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let body = String::from_utf8(body.unwrap().into()).unwrap();
    (status, body, rows)
}

async fn text(router: Router, target: &str) -> String {
    let (status, text, _) = ask(router, target).await;
    assert_eq!(status, 200, "{target}: {text}");
    text
}

#[tokio::test]
async fn e15_an_axum_extension_reaches_the_app() {
    let app = view(async |environ: Environ| environ.extensions().get().map(|User(name)| *name));
    let router = Router::new()
        .nest_service("/app", service(app))
        .layer(Extension(User("ada")));
    assert_eq!(text(router, "/app").await, "ada");
}

#[tokio::test]
async fn a_function_of_the_host_fills_the_environ() {
    let app = view(async |environ: Environ| {
        let var = |name| {
            environ
                .get(name)
                .map_or_else(String::new, |value| value.to_string())
        };
        format!(
            "{} {} {}",
            var("REMOTE_USER"),
            var("SEEN"),
            environ.path_info()
        )
    });
    let service = TowerService::from_gateway(Gateway::new(app)).with(|head, environ| {
        if let Some(User(name)) = head.extensions.get() {
            environ.set_var(const { VarName::new("REMOTE_USER") }, *name);
        }
        environ.set_var(
            const { VarName::new("SEEN") },
            head.headers["x-seen"].as_bytes(),
        );
    });
    for boxed in [true, false] {
        let router = if boxed {
            Router::new().nest_service("/app", service.clone())
        } else {
            Router::new().nest_service("/app", service.clone().unboxed())
        };
        let router = router.layer(Extension(User("ada")));
        let request = Request::get("/app/x")
            .header("x-seen", "yes")
            .body(AxumBody::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        assert_eq!(body, "ada yes /x");
    }
}

#[tokio::test]
async fn b9_a_panic_of_that_function_is_a_500_and_the_app_is_not_called() {
    let app = view(async |_| "called");
    let router = Router::new()
        .fallback_service(TowerService::new(app).with(|_, _| panic!("the test asks for it")));
    let (status, body, _) = ask(router, "/").await;
    assert_eq!(status, 500);
    assert!(!body.contains("the test asks for it"), "{body}");
    assert!(!body.contains("called"), "{body}");
}

/// The parameters as `a=1;b=2`.
fn params() -> impl App + Clone {
    view(async |environ: Environ| {
        let params = environ.extensions().get::<PathParams>();
        params.map_or("none".to_owned(), |params| {
            let pairs = params.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(";")
        })
    })
}

#[tokio::test]
async fn the_parameters_of_all_routes_around_the_app_are_there() {
    let inner = Router::new()
        .route_service("/files/{kind}/{*rest}", service(params()))
        .nest_service("/deep/{depth}", service(params()))
        .fallback_service(service(params()));
    let router = Router::new()
        .nest("/u/{id}", inner)
        .route_service("/plain", service(params()));
    for (target, expected) in [
        ("/u/7/files/png/a%2Fb/c", "id=7;kind=png;rest=a/b/c"),
        ("/u/a%20b/deep/%C3%A4/x", "id=a b;depth=\u{e4}"),
        ("/u/100%2525/other", "id=100%25"),
        ("/plain", "none"),
        // Not UTF-8: axum has none to give.
        ("/u/%FF/deep/1/x", "none"),
    ] {
        assert_eq!(text(router.clone(), target).await, expected, "{target}");
    }
}

#[tokio::test]
async fn parameters_of_a_host_further_out_stay() -> TestResult {
    // Another host, then axum, then an app.
    let router: Router = Router::new().nest_service("/x/{inner}", service(params()));
    let mut environ = Environ::from_request(http::Request::get("/x/2").body(())?);
    let outer = PathParams::from_iter([("outer", "1"), ("inner", "hidden")]);
    environ.extensions_mut().insert(outer);
    let response = tower_app(router).respond(environ).await?;
    assert_eq!(response.into_body().bytes().await?, "outer=1;inner=2");
    Ok(())
}

/// Notes what it read in the extensions of its response.
async fn reading(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.insert_extension(RowsRead(1));
    start_response.insert_extension(RowsRead(3));
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from("rows"))
}

#[tokio::test]
async fn what_an_app_puts_into_its_response_reaches_a_middleware_of_axum() {
    async fn rows(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let rows = response.extensions().get::<RowsRead>().cloned();
        let rows = rows.map_or(0, |RowsRead(rows)| rows);
        response.headers_mut().insert("x-rows", rows.into());
        response
    }
    let router: Router = Router::new()
        .fallback_service(service(reading))
        .layer(from_fn(rows));
    let request = Request::get("/").body(AxumBody::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["x-rows"], "3");
}

#[tokio::test]
async fn response_extensions_pass_layers_routers_and_views() {
    // A layer of tower's around the app.
    let layered = reading.with_layer(tower_http::trace::TraceLayer::new_for_http());
    // A view that answers with another app's answer, and one with a response made by hand.
    let other = view(async |environ: Environ| reading.respond(environ).await);
    let by_hand = view(async |_| {
        let mut response = "rows".try_into_response()?;
        response.extensions_mut().insert(RowsRead(3));
        Ok::<_, Error>(response)
    });
    // An axum router as an app, whose handler makes them; and values of the other side.
    let made = async || (Extension(RowsRead(3)), "rows");
    let inner: Router = Router::new().fallback(get(made));
    let router = Router::new()
        .route_service("/layered", service(layered))
        .route_service("/other", service(other))
        .route_service("/by-hand", service(by_hand))
        .route_service("/router", service(tower_app(inner)))
        .route_service(
            "/view-reply",
            service(view(async |_| ViewReply((Extension(RowsRead(3)), "rows")))),
        )
        .route(
            "/axum-reply",
            get(async || {
                let mut response = http::Response::new(Body::from("rows"));
                response.extensions_mut().insert(RowsRead(3));
                AxumReply(response)
            }),
        );
    for target in [
        "/layered",
        "/other",
        "/by-hand",
        "/router",
        "/view-reply",
        "/axum-reply",
    ] {
        let (status, body, rows) = ask(router.clone(), target).await;
        assert_eq!((status, &*body), (StatusCode::OK, "rows"), "{target}");
        assert_eq!(rows, Some(RowsRead(3)), "{target}");
    }
}

#[derive(Clone)]
struct Numbered;

impl MakeRequestId for Numbered {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        Some(RequestId::new(http::HeaderValue::from_static("42")))
    }
}

#[tokio::test]
async fn tower_http_s_request_id_reaches_the_app_and_comes_back() {
    let name = HeaderName::from_static("x-request-id");
    let app = view(async |environ: Environ| {
        let id = environ.extensions().get::<RequestId>();
        id.map(|id| id.header_value().to_str().unwrap_or_default().to_owned())
    });
    let layer = || {
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(name.clone(), Numbered))
            .layer(PropagateRequestIdLayer::new(name.clone()))
    };
    // Around the service in a router, and around the app itself.
    let router: Router = Router::new()
        .nest_service("/service", layer().service(service(app)))
        .nest_service("/app", service(app.with_layer(layer())));
    for target in ["/service", "/app"] {
        let request = Request::get(target).body(AxumBody::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["x-request-id"], "42", "{target}");
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        assert_eq!(body, "42", "{target}");
    }
}

#[tokio::test]
async fn a_forged_header_gives_way_to_what_the_host_tells() {
    async fn tell_user(mut request: Request, next: Next) -> Response {
        request.headers_mut().remove("x-user");
        if let Some(User(name)) = request.extensions().get() {
            let name = http::HeaderValue::from_static(name);
            request.headers_mut().insert("x-user", name);
        }
        next.run(request).await
    }

    let app = view(async |environ: Environ| {
        let user = environ.get("HTTP_X_USER").map(|user| user.to_string());
        format!("{user:?}")
    });
    let router = Router::new()
        .nest_service("/app", service(app))
        .layer(from_fn(tell_user));
    let forged = WireRequest::get("/app")
        .header("x-user", "root")
        .header("x-user", "root")
        .header("x_user", "root");
    for (router, expected) in [
        (router.clone(), "None"),
        (router.layer(Extension(User("ada"))), r#"Some("ada")"#),
    ] {
        let address = axum_serve(router).await;
        for protocol in Protocol::ALL {
            let response = exchange(address, protocol, &forged).await.unwrap();
            assert_eq!(response.text(), expected, "{protocol:?}");
        }
    }
}
