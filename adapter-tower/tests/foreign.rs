//! S7: responses that tower components made for hyper, through every door of this adapter.

mod support;

use std::convert::Infallible;

use adapter_tower::{AxumReply, TowerAppExt, ViewReply, service, tower_app, tower_app_over};
use axum::Router;
use axum::body::Body as AxumBody;
use axum::extract::Request as AxumRequest;
use axum::middleware::{Next, from_fn};
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{AppExt as _, Body, BoxApp, HttpError, Input, view};
use gateway_util::Mount;
use http::{HeaderMap, HeaderValue, Request, Response};
use support::{axum_serve, drive, get};
use tower::service_fn;
use tower::util::MapResponseLayer;

/// What belongs to a connection, as hyper acts on it.
fn describe(headers: &mut HeaderMap) {
    for (name, value) in [
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("trailer", "content-length"),
        ("x-kept", "1"),
    ] {
        headers.append(name, HeaderValue::from_static(value));
    }
}

/// What a component for hyper answers when the client has sent nonsense.
fn foreign<B: From<&'static str>>() -> Response<B> {
    let mut response = Response::new(B::from("bad"));
    *response.status_mut() = http::StatusCode::BAD_REQUEST;
    describe(response.headers_mut());
    response
}

/// Every way by which such a response can come in.
fn doors() -> Vec<(&'static str, BoxApp)> {
    let component = service_fn(async |_: Request<Input>| Ok::<_, Infallible>(foreign::<Body>()));
    let over = service_fn(async |_: AxumRequest| Ok::<_, Infallible>(foreign::<AxumBody>()));
    let router = Router::new().fallback(async || foreign::<AxumBody>());
    let marks = || {
        MapResponseLayer::new(|mut response: Response<Body>| {
            describe(response.headers_mut());
            response
        })
    };
    let instead = from_fn(async |_: AxumRequest, _: Next| foreign::<AxumBody>());
    let around = from_fn(async |request: AxumRequest, next: Next| next.run(request).await);
    vec![
        ("tower_app", tower_app(component).boxed()),
        (
            "tower_app_over",
            tower_app_over(over, AxumBody::new).boxed(),
        ),
        ("a router", tower_app(router.clone()).boxed()),
        (
            "a layer that marks",
            view(async |_| ("bad", 400)).with_layer(marks()).boxed(),
        ),
        (
            "a layer that marks an error",
            HttpError::bad_request()
                .with_page(HeaderValue::from_static("text/plain"), "bad")
                .with_layer(marks())
                .boxed(),
        ),
        (
            "a layer that answers",
            view(async |_| "never")
                .with_layer_over(instead, AxumBody::new)
                .boxed(),
        ),
        (
            "a layer around a view",
            view(async |_| foreign::<String>())
                .with_layer_over(around, AxumBody::new)
                .boxed(),
        ),
        ("a view", view(async |_| foreign::<AxumBody>()).boxed()),
        (
            "a tuple",
            view(async |_| (foreign::<AxumBody>(), 400, [("x-more", "1")])).boxed(),
        ),
        (
            "ViewReply",
            view(async |_| ViewReply(foreign::<AxumBody>())).boxed(),
        ),
        (
            "a native handler",
            tower_app(Router::new().fallback(async || AxumReply(foreign::<String>()))).boxed(),
        ),
        (
            "an app in a router in an app",
            tower_app(Router::new().fallback_service(service(tower_app(router)))).boxed(),
        ),
    ]
}

const STRIPPED: [&str; 5] = [
    "x-hop",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "trailer",
];

#[tokio::test]
async fn s7_a_foreign_response_passes_every_door() {
    for (door, app) in doors() {
        let response = drive(app, get("/")).await;
        assert_eq!(response.status(), 400, "{door}");
        let headers = response.headers();
        assert_eq!(headers.get("x-kept").unwrap(), "1", "{door}");
        // The gateway's own word.
        assert_eq!(headers.get("connection").unwrap(), "close", "{door}");
        for name in STRIPPED {
            assert!(!headers.contains_key(name), "{door}: {name}");
        }
        assert_eq!(response.into_body().bytes().await.unwrap(), "bad", "{door}");
    }
}

#[tokio::test]
async fn s7_a_foreign_response_arrives_over_both_protocols() {
    let doors = doors();
    let names: Vec<String> = (0..doors.len())
        .map(|number| format!("/{number}"))
        .collect();
    let site = names
        .iter()
        .zip(doors)
        .fold(Mount::new(), |site, (at, (_, app))| site.at(at, app));
    let address = axum_serve(Router::new().fallback_service(service(site))).await;
    for protocol in Protocol::ALL {
        for name in &names {
            let answer = exchange(address, protocol, &WireRequest::get(name))
                .await
                .unwrap();
            assert!(answer.is_complete(), "{protocol:?} {name}: {answer:?}");
            assert_eq!(
                (answer.status, answer.text().as_str()),
                (400, "bad"),
                "{name}"
            );
            assert_eq!(answer.header("x-kept"), Some("1"), "{name}");
            let closes = (protocol == Protocol::Http1).then_some("close");
            assert_eq!(answer.header("connection"), closes, "{name}");
            for stripped in ["x-hop", "keep-alive", "upgrade", "trailer"] {
                assert_eq!(answer.header(stripped), None, "{name}");
            }
        }
    }
}
