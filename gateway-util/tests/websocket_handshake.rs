//! The handshake of WebSocket: what is refused, and how.

use gateway_core::lint::Lint;
use gateway_core::{Environ, Gateway, HttpError, Input, Outgoing, Response as AppResponse, view};
use gateway_util::websocket::{self, Acceptor};
use http::{Method, Request, Response, Version};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The handshake of the RFC's example, with some lines replaced; an empty value takes a line away.
fn request(lines: &[(&str, &str)]) -> Result<Request<()>, http::Error> {
    let defaults = [
        ("host", "server.example.com"),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", KEY),
        ("sec-websocket-version", "13"),
    ];
    let mut builder = Request::get("/chat");
    for (name, value) in defaults {
        if !lines.iter().any(|(replaced, _)| *replaced == name) {
            builder = builder.header(name, value);
        }
    }
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        builder = builder.header(*name, *value);
    }
    builder.body(())
}

/// The handshake of RFC 8441.
fn extended_connect(lines: &[(&str, &str)]) -> Result<Request<()>, http::Error> {
    let mut builder = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri("http://server.example.com/chat");
    for (name, value) in lines {
        builder = builder.header(*name, *value);
    }
    builder.body(())
}

/// What an acceptor answers, with the lint on.
async fn answer(acceptor: Acceptor, request: Request<()>) -> Response<Outgoing> {
    let app = view(move |environ: Environ| {
        let acceptor = acceptor.clone();
        async move { Ok::<AppResponse, HttpError>(acceptor.accept(&environ)?.run(async |_| Ok(()))?) }
    });
    let gateway = Gateway::new(Lint::new(app));
    let (parts, ()) = request.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_upgrades(|protocol| protocol == "websocket");
    environ.offer_extended_connect("websocket");
    gateway.handle(environ).await
}

async fn status(acceptor: Acceptor, request: Request<()>) -> u16 {
    answer(acceptor, request).await.status().as_u16()
}

#[tokio::test]
async fn rfc6455_4_2_the_example_is_accepted() -> TestResult {
    let response = answer(Acceptor::new(), request(&[])?).await;
    assert_eq!(response.status(), 101);
    let mut names: Vec<&str> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["connection", "sec-websocket-accept", "upgrade"]);
    assert_eq!(
        response.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    Ok(())
}

#[tokio::test]
async fn rfc8441_5_over_http2_there_is_no_key() -> TestResult {
    let version = ("sec-websocket-version", "13");
    let response = answer(Acceptor::new(), extended_connect(&[version])?).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers().is_empty(), "{:?}", response.headers());

    let chosen = Acceptor::new().protocols(["a"]);
    let lines = [version, ("sec-websocket-protocol", "b, a")];
    let response = answer(chosen, extended_connect(&lines)?).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], "a");

    // RFC 8441 section 5: the rest of the handshake applies. U7: no refusal is a 2xx.
    assert_eq!(status(Acceptor::new(), extended_connect(&[])?).await, 426);
    let foreign = [version, ("origin", "https://evil.example")];
    assert_eq!(
        status(Acceptor::new(), extended_connect(&foreign)?).await,
        403
    );
    Ok(())
}

#[tokio::test]
async fn rfc6455_4_2_1_what_is_no_handshake_is_refused() -> TestResult {
    let rows: &[(u16, &[(&str, &str)])] = &[
        (101, &[("upgrade", "WebSocket")]),
        (101, &[("upgrade", "h2c, websocket")]),
        (101, &[("connection", "keep-alive, upgrade")]),
        (426, &[("upgrade", "")]),
        (426, &[("upgrade", "h2c")]),
        (426, &[("connection", "keep-alive")]),
        (426, &[("content-length", "5")]),
        (426, &[("sec-websocket-version", "")]),
        (426, &[("sec-websocket-version", "12")]),
        (426, &[("sec-websocket-version", "013")]),
        (426, &[("sec-websocket-version", "13, 12")]),
        (
            426,
            &[
                ("sec-websocket-version", "13"),
                ("sec-websocket-version", "13"),
            ],
        ),
        (400, &[("sec-websocket-key", "")]),
        (400, &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")]),
        (400, &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25j")]),
        (400, &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZWQ=")]),
        (400, &[("sec-websocket-key", "the sample nonce")]),
        (
            400,
            &[("sec-websocket-key", KEY), ("sec-websocket-key", KEY)],
        ),
        (400, &[("sec-websocket-protocol", "a b")]),
        (400, &[("sec-websocket-protocol", "\"a\"")]),
    ];
    for (expected, lines) in rows {
        assert_eq!(
            status(Acceptor::new(), request(lines)?).await,
            *expected,
            "{lines:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn rfc6455_4_2_2_a_wrong_version_is_told_the_right_one() -> TestResult {
    let response = answer(Acceptor::new(), request(&[("sec-websocket-version", "8")])?).await;
    assert_eq!(response.headers()["sec-websocket-version"], "13");
    // S7: the host owns these.
    assert!(!response.headers().contains_key("upgrade"));
    Ok(())
}

#[tokio::test]
async fn rfc6455_4_2_1_the_method_is_get() -> TestResult {
    let mut post = request(&[])?;
    *post.method_mut() = Method::POST;
    let response = answer(Acceptor::new(), post).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET");

    let mut head = request(&[])?;
    *head.method_mut() = Method::HEAD;
    assert_eq!(status(Acceptor::new(), head).await, 426);

    let mut old = request(&[])?;
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(status(Acceptor::new(), old).await, 426);
    Ok(())
}

#[tokio::test]
async fn one_subprotocol_that_was_offered_is_chosen_by_the_servers_order() -> TestResult {
    let rows: &[(&[&str], &[&str], Option<&str>)] = &[
        (&["v2", "v1"], &["v1, v2"], Some("v2")),
        (&["v2", "v1"], &["v1", "v2"], Some("v2")),
        (&["v2", "v1"], &["v1,,v1"], Some("v1")),
        (&["v2"], &["V2"], None),
        (&["v2"], &["v1"], None),
        (&["v2"], &[], None),
        (&[], &["v1"], None),
        (&["not a token", "v1"], &["v1"], Some("v1")),
    ];
    for (server, client, expected) in rows {
        let lines: Vec<_> = client
            .iter()
            .map(|line| ("sec-websocket-protocol", *line))
            .collect();
        let acceptor = Acceptor::new().protocols(server.iter().copied());
        let response = answer(acceptor, request(&lines)?).await;
        assert_eq!(response.status(), 101);
        let chosen = response.headers().get("sec-websocket-protocol");
        let chosen = chosen.and_then(|value| value.to_str().ok());
        assert_eq!(chosen, *expected, "{server:?} {client:?}");
    }
    Ok(())
}

#[tokio::test]
async fn rfc6455_10_2_a_page_has_the_origin_of_the_server() -> TestResult {
    let own = |value| vec![("origin", value)];
    let rows: &[(u16, Vec<(&str, &str)>)] = &[
        (101, own("")),
        (101, own("http://server.example.com")),
        (101, own("http://server.example.com:80")),
        (101, own("HTTP://Server.Example.COM")),
        (403, own("https://server.example.com")),
        (403, own("http://server.example.com:8080")),
        (403, own("http://server.example.com.evil.example")),
        (403, own("http://evil.example")),
        (403, own("http://server.example.com@evil.example")),
        (403, own("http://user@server.example.com")),
        (403, own("server.example.com")),
        (403, own("null")),
        (403, own("http://server.example.com, http://evil.example")),
        (
            403,
            vec![
                ("origin", "http://server.example.com"),
                ("origin", "http://server.example.com"),
            ],
        ),
        (101, vec![("host", "a:8080"), ("origin", "http://a:8080")]),
        (403, vec![("host", "a:8080"), ("origin", "http://a")]),
        (
            101,
            vec![("host", "[::1]:8080"), ("origin", "http://[::1]:8080")],
        ),
    ];
    for (expected, lines) in rows {
        assert_eq!(
            status(Acceptor::new(), request(lines)?).await,
            *expected,
            "{lines:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn other_origins_are_allowed_by_name_or_all() -> TestResult {
    let ask = async |acceptor, origin| {
        Ok::<_, http::Error>(status(acceptor, request(&[("origin", origin)])?).await)
    };
    let listed = Acceptor::new()
        .allow_origin("https://app.example")
        .allow_origin("null");
    assert_eq!(ask(listed.clone(), "https://app.example:443").await?, 101);
    assert_eq!(ask(listed.clone(), "null").await?, 101);
    assert_eq!(ask(listed.clone(), "http://server.example.com").await?, 101);
    assert_eq!(ask(listed, "https://www.app.example").await?, 403);
    assert_eq!(
        ask(Acceptor::new().any_origin(), "https://evil.example").await?,
        101
    );

    let malformed = Acceptor::new().allow_origin("app.example");
    assert_eq!(ask(malformed, "http://server.example.com").await?, 500);
    Ok(())
}

#[test]
fn l7_a_socket_outside_of_a_runtime_is_a_500() -> TestResult {
    let mut environ = Environ::from_request(request(&[])?);
    environ.offer_upgrades(|_| true);
    let handshake = websocket::accept(&environ)?;
    let refused = handshake.run(async |_| Ok(())).err();
    assert_eq!(refused.map(|error| error.status().as_u16()), Some(500));
    Ok(())
}

#[test]
fn a_host_that_cannot_switch_offers_nothing() -> TestResult {
    let environ = Environ::from_request(request(&[])?);
    let refused = websocket::accept(&environ).err();
    assert_eq!(refused.map(|error| error.status().as_u16()), Some(426));
    Ok(())
}
