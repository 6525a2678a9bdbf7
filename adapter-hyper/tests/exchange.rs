//! What the host knows reaches the app, and what the app says reaches the host.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that fails fails its test"
)]

use adapter_hyper::{HyperService, Server};
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{
    Body, Connection, Environ, Error, Gateway, Outgoing, Scheme, StartResponse, VarName, view,
};
use http::{Request, Response};
use hyper::service::Service;

#[derive(Clone)]
struct ClientName(&'static str);

#[derive(Clone, Debug, PartialEq)]
struct RowsRead(u64);

fn request() -> Request<Body> {
    let request = Request::get("/").header("host", "a.example");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ClientName("ada"));
    request
}

async fn text(response: Response<Outgoing>) -> String {
    let bytes = Body::new(response.into_body()).bytes().await.unwrap();
    String::from_utf8(bytes.into()).unwrap()
}

async fn whoami(environ: Environ) -> String {
    let name = environ.extensions().get().map(|ClientName(name)| *name);
    let user = environ
        .get("REMOTE_USER")
        .map_or_else(String::new, |user| user.to_string());
    format!("{name:?} {user} {}", environ.scheme())
}

#[tokio::test]
async fn e15_extensions_and_a_function_of_the_host_reach_the_app() {
    let service = HyperService::from_gateway(Gateway::new(view(whoami)))
        .with(|head, environ| {
            if let Some(ClientName(name)) = head.extensions.get() {
                environ.set_var(const { VarName::new("REMOTE_USER") }, *name);
            }
        })
        .with_connection(Connection::new().with_scheme(Scheme::Https));
    let expected = "Some(\"ada\") ada https";
    assert_eq!(text(service.call(request()).await.unwrap()).await, expected);
    let unboxed = service.unboxed();
    assert_eq!(text(unboxed.call(request()).await.unwrap()).await, expected);
}

#[tokio::test]
async fn b9_a_panic_of_that_function_is_a_500_and_the_app_is_not_called() {
    let service =
        HyperService::new(view(async |_| "called")).with(|_, _| panic!("the test asks for it"));
    let response = service.call(request()).await.unwrap();
    assert_eq!(response.status(), 500);
    let body = text(response).await;
    assert!(!body.contains("called"), "{body}");
    assert!(!body.contains("the test asks for it"), "{body}");
}

#[tokio::test]
async fn the_function_is_not_called_for_what_is_refused() {
    let service = HyperService::new(view(async |_| "called")).with(|_, _| panic!("it was called"));
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(service.call(request).await.unwrap().status(), 400);
}

#[tokio::test]
async fn what_an_app_puts_into_its_response_is_in_the_response() {
    async fn reading(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
        start_response.insert_extension(RowsRead(3));
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from("rows"))
    }
    let service = HyperService::new(reading);
    for _ in 0..2 {
        let response = service.call(request()).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&RowsRead(3)));
    }
}

#[tokio::test]
async fn a_server_serves_a_service_and_tells_it_of_each_connection() {
    let service = HyperService::new(view(async |environ: Environ| {
        let peer = environ.remote_addr().map(|addr| addr.to_string());
        let greeting = environ.get("GREETING").map(|value| value.to_string());
        format!("{peer:?} {greeting:?}")
    }))
    .with(|_, environ| environ.set_var(const { VarName::new("GREETING") }, "hello"));
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    let serving = tokio::spawn(server.serve_service_until(service, std::future::pending()));
    for protocol in Protocol::ALL {
        let response = exchange(addr, protocol, &WireRequest::get("/"))
            .await
            .unwrap();
        assert_eq!(response.text(), "Some(\"127.0.0.1\") Some(\"hello\")");
    }
    serving.abort();
}

#[tokio::test]
async fn a_forged_header_gives_way_to_what_the_host_tells() {
    let app = view(async |environ: Environ| {
        let user = environ.get("HTTP_X_USER").map(|user| user.to_string());
        format!("{user:?}")
    });
    let service = HyperService::new(app).with(|head, environ| {
        environ.headers_mut().remove("x-user");
        if let Some(ClientName(name)) = head.extensions.get() {
            let name = http::HeaderValue::from_static(name);
            environ.headers_mut().insert("x-user", name);
        }
    });
    let forged = || {
        let mut request = request();
        for name in ["x-user", "x-user", "x_user"] {
            let value = http::HeaderValue::from_static("root");
            request.headers_mut().append(name, value);
        }
        request
    };
    let response = service.call(forged()).await.unwrap();
    assert_eq!(text(response).await, r#"Some("ada")"#);
    let mut nobody = forged();
    nobody.extensions_mut().clear();
    let response = service.call(nobody).await.unwrap();
    assert_eq!(text(response).await, "None");
}
