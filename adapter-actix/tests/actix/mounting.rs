//! Where an app can be mounted.

use actix_web::{guard, web};
use adapter_actix::{ActixService, mount, service};
use gateway_conformance::wire::{Protocol, WireRequest};
use gateway_core::{AppExt, BoxApp, Environ, view};

use crate::server::Server;

async fn whereami(environ: Environ) -> String {
    format!("{}|{}", environ.script_name(), environ.path_info())
}

async fn ask(server: &Server, request: WireRequest) -> (u16, String) {
    let first = server.answer(Protocol::Http1, &request).await;
    let second = server.answer(Protocol::Http2, &request).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    (first.status, first.text())
}

#[tokio::test]
async fn at_a_prefix_beside_native_routes() {
    let server = Server::start(|config| {
        config.route("/ap/native", web::get().to(async || "native"));
        config.service(mount("ap/", view(whereami)));
    });
    assert_eq!(
        ask(&server, WireRequest::get("/ap/native")).await,
        (200, "native".into())
    );
    assert_eq!(
        ask(&server, WireRequest::get("/ap/x")).await,
        (200, "/ap|/x".into())
    );
    assert_eq!(ask(&server, WireRequest::get("/apple")).await.0, 404);
}

#[tokio::test]
async fn in_nested_scopes_and_below_parameters() {
    let server = Server::start(|config| {
        config.service(
            web::scope("/v1").service(
                web::scope("/u/{id}")
                    .service(mount("/files/{kind}", view(whereami)))
                    .service(mount("", view(whereami))),
            ),
        );
    });
    for (target, expected) in [
        ("/v1/u/7/files/png/a/b", "/v1/u/7/files/png|/a/b"),
        ("/v1/u/7/files/png", "/v1/u/7/files/png|"),
        ("/v1/u/7/files", "/v1/u/7|/files"),
        ("/v1/u/7/", "/v1/u/7|/"),
        ("/v1/u/7", "/v1/u/7|"),
        ("/v1/u/a%2Fb/x", "/v1/u/a/b|/x"),
    ] {
        assert_eq!(
            ask(&server, WireRequest::get(target)).await,
            (200, expected.into())
        );
    }
}

#[tokio::test]
async fn as_a_resource() {
    let server = Server::start(|config| {
        config.service(
            web::resource("/one/{id}")
                .route(web::get().service(service(view(whereami))))
                .route(web::post().to(async || "native")),
        );
    });
    assert_eq!(
        ask(&server, WireRequest::get("/one/7")).await,
        (200, "|/one/7".into())
    );
    assert_eq!(
        ask(&server, WireRequest::post("/one/7")).await,
        (200, "native".into())
    );
    assert_eq!(ask(&server, WireRequest::new("PUT", "/one/7")).await.0, 405);
}

#[tokio::test]
async fn as_the_default_service_of_the_application_and_of_a_scope() {
    let server = Server::start(|config| {
        config.route("/native", web::get().to(async || "native"));
        config.service(
            web::scope("/scope")
                .route("/native", web::get().to(async || "inner"))
                .default_service(service(view(whereami))),
        );
        config.service(web::scope("/other-scope").route("/native", web::get().to(async || "")));
        let app: ActixService<BoxApp> = ActixService::new(view(whereami).boxed());
        config.default_service(app);
    });
    for (target, expected) in [
        ("/native", "native"),
        ("/other/x", "|/other/x"),
        ("/scope/native", "inner"),
        ("/scope/x", "|/scope/x"),
        ("/scope", "|/scope"),
        ("/other-scope/x", "|/other-scope/x"),
    ] {
        assert_eq!(
            ask(&server, WireRequest::get(target)).await,
            (200, expected.into())
        );
    }
}

#[tokio::test]
async fn behind_guards() {
    let server = Server::start(|config| {
        config.service(
            mount("/ap", view(whereami))
                .guard(guard::Get())
                .guard(guard::Header("x-key", "1")),
        );
        config.service(mount("/ap", view(async |_| "second")));
    });
    let with_key = WireRequest::get("/ap/x").header("x-key", "1");
    assert_eq!(ask(&server, with_key).await, (200, "/ap|/x".into()));
    assert_eq!(
        ask(&server, WireRequest::get("/ap/x")).await,
        (200, "second".into())
    );
    let post = WireRequest::post("/ap/x").header("x-key", "1");
    assert_eq!(ask(&server, post).await, (200, "second".into()));
}
