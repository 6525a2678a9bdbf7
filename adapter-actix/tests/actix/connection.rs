//! The connection: closing it, and what the environ tells of it.

use adapter_actix::{mount, service};
use gateway_conformance::wire::{Protocol, WireRequest, http1};
use gateway_core::{Body, Environ, Error, HttpError, StartResponse, view};

use crate::server::Server;

async fn closing(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [("content-type", "text/plain")])?;
    start_response.close_connection();
    Ok(Body::from("bye"))
}

#[tokio::test]
async fn s7_close_connection_closes_on_http_1() {
    let server = Server::of(closing);
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let response = connection.request(&WireRequest::get("/")).await.unwrap();
    assert_eq!(response.header_all("connection"), ["close"]);
    assert_eq!(response.text(), "bye");
    assert!(connection.closed().await);
}

#[tokio::test]
async fn s7_close_connection_has_no_effect_on_http_2() {
    let server = Server::of(closing);
    let response = server.answer(Protocol::Http2, &WireRequest::get("/")).await;
    assert_eq!(response.count("connection"), 0);
    assert_eq!(response.text(), "bye");
}

async fn facts(environ: Environ) -> String {
    format!(
        "{} {:?} {:?} {} {} {}",
        environ.scheme(),
        environ.remote_addr(),
        environ.remote_port(),
        environ.server_name(),
        environ.server_port(),
        environ.server_protocol(),
    )
}

#[tokio::test]
async fn e16_the_peer_is_the_sockets_and_e13_forwarded_headers_change_nothing() {
    let server = Server::of(view(facts));
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let local = connection.local_addr().unwrap();
    let request = WireRequest::get("/")
        .header("host", "a.example:99")
        .header("forwarded", "for=192.0.2.1;proto=https")
        .header("x-forwarded-for", "192.0.2.1")
        .header("x-forwarded-proto", "https");
    let response = connection.request(&request).await.unwrap();
    assert_eq!(
        response.text(),
        format!(
            "http Some({}) Some({}) a.example {} HTTP/1.1",
            local.ip(),
            local.port(),
            server.address.port()
        )
    );
}

#[tokio::test]
async fn e13_forwarded_headers_count_if_actixs_rules_are_asked_for() {
    let server = Server::start(|config| {
        config.service(mount("/mount", view(facts)).connection_info());
        config.default_service(service(view(facts)));
    });
    let ask = async |path: &str, value: &str| {
        let request = WireRequest::get(path)
            .header("host", "a.example")
            .header("x-forwarded-for", value)
            .header("x-forwarded-proto", "https");
        let response = server.answer(Protocol::Http1, &request).await;
        response.text()
    };
    assert!(
        ask("/mount", "192.0.2.1")
            .await
            .starts_with("https Some(192.0.2.1) None")
    );
    assert!(
        ask("/mount", "[2001:db8::1]:47")
            .await
            .starts_with("https Some(2001:db8::1)")
    );
    assert!(
        ask("/mount", "unknown")
            .await
            .starts_with("https Some(127.0.0.1)")
    );
    assert!(
        ask("/", "192.0.2.1")
            .await
            .starts_with("http Some(127.0.0.1)")
    );
}

#[tokio::test]
async fn e13_the_protocol_is_the_transports() {
    let server = Server::of(view(facts));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &WireRequest::get("/")).await;
        let version = match protocol {
            Protocol::Http1 => "HTTP/1.1",
            Protocol::Http2 => "HTTP/2.0",
        };
        assert!(response.text().ends_with(version));
    }
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let response = connection
        .request(&WireRequest::get("/").http10().without_host())
        .await
        .unwrap();
    assert!(response.text().ends_with("HTTP/1.0"), "{}", response.text());
    assert!(
        response.text().contains(" 127.0.0.1 "),
        "{}",
        response.text()
    );
}

/// Two requests at once; the first has a body that nobody reads.
#[tokio::test]
async fn i5_rfc_9112_9_6_a_response_whose_request_body_is_not_read_says_close() {
    let server = Server::of(view(async |environ: Environ| -> Result<&str, Error> {
        match environ.path_info().to_string().as_str() {
            "/401" => Err(HttpError::unauthorized().into()),
            "/404" => Err(HttpError::not_found().into()),
            "/413" => Err(HttpError::payload_too_large().into()),
            "/500" => Err(Error::msg("broken")),
            _ => Ok("hello"),
        }
    }));
    for status in [200, 401, 404, 413, 500] {
        for (length, closes) in [(100, false), (200_000, true)] {
            let case = format!("{status} {length}");
            let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
            let first = WireRequest::post(format!("/{status}")).body("x".repeat(length));
            let mut bytes = first.to_http1("a.example").to_vec();
            bytes.extend_from_slice(&WireRequest::get("/").to_http1("a.example"));
            // The server may close before it has read everything.
            let _ = connection.send(bytes).await;
            let response = connection.read_response("POST").await.unwrap();
            assert_eq!(response.status, status, "{case}");
            let says_close = response.header("connection") == Some("close");
            assert_eq!(says_close, closes, "{case}");
            if !closes {
                let second = connection.read_response("GET").await.unwrap();
                assert_eq!(second.text(), "hello", "{case}");
            }
        }
    }
}
