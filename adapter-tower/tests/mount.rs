//! SCRIPT_NAME, PATH_INFO and REQUEST_URI below whatever a host strips.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::SocketAddr;

use adapter_tower::{OriginalUri, TowerService, service};
use axum::Router;
use axum::body::Body as AxumBody;
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Connection, Environ, Scheme, view};
use http::Request;
use support::{TestResult, axum_serve, hyper_serve, path_app, paths};
use tower::ServiceExt;

/// Asks a router in process and gives `script|path|uri`.
async fn ask(router: &Router, target: &str) -> String {
    let request = Request::get(target).body(AxumBody::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{target}");
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    paths(&body.unwrap())
}

async fn assert_paths(router: &Router, cases: &[(&str, &str, &str)]) {
    for (target, script, path) in cases {
        let expected = format!("{script}|{path}|{target}");
        assert_eq!(ask(router, target).await, expected, "{target}");
    }
}

#[tokio::test]
async fn e2_a_fallback_and_a_route_are_at_the_root() {
    let router = Router::new()
        .route_service("/route/{id}", service(path_app()))
        .fallback_service(service(path_app()));
    assert_paths(
        &router,
        &[
            ("/", "", "/"),
            ("/route/7", "", "/route/7"),
            ("/a//b/../c;d=1/?q", "", "/a//b/../c;d=1/"),
            ("//two", "", "//two"),
        ],
    )
    .await;
}

#[tokio::test]
async fn e3_below_nest_the_prefix_is_script_name() {
    let router = Router::new()
        .nest_service("/api", service(path_app()))
        .fallback_service(service(path_app()));
    assert_paths(
        &router,
        &[
            ("/api", "/api", ""),
            ("/api?x=1", "/api", ""),
            ("/api/", "/api", "/"),
            ("/api/users", "/api", "/users"),
            ("/api/users/?x=/api", "/api", "/users/"),
            ("/api/api/api", "/api", "/api/api"),
            ("/apiary", "", "/apiary"),
            ("/", "", "/"),
        ],
    )
    .await;
}

#[tokio::test]
async fn e4_bytes_behind_the_prefix_are_decoded_once() {
    let router = Router::new().nest_service("/api", service(path_app()));
    assert_paths(
        &router,
        &[
            ("/api/a%2Fb", "/api", "/a/b"),
            ("/api/%252F", "/api", "/%2F"),
            ("/api/%FF%fe", "/api", "/\\xff\\xfe"),
            ("/api/%zz%", "/api", "/%zz%"),
            ("/api/%00%0a", "/api", "/\\x00\\n"),
        ],
    )
    .await;
}

#[tokio::test]
async fn e6_slashes_and_dots_behind_the_prefix_stay() {
    let router = Router::new().nest_service("/api", service(path_app()));
    assert_paths(
        &router,
        &[
            ("/api//", "/api", "//"),
            ("/api//a", "/api", "//a"),
            ("/api///a//", "/api", "///a//"),
            ("/api/./a/../b", "/api", "/./a/../b"),
            ("/api/a;p=1", "/api", "/a;p=1"),
        ],
    )
    .await;
}

#[tokio::test]
async fn e3_nested_twice_and_with_parameters() {
    let inner = Router::new().nest_service("/shop", service(path_app()));
    // `nest` flattens routes, `nest_service` asks one router after the other.
    let flattened = Router::new().nest("/{tenant}", inner.clone());
    let stacked = Router::new().nest_service("/{tenant}", inner);
    for router in [flattened, stacked] {
        assert_paths(
            &router,
            &[
                ("/acme/shop", "/acme/shop", ""),
                ("/acme/shop/", "/acme/shop", "/"),
                ("/acme/shop/cart%2F1", "/acme/shop", "/cart/1"),
                ("/a%2Fb/shop/x", "/a/b/shop", "/x"),
                ("/%FF/shop/%FE", "/\\xff/shop", "/\\xfe"),
                ("/acme/shop//x", "/acme/shop", "//x"),
                ("/acme/shop/shop", "/acme/shop", "/shop"),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn e3_a_prefix_that_ends_in_a_slash() {
    let router = Router::new().nest_service("/api/", service(path_app()));
    assert_paths(
        &router,
        &[("/api/", "/api", "/"), ("/api/users", "/api", "/users")],
    )
    .await;
}

#[tokio::test]
async fn e3_a_gateway_mount_below_a_nest_adds_to_it() {
    let site = gateway_util::Mount::new().at("/cart", path_app());
    let router = Router::new().nest_service("/shop", service(site));
    assert_paths(&router, &[("/shop/cart/1", "/shop/cart", "/1")]).await;
}

#[tokio::test]
async fn e3_without_axum_the_original_uri_tells() -> TestResult {
    let mut request = Request::get("/rest?q").body(AxumBody::empty())?;
    let original = OriginalUri("/deep/er/rest?q".parse()?);
    request.extensions_mut().insert(original);
    let response = TowerService::new(path_app()).oneshot(request).await?;
    let body = gateway_core::Body::new(response.into_body());
    assert_eq!(
        paths(&body.bytes().await?),
        "/deep/er|/rest|/deep/er/rest?q"
    );
    Ok(())
}

#[tokio::test]
async fn a_path_rewritten_below_the_router_is_what_the_app_sees() -> TestResult {
    let rewrite = tower::util::MapRequestLayer::new(|mut request: Request<AxumBody>| {
        *request.uri_mut() = "/new".parse().unwrap();
        request
    });
    let router = Router::new()
        .fallback_service(service(path_app()))
        .layer(rewrite);
    assert_eq!(ask(&router, "/old").await, "|/new|/new");
    Ok(())
}

/// Over sockets: what the client wrote is what the app sees.
#[tokio::test]
async fn e5_targets_over_sockets() -> TestResult {
    let router = Router::new()
        .nest_service("/api", service(path_app()))
        .fallback_service(service(path_app()));
    let address = axum_serve(router).await;
    let cases: &[(&str, &str)] = &[
        ("/api/a%2Fb?x=%20", "/api|/a/b|/api/a%2Fb?x=%20"),
        ("/api", "/api||/api"),
        ("/api/%FF//", "/api|/\\xff//|/api/%FF//"),
        ("/%zz/..", "|/%zz/..|/%zz/.."),
    ];
    for protocol in Protocol::ALL {
        for (target, expected) in cases {
            let response = exchange(address, protocol, &WireRequest::get(target)).await?;
            assert_eq!(paths(&response.body), *expected, "{protocol:?} {target}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn e5_an_absolute_target_is_given_whole() -> TestResult {
    let router = Router::new().nest_service("/api", service(path_app()));
    let address = axum_serve(router).await;
    let request = WireRequest::get("http://shop.example:81/api/x?y");
    let response = exchange(address, Protocol::Http1, &request).await?;
    let expected = "/api|/x|http://shop.example:81/api/x?y";
    assert_eq!(paths(&response.body), expected);
    Ok(())
}

#[tokio::test]
async fn e14_options_star_has_no_path_and_connect_is_refused() -> TestResult {
    let router = Router::new()
        .nest_service("/api", service(path_app()))
        .fallback_service(service(path_app()));
    let hosts = [
        axum_serve(router).await,
        hyper_serve(service(path_app())).await,
    ];
    for address in hosts {
        let request = WireRequest::new("OPTIONS", "*");
        for protocol in Protocol::ALL {
            let response = exchange(address, protocol, &request).await?;
            assert_eq!(response.status, 200);
            assert_eq!(paths(&response.body), "||*", "{protocol:?}");
        }
        let request = WireRequest::new("CONNECT", "a.example:443");
        let response = exchange(address, Protocol::Http1, &request).await?;
        assert_eq!(response.status, 501);
    }
    Ok(())
}

fn peer_app() -> impl gateway_core::App {
    view(async |environ: Environ| format!("{:?} {}", environ.remote_addr(), environ.scheme()))
}

#[tokio::test]
async fn e16_the_peer_is_axums_connect_info() -> TestResult {
    let address = axum_serve(Router::new().fallback_service(service(peer_app()))).await;
    for protocol in Protocol::ALL {
        let response = exchange(address, protocol, &WireRequest::get("/")).await?;
        assert_eq!(response.text(), "Some(127.0.0.1) http");
    }
    // Without it there is no peer, and none is invented.
    let address = hyper_serve(service(peer_app())).await;
    let response = exchange(address, Protocol::Http1, &WireRequest::get("/")).await?;
    assert_eq!(response.text(), "None http");
    Ok(())
}

#[tokio::test]
async fn e13_a_connection_among_the_extensions_wins() -> TestResult {
    let mut request = Request::get("/")
        .header("host", "a.example")
        .body(AxumBody::empty())?;
    let peer: SocketAddr = "192.0.2.7:4711".parse()?;
    let connection = Connection::new()
        .with_peer_addr(peer)
        .with_scheme(Scheme::Https);
    request.extensions_mut().insert(connection);
    let other = axum::extract::ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
    request.extensions_mut().insert(other);
    let response = TowerService::new(peer_app()).oneshot(request).await?;
    let body = gateway_core::Body::new(response.into_body());
    assert_eq!(body.bytes().await?, "Some(192.0.2.7) https");
    Ok(())
}

/// Whoever tells the peer tells of a connection, which has parsed the head.
#[tokio::test]
async fn e12_where_the_peer_is_known_a_host_is_required() -> TestResult {
    let peer: SocketAddr = "192.0.2.7:4711".parse()?;
    let ask = async |told: Connection| -> Result<u16, Box<dyn std::error::Error>> {
        let mut request = Request::get("/").body(AxumBody::empty())?;
        request.extensions_mut().insert(told);
        let response = TowerService::new(peer_app()).oneshot(request).await?;
        Ok(response.status().as_u16())
    };
    assert_eq!(ask(Connection::new().with_peer_addr(peer)).await?, 400);
    // In process nobody has.
    assert_eq!(ask(Connection::new()).await?, 200);
    assert_eq!(ask(Connection::new().with_required_host(true)).await?, 400);
    Ok(())
}

#[tokio::test]
async fn e15_extensions_reach_the_app() -> TestResult {
    #[derive(Clone)]
    struct User(&'static str);
    let app = view(async |environ: Environ| environ.extensions().get::<User>().map(|user| user.0));
    let router: Router = Router::new()
        .fallback_service(service(app))
        .layer(axum::Extension(User("ada")));
    let request = Request::get("/").body(AxumBody::empty())?;
    let response = router.oneshot(request).await?;
    let body = axum::body::to_bytes(response.into_body(), 9).await?;
    assert_eq!(body, "ada");
    Ok(())
}
