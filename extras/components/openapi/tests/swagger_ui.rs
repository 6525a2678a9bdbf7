//! Swagger UI on every stack, over HTTP/1.1 and HTTP/2.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use gateway_conformance::wire::{WireRequest, WireResponse};
use gateway_core::{App, AppExt, BoxApp};
use gateway_util::{MiddlewareExt, Mount};
use serde_json::{Value, json};
use stacks::{TestServer, on_each};
use utoipa::OpenApi;
use utoipa_swagger_ui_gateway::SwaggerUi;
use utoipa_swagger_ui_gateway::utoipa_swagger_ui::oauth;

#[utoipa::path(get, path = "/pets", responses((status = 200, body = [String])))]
#[allow(dead_code, reason = "only its description is used")]
fn pets() {}

#[derive(OpenApi)]
#[openapi(paths(pets), servers((url = "..")))]
struct ApiDoc;

fn one() -> SwaggerUi {
    let docs = SwaggerUi::new().spec("openapi.json", &ApiDoc::openapi());
    docs.unwrap()
}

fn several() -> SwaggerUi {
    let admin = json!({ "openapi": "3.1.0", "info": { "title": "Admin", "version": "1" } });
    let docs = one().spec("the admin's.json", &admin).unwrap();
    docs.configure(|config| config.try_it_out_enabled(true))
        .oauth(oauth::Config::new().client_id("docs-client"))
}

/// What the initializer gives to Swagger UI.
fn config_of(response: &WireResponse) -> String {
    assert_eq!(response.status, 200);
    let text = response.text();
    assert!(!text.contains("{{config}}"), "{text}");
    text
}

#[tokio::test]
async fn the_page_and_its_files() {
    on_each("/api/docs", one, async |server, protocol| {
        let get = async |path: &str| {
            server
                .send(protocol, &WireRequest::get(path))
                .await
                .unwrap()
        };
        let page = get("/api/docs/").await;
        assert_eq!(page.status, 200);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        // Everything that the page loads is there, relative to it.
        let text = page.text();
        let mut links = 0;
        for part in text.split('"').filter_map(|part| part.strip_prefix("./")) {
            let file = get(&format!("/api/docs/{part}")).await;
            assert_eq!(file.status, 200, "{part}");
            assert!(!file.body.is_empty(), "{part}");
            links += 1;
        }
        assert!(links >= 5, "{text}");
        let style = get("/api/docs/swagger-ui.css").await;
        assert_eq!(
            style.header("content-type"),
            Some("text/css; charset=utf-8")
        );
        let config = config_of(&get("/api/docs/swagger-initializer.js").await);
        assert!(config.contains(r#""url": "openapi.json""#), "{config}");
    })
    .await
    .unwrap();
}

/// Upstream answers 404 to the address that it redirects to, and to that of the spec, below a prefix of
/// the host's router.
#[tokio::test]
async fn below_a_prefix_the_redirect_and_the_spec_are_found() {
    let inner = || Mount::new().at("/v1/docs", one());
    on_each("/api", inner, async |server, protocol| {
        let get = async |path: &str| {
            server
                .send(protocol, &WireRequest::get(path))
                .await
                .unwrap()
        };
        let moved = get("/api/v1/docs?a=1").await;
        assert_eq!(moved.status, 308);
        // Relative to `/api/v1/docs`: right behind a proxy that takes `/api` away, too.
        assert_eq!(moved.header("location"), Some("./docs/?a=1"));
        assert_eq!(get("/api/v1/docs/").await.status, 200);
        let spec = get("/api/v1/docs/openapi.json").await;
        assert_eq!(spec.status, 200);
        let spec: Value = serde_json::from_slice(&spec.body).unwrap();
        assert_eq!(spec["servers"][0]["url"], "..");
        assert!(spec["paths"]["/pets"]["get"].is_object());
        assert_eq!(get("/api/v1/docs/oauth2-redirect.html").await.status, 200);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn at_the_root_of_a_host() {
    on_each("", one, async |server, protocol| {
        for path in ["/", "/index.html", "/openapi.json", "/swagger-ui-bundle.js"] {
            let response = server
                .send(protocol, &WireRequest::get(path))
                .await
                .unwrap();
            assert_eq!(response.status, 200, "{path}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn several_specs_and_oauth() {
    on_each("/docs", several, async |server, protocol| {
        let get = async |path: &str| {
            server
                .send(protocol, &WireRequest::get(path))
                .await
                .unwrap()
        };
        assert_eq!(get("/docs/openapi.json").await.status, 200);
        let admin = get("/docs/the%20admin's.json").await;
        let admin: Value = serde_json::from_slice(&admin.body).unwrap();
        assert_eq!(admin["info"]["title"], "Admin");
        let config = config_of(&get("/docs/swagger-initializer.js").await);
        let at = |text: &str| {
            config
                .find(text)
                .unwrap_or_else(|| panic!("{text}: {config}"))
        };
        // In the order in which they were given.
        assert!(at("openapi.json") < at("the admin's.json"));
        at(r#""tryItOutEnabled": true"#);
        at("docs-client");
        let redirect = get("/docs/oauth2-redirect.html").await;
        assert_eq!(redirect.status, 200);
        assert!(redirect.text().contains(r#"src="oauth2-redirect.js""#));
        let script = get("/docs/oauth2-redirect.js").await;
        assert!(script.text().contains("swaggerUIRedirectOauth2"));
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn conditions_head_and_other_methods() {
    on_each("/docs", one, async |server, protocol| {
        let send = async |request: WireRequest| server.send(protocol, &request).await.unwrap();
        for path in [
            "/docs/",
            "/docs/swagger-ui.css",
            "/docs/openapi.json",
            "/docs/swagger-initializer.js",
        ] {
            let whole = send(WireRequest::get(path)).await;
            let tag = whole.header("etag").unwrap().to_owned();
            assert_eq!(whole.header("cache-control"), Some("no-cache"));

            let same = send(WireRequest::get(path).header("if-none-match", &tag)).await;
            assert_eq!((same.status, same.body.len()), (304, 0));
            assert_eq!(same.header("etag"), Some(&*tag));
            let other = send(WireRequest::get(path).header("if-none-match", "\"other\"")).await;
            assert_eq!((other.status, other.body), (200, whole.body.clone()));
            let failed = send(WireRequest::get(path).header("if-match", "\"other\"")).await;
            assert_eq!(failed.status, 412);

            let head = send(WireRequest::head(path)).await;
            assert_eq!((head.status, head.body.len()), (200, 0));
            let length = whole.body.len().to_string();
            assert_eq!(head.header("content-length"), Some(&*length));
            assert_eq!(head.header("etag"), Some(&*tag));

            let post = send(WireRequest::post(path).body("x")).await;
            assert_eq!(
                (post.status, post.header("allow")),
                (405, Some("GET, HEAD, OPTIONS"))
            );
            let options = send(WireRequest::new("OPTIONS", path)).await;
            assert_eq!(
                (options.status, options.header("allow")),
                (204, Some("GET, HEAD, OPTIONS"))
            );
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_a_404() {
    on_each("/docs", one, async |server, protocol| {
        for path in [
            "/docs//",
            "/docs/nothing",
            "/docs/openapi.json/",
            "/docs/%2e%2e/Cargo.toml",
            "/docs/%2Fetc%2Fpasswd",
            "/docs/%ff",
            "/docsx",
        ] {
            let response = server
                .send(protocol, &WireRequest::get(path))
                .await
                .unwrap();
            assert_eq!(response.status, 404, "{path}");
        }
    })
    .await
    .unwrap();
}

/// The credentials are those of a middleware: `Config::basic_auth` would send them to the browser.
#[tokio::test]
async fn behind_a_middleware() {
    let guarded = || -> BoxApp {
        let app = one().basic_auth("docs").user("ada", "secret");
        app.boxed()
    };
    on_each("/docs", guarded, async |server: &TestServer, protocol| {
        let request = WireRequest::get("/docs/openapi.json");
        let refused = server.send(protocol, &request).await.unwrap();
        assert_eq!(refused.status, 401);
        let request = request.header("authorization", "Basic YWRhOnNlY3JldA==");
        assert_eq!(server.send(protocol, &request).await.unwrap().status, 200);
    })
    .await
    .unwrap();
}

#[test]
fn it_is_an_app() {
    fn check<A: App>(_: &A) {}
    check(&one());
}
