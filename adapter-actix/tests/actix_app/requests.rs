//! What an application sees of a request, and what comes back.

use std::net::SocketAddr;

use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
use adapter_actix::actix_app;
use gateway_core::{AppExt, Environ};
use gateway_testing::Client;

async fn describe(request: HttpRequest) -> String {
    let info = request.connection_info();
    format!(
        "{} {} {:?} {} {} {:?}",
        request.method(),
        request.uri(),
        request.version(),
        info.scheme(),
        info.host(),
        info.peer_addr()
    )
}

fn described() -> adapter_actix::ActixApp {
    actix_app(|| App::new().default_service(web::to(describe))).workers(1)
}

#[tokio::test]
async fn e3_the_prefix_is_stripped_and_the_rest_keeps_its_bytes() {
    let client = Client::new(described()).mounted_at("/shop");
    let mut seen = client.get("/a%2Fb//c?q=%20").send().await;
    assert!(seen.text().await.starts_with("GET /a%2Fb//c?q=%20 "));
    let mut seen = client.get("").send().await;
    assert!(seen.text().await.starts_with("GET / "));
}

#[tokio::test]
async fn e13_the_application_sees_the_scheme_the_host_and_the_peer() {
    let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
    let client = Client::new(described()).peer(peer);
    let response = client.get("/x").send().await;
    response
        .assert_text("GET /x HTTP/1.1 http localhost Some(\"192.0.2.7\")")
        .await;
    let secure = Client::new(described()).origin("https://shop.example");
    let response = secure.get("/x").send().await;
    response
        .assert_text("GET https://shop.example/x HTTP/1.1 https shop.example None")
        .await;
}

#[tokio::test]
async fn e12_e13_an_absolute_target_gives_the_host_and_not_the_scheme() {
    let target = "https://shop.example/x";
    let request = http::Request::get(target).header("host", "other.example");
    let environ = Environ::from_request(request.body(()).unwrap());
    let response = described().respond(environ).await.unwrap();
    let seen = response.into_body().bytes().await.unwrap();
    assert_eq!(
        seen,
        "GET http://shop.example/x HTTP/1.1 http shop.example None"
    );
}

#[tokio::test]
async fn bytes_beyond_ascii_in_the_target_are_encoded() {
    let uri = http::Uri::try_from("/caf\u{e9}".as_bytes()).unwrap();
    let request = http::Request::get(uri).body(()).unwrap();
    let response = described()
        .respond(Environ::from_request(request))
        .await
        .unwrap();
    let seen = response.into_body().bytes().await.unwrap();
    assert!(seen.starts_with(b"GET /caf%C3%A9 "), "{seen:?}");
}

#[tokio::test]
async fn headers_go_both_ways_line_by_line() {
    async fn echo(request: HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Created();
        for value in request.headers().get_all("x-line") {
            response.append_header(("x-back", value.clone()));
        }
        response.finish()
    }
    let app = actix_app(|| App::new().route("/", web::get().to(echo))).workers(1);
    let request = Client::new(app).get("/").send().await;
    let response = request.assert_status(201);
    assert_eq!(response.headers().get_all("x-back").iter().count(), 0);

    let app = actix_app(|| App::new().route("/", web::get().to(echo))).workers(1);
    let request = http::Request::get("/")
        .header("x-line", "a")
        .header("x-line", "b\u{e9}")
        .body(())
        .unwrap();
    let response = app.respond(Environ::from_request(request)).await.unwrap();
    let lines: Vec<_> = response.headers().get_all("x-back").iter().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1].as_bytes(), "b\u{e9}".as_bytes());
}

#[derive(Clone, Debug, PartialEq)]
struct User(u32);

#[tokio::test]
async fn e15_extensions_go_both_ways() {
    async fn next(request: HttpRequest) -> HttpResponse {
        let user = {
            let extensions = request.extensions();
            let extensions = extensions.get::<http::Extensions>().unwrap();
            extensions.get::<User>().cloned().unwrap()
        };
        let mut response = HttpResponse::Ok().finish();
        let mut extensions = http::Extensions::new();
        extensions.insert(User(user.0 + 1));
        response.extensions_mut().insert(extensions);
        response
    }
    let app = actix_app(|| App::new().default_service(web::to(next))).workers(1);
    let request = http::Request::get("/").extension(User(7)).body(()).unwrap();
    let response = app.respond(Environ::from_request(request)).await.unwrap();
    assert_eq!(response.extensions().get::<User>(), Some(&User(8)));
}
