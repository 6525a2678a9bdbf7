//! Switches of protocols: apps under axum, axum's services in apps, and layers around apps.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use adapter_tower::{TowerAppExt, TowerService, service, tower_app};
use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::{IntoResponse, Response as AxumResponse};
use axum::routing::any;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use gateway_core::{App, AppExt, Body, Duplex, Environ, Error, Gateway, Input, Outgoing, view};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use support::{TestResult, axum_serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self};
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

/// Switches to the first protocol that is offered.
fn switching() -> impl App {
    view(async |environ: Environ| match environ.upgrades().next() {
        Some(protocol) => Ok(Body::upgrade(protocol.to_owned(), echo)),
        None => Err(gateway_core::HttpError::forbidden()),
    })
}

async fn read_head(client: &mut TcpStream) -> TestResult<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

/// An extended CONNECT (RFC 8441), and the two directions of its stream.
async fn connect(
    addr: SocketAddr,
    path: &str,
) -> TestResult<(http::Response<h2::RecvStream>, h2::SendStream<Bytes>)> {
    let socket = TcpStream::connect(addr).await?;
    let (client, connection) = h2::client::handshake(socket).await?;
    tokio::spawn(connection);
    let mut client = client.ready().await?;
    while !client.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://a{path}"))
        .header("sec-websocket-version", "13")
        .body(())?;
    let protocol = h2::ext::Protocol::from_static("websocket");
    request.extensions_mut().insert(protocol);
    let (response, stream) = client.send_request(request, false)?;
    Ok((response.await?, stream))
}

async fn data(body: &mut h2::RecvStream) -> TestResult<Bytes> {
    let data = body.data().await.ok_or("the stream has ended")??;
    body.flow_control().release_capacity(data.len())?;
    Ok(data)
}

#[tokio::test]
async fn u6_an_app_switches_under_axum() -> TestResult {
    let router = Router::new().nest_service("/app", service(switching()));
    let addr = axum_serve(router).await;
    let mut client = TcpStream::connect(addr).await?;
    let offer =
        "GET /app/x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: any\r\n\r\nearly";
    client.write_all(offer.as_bytes()).await?;
    let head = read_head(&mut client).await?;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("upgrade: any\r\n") && !head.contains("content-type"));
    client.shutdown().await?;
    let mut heard = String::new();
    client.read_to_string(&mut heard).await?;
    assert_eq!(heard, "early");

    let (response, mut stream) = connect(addr, "/app/x").await?;
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    stream.send_data("over HTTP/2".into(), false)?;
    assert_eq!(data(&mut body).await?, "over HTTP/2");
    Ok(())
}

#[tokio::test]
async fn u7_a_page_is_no_answer_to_an_extended_connect_under_axum() -> TestResult {
    let addr = axum_serve(Router::new().fallback_service(service(view(async |_| "a page")))).await;
    let (response, _) = connect(addr, "/").await?;
    assert_eq!(response.status(), 502);
    Ok(())
}

#[tokio::test]
async fn u12_the_app_hears_of_a_shutdown_under_axum() -> TestResult {
    let app = view(async |_: Environ| {
        Body::upgrade("any", async |mut stream: Duplex| {
            stream.closing().await;
            stream.write_all(b"farewell").await?;
            Ok(())
        })
    });
    let service = TowerService::new(app);
    let signal = service.shutdown_signal();
    let addr = axum_serve(Router::new().fallback_service(service)).await;
    let mut client = TcpStream::connect(addr).await?;
    let offer = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: any\r\n\r\n";
    client.write_all(offer.as_bytes()).await?;
    assert!(read_head(&mut client).await?.starts_with("HTTP/1.1 101 "));
    signal.begin();
    let mut heard = String::new();
    client.read_to_string(&mut heard).await?;
    assert_eq!(heard, "farewell");
    Ok(())
}

/// axum's own chat, unchanged.
fn axum_router() -> Router {
    async fn chat(upgrade: WebSocketUpgrade) -> AxumResponse {
        upgrade.protocols(["chat"]).on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                let Message::Text(text) = message else {
                    continue;
                };
                let reply = Message::text(format!("heard {text}"));
                if socket.send(reply).await.is_err() {
                    return;
                }
            }
        })
    }
    async fn declined(_: WebSocketUpgrade) -> AxumResponse {
        (StatusCode::FORBIDDEN, "axum says no").into_response()
    }
    async fn changes_its_mind(upgrade: WebSocketUpgrade) -> AxumResponse {
        let _ = upgrade.on_upgrade(async |_| panic!("nothing was switched"));
        (StatusCode::CONFLICT, "another answer").into_response()
    }
    Router::new()
        .route("/chat", any(chat))
        .route("/declined", any(declined))
        .route("/changes", any(changes_its_mind))
        .route("/page", any(async || "a page"))
}

/// A WebSocket handshake, of either version.
fn handshake(version: Version, path: &str) -> TestResult<http::Request<()>> {
    let request = Request::builder()
        .version(version)
        .uri(path)
        .header("host", "a");
    Ok(if version == Version::HTTP_2 {
        request
            .method(Method::CONNECT)
            .uri(format!("http://a{path}"))
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "chat")
            .body(())?
    } else {
        request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-protocol", "chat")
            .body(())?
    })
}

/// Asks an app as a host would, and runs a switch.
async fn ask(
    app: impl App,
    request: http::Request<()>,
) -> (http::Response<Outgoing>, Option<DuplexStream>) {
    let gateway = Gateway::new(app);
    let (parts, ()) = request.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_upgrades(|protocol| protocol == "websocket");
    environ.offer_extended_connect("websocket");
    let mut response = gateway.handle(environ).await;
    let client = response.body_mut().take_upgrade().map(|upgrade| {
        let (client, server) = tokio::io::duplex(1024);
        tokio::spawn(upgrade.run(Duplex::from_tokio(server)));
        client
    });
    (response, client)
}

#[tokio::test]
async fn u13_axum_s_own_websocket_works_on_any_host() -> TestResult {
    for (version, status) in [(Version::HTTP_11, 101), (Version::HTTP_2, 200)] {
        let app = tower_app(axum_router());
        let (response, client) = ask(app, handshake(version, "/chat")?).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
        if version == Version::HTTP_11 {
            let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
            assert_eq!(response.headers()["sec-websocket-accept"], accept);
        }
        let client = client.ok_or("nothing was switched")?;
        let mut socket = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        for text in ["one", "two"] {
            socket.send(tungstenite::Message::text(text)).await?;
            let reply = socket.next().await.ok_or("no reply")??;
            assert_eq!(reply.into_text()?.as_str(), format!("heard {text}"));
        }
        socket.close(None).await?;
        while let Some(message) = socket.next().await {
            assert!(message?.is_close());
        }
    }
    Ok(())
}

#[tokio::test]
async fn u13_a_service_that_declines_answers() -> TestResult {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        for (path, status, text) in [
            ("/declined", 403, "axum says no"),
            ("/changes", 409, "another answer"),
        ] {
            let app = tower_app(axum_router());
            let (response, client) = ask(app, handshake(version, path)?).await;
            assert_eq!(response.status(), status);
            assert!(client.is_none());
            let body = Body::new(response.into_body()).bytes().await?;
            assert_eq!(body, text);
        }
    }
    // U7: a page on HTTP/1 declines, and over HTTP/2 would be a tunnel to nowhere.
    let (response, _) = ask(
        tower_app(axum_router()),
        handshake(Version::HTTP_11, "/page")?,
    )
    .await;
    assert_eq!(response.status(), 200);
    let (response, _) = ask(
        tower_app(axum_router()),
        handshake(Version::HTTP_2, "/page")?,
    )
    .await;
    assert_eq!(response.status(), 502);
    Ok(())
}

#[tokio::test]
async fn u12_a_cut_reaches_the_service() -> TestResult {
    let (sender, ended) = tokio::sync::oneshot::channel();
    let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
    let router = Router::new().route(
        "/chat",
        any(async move |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async move |mut socket| {
                while let Some(Ok(_)) = socket.recv().await {}
                let sender = sender.lock().unwrap().take();
                sender.unwrap().send(()).unwrap();
            })
        }),
    );
    let gateway = Gateway::new(tower_app(router));
    let (parts, ()) = handshake(Version::HTTP_11, "/chat")?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_upgrades(|_| true);
    let mut response = gateway.handle(environ).await;
    let upgrade = response.body_mut().take_upgrade().ok_or("no switch")?;
    let (mut client, server) = tokio::io::duplex(64);
    let running = tokio::spawn(upgrade.run(Duplex::from_tokio(server)));
    // An empty ping, masked: the service reads.
    client.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await?;
    let mut pong = [0; 2];
    client.read_exact(&mut pong).await?;
    assert_eq!(pong, [0x8a, 0]);
    running.abort();
    tokio::time::timeout(Duration::from_secs(20), ended).await??;
    assert_eq!(client.read(&mut pong).await?, 0);
    Ok(())
}

#[tokio::test]
async fn u13_layers_pass_a_switch() -> TestResult {
    let set = SetResponseHeaderLayer::overriding(
        HeaderName::from_static("x-set"),
        HeaderValue::from_static("1"),
    );
    let timeout =
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(20));
    let layered = [
        switching().with_layer(TraceLayer::new_for_http()).boxed(),
        switching().with_layer(CorsLayer::permissive()).boxed(),
        switching().with_layer(CompressionLayer::new()).boxed(),
        switching().with_layer(timeout).boxed(),
        switching().with_layer(set.clone()).boxed(),
        switching()
            .with_layer(set)
            .with_layer(CompressionLayer::new())
            .with_layer(CorsLayer::permissive())
            .with_layer(TraceLayer::new_for_http())
            .boxed(),
    ];
    for (at, app) in layered.into_iter().enumerate() {
        for (version, status) in [(Version::HTTP_11, 101), (Version::HTTP_2, 200)] {
            let (response, client) = ask(app.clone(), handshake(version, "/")?).await;
            assert_eq!(response.status(), status, "{at}");
            let mut client = client.ok_or("nothing was switched")?;
            client.write_all(b"through").await?;
            let mut heard = [0; 7];
            client.read_exact(&mut heard).await?;
            assert_eq!(&heard, b"through");
            if at >= 4 {
                assert_eq!(response.headers()["x-set"], "1");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn u13_a_layer_that_changes_the_status_declines() -> TestResult {
    let refuse = tower::util::MapResponseLayer::new(|mut response: gateway_core::Response| {
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    });
    let app = switching().with_layer(refuse);
    let (response, client) = ask(app, handshake(Version::HTTP_11, "/")?).await;
    assert_eq!(response.status(), 403);
    assert!(client.is_none());
    Ok(())
}
