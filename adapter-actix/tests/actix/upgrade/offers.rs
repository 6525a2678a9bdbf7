//! What is offered, and how an offer is declined.

use gateway_conformance::wire::{End, Framing, Protocol, WireRequest, http1};
use gateway_core::{Body, Environ, HttpError, view};
use http::Method;
use tokio::net::TcpStream;

use crate::server::Server;

use super::client::{Client, OFFER, echo, soon, switching};

async fn offers(environ: Environ) -> String {
    let offers: Vec<_> = environ.upgrades().collect();
    format!("[{}]", offers.join(" "))
}

/// What an app sees offered on a request of HTTP/1 with these lines.
async fn offered(server: &Server, request: &str) -> String {
    let mut client = Client::connect(server.address).await;
    client.send(request).await;
    let head = client.head().await.to_ascii_lowercase();
    assert!(head.contains(" 200 ok\r\n"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    let reading = tokio::io::AsyncReadExt::read_exact(&mut client.0, &mut body);
    soon(reading).await.unwrap();
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn u1_u2_only_what_actix_can_switch_to_is_offered() {
    let server = Server::of(view(offers));
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    for (line, fields, expected) in [
        ("GET / HTTP/1.1", upgrade, "[websocket]"),
        (
            "GET / HTTP/1.1",
            "connection: keep-alive\r\nconnection: x, Upgrade\r\nupgrade:  WebSocket \r\n",
            "[WebSocket]",
        ),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 0\r\n",
            "[websocket]",
        ),
        ("GET / HTTP/1.0", upgrade, "[]"),
        ("POST / HTTP/1.1", upgrade, "[]"),
        ("OPTIONS / HTTP/1.1", upgrade, "[]"),
        ("GET / HTTP/1.1", "upgrade: websocket\r\n", "[]"),
        (
            "GET / HTTP/1.1",
            "connection: keep-alive\r\nupgrade: websocket\r\n",
            "[]",
        ),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: websocket, chat\r\n",
            "[]",
        ),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: chat\r\nupgrade: websocket\r\n",
            "[]",
        ),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: echo\r\n",
            "[]",
        ),
        ("GET / HTTP/1.1", "connection: upgrade\r\n", "[]"),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 3\r\n\r\nabc",
            "[]",
        ),
        (
            "GET / HTTP/1.1",
            "connection: upgrade\r\nupgrade: websocket\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            "[]",
        ),
    ] {
        let request = format!("{line}\r\nhost: a.example\r\n{fields}\r\n");
        assert_eq!(offered(&server, &request).await, expected, "{request}");
    }
}

/// actix's HTTP/2 hands no stream out, and does not announce the extended CONNECT of RFC 8441.
#[tokio::test]
async fn u1_nothing_is_offered_over_http_2() {
    let server = Server::of(view(offers));
    let response = server.answer(Protocol::Http2, &WireRequest::get("/")).await;
    assert_eq!(response.text(), "[]");

    let socket = soon(TcpStream::connect(server.address)).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(socket).await.unwrap();
    let driving = tokio::spawn(connection);
    // The server's settings are here when it has answered.
    let get = http::Request::get("http://a.example/").body(()).unwrap();
    let (answer, _) = sender.send_request(get, true).unwrap();
    assert_eq!(soon(answer).await.unwrap().status(), 200);
    assert!(!sender.is_extended_connect_protocol_enabled());
    let connect = http::Request::builder()
        .method(Method::CONNECT)
        .uri("http://a.example/chat")
        .extension(h2::ext::Protocol::from_static("websocket"))
        .body(())
        .unwrap();
    let refused = match sender.send_request(connect, false) {
        Ok((answer, _)) => soon(answer).await.map(|answer| answer.status().as_u16()),
        Err(error) => Err(error),
    };
    assert!(!matches!(refused, Ok(200..300)), "{refused:?}");
    driving.abort();
}

#[tokio::test]
async fn u3_a_switch_that_is_not_offered_is_a_500() {
    let server = Server::of(std::sync::Arc::new(switching(echo)));
    for protocol in Protocol::ALL {
        let response = server.answer(protocol, &WireRequest::get("/")).await;
        assert_eq!(response.status, 500);
        assert_eq!(response.count("upgrade"), 0);
    }
}

/// actix takes all that follows an offer for the other protocol's, so the connection closes, and says
/// so. A request behind the offer is not answered: it may be anything.
#[tokio::test]
async fn an_offer_is_declined_with_a_body_and_the_connection_closes() {
    let server = Server::of(view(async |environ: Environ| {
        match environ.path_info().to_string().as_str() {
            "/403" => Err(HttpError::forbidden()),
            "/stream" => Ok(Body::from_chunks(["one", "two"])),
            _ => Ok(Body::from("declined")),
        }
    }));
    let behind = "GET /behind HTTP/1.1\r\nhost: a.example\r\n\r\n";
    for (path, status, text) in [
        ("/200", 200, "declined"),
        ("/stream", 200, "onetwo"),
        ("/403", 403, "Forbidden"),
    ] {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        let offer = OFFER.replace("/chat", path);
        connection.send(format!("{offer}{behind}")).await.unwrap();
        let response = connection.read_response("GET").await.unwrap();
        assert_eq!((response.status, response.end), (status, End::Complete));
        assert_eq!(response.framing == Framing::Chunked, path == "/stream");
        assert!(response.text().contains(text), "{}", response.text());
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(response.count("upgrade"), 0);
        assert!(connection.rest().await.unwrap().is_empty());
    }
}

/// Without the option it is no offer, and what follows it is still lost on actix.
#[tokio::test]
async fn a_request_behind_no_offer_is_not_taken_for_a_stream() {
    let server = Server::of(std::sync::Arc::new(switching(echo)));
    let mut client = Client::connect(server.address).await;
    let request = "GET / HTTP/1.1\r\nhost: a.example\r\nupgrade: websocket\r\n\r\n";
    client.send(format!("{request}{request}")).await;
    let answers = client.rest().await;
    assert!(answers.starts_with("HTTP/1.1 500 "), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
}
