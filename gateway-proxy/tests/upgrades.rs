//! Switches of protocols through the proxy, over sockets.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use adapter_hyper::Server;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use gateway_core::{
    App, Body, Duplex, Ended, Environ, Error, HttpError, Outcome, RequestSummary, Response, view,
};
use gateway_proxy::ReverseProxy;
use gateway_util::websocket::Acceptor;
use http::{Method, Request, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

/// Waits for what has to happen; on a machine that is slow, too.
async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

async fn serve(app: impl App) -> SocketAddr {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(app, pending::<()>()));
    address
}

/// A proxy in front of an address.
fn proxy(upstream: SocketAddr) -> ReverseProxy {
    ReverseProxy::new(&format!("http://{upstream}")).unwrap()
}

/// An echo that speaks a subprotocol, and closes with 4000 after "bye".
async fn websocket(environ: Environ) -> Result<Response, HttpError> {
    let handshake = Acceptor::new().protocols(["b", "a"]).accept(&environ)?;
    handshake.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            if message.as_text() == Some("bye") {
                return Ok(socket.close(4000, "as it was asked for").await?);
            }
            socket.send(message).await?;
        }
        Ok(())
    })
}

async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 1000];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            stream.write_all(b" and the end").await?;
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

/// Switches to the last protocol that is offered, which the head names.
fn switching() -> impl App {
    view(async |environ: Environ| {
        let offered: Vec<&str> = environ.upgrades().collect();
        let hop = environ.header("x-hop").is_some();
        let seen = format!("{} x-hop={hop}", offered.join(","));
        match offered.last().map(|last| (*last).to_owned()) {
            Some(last) => Ok((Body::upgrade(last, echo), [("x-seen", seen)])),
            None => Err(HttpError::forbidden().with_description("not to you")),
        }
    })
}

async fn raw(address: SocketAddr, offer: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(offer.as_bytes()).await.unwrap();
    client
}

async fn head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("a head", client.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

const OFFER: &str = "GET /a HTTP/1.1\r\nhost: a\r\nconnection: x-hop, upgrade\r\nx-hop: 1\r\n\
    upgrade: first, second\r\n\r\n";

const SWITCHED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: first\r\n\r\n";

/// An upstream that says this after a request's head, and then holds the connection.
async fn scripted(
    said: &'static str,
) -> (SocketAddr, tokio::task::JoinHandle<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        stream.write_all(said.as_bytes()).await.unwrap();
        (request, stream)
    });
    (address, asked)
}

#[tokio::test]
async fn a_websocket_passes() {
    let front = serve(proxy(serve(view(websocket)).await)).await;
    let stream = TcpStream::connect(front).await.unwrap();
    let mut request = format!("ws://{front}/chat").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "a, b".parse().unwrap());
    let (mut socket, response) = client_async(request, stream).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "b");
    let long = Message::binary(vec![7; 300_000]);
    for message in [Message::text("one"), long, Message::text("two")] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(
            within("an echo", socket.next()).await.unwrap().unwrap(),
            message
        );
    }
    socket.send(Message::text("bye")).await.unwrap();
    let close = within("a close", socket.next()).await.unwrap().unwrap();
    let expected = CloseFrame {
        code: 4000.into(),
        reason: "as it was asked for".into(),
    };
    assert_eq!(close, Message::Close(Some(expected)));
    assert!(within("the end", socket.next()).await.is_none());
}

#[tokio::test]
async fn u10_any_protocol_passes_with_what_was_sent_early_and_with_a_half_close() {
    let front = serve(proxy(serve(switching()).await)).await;
    let mut client = raw(front, &format!("{OFFER}early")).await;
    client.shutdown().await.unwrap();
    let head = head(&mut client).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("\r\nupgrade: second\r\n"), "{head}");
    assert!(head.contains("\r\nconnection: upgrade\r\n"), "{head}");
    // S7: what belongs to the client's connection ends there.
    assert!(
        head.contains("\r\nx-seen: first,second x-hop=false\r\n"),
        "{head}"
    );
    assert!(!head.contains("content-length"), "{head}");
    let mut heard = String::new();
    within("the end", client.read_to_string(&mut heard))
        .await
        .unwrap();
    assert_eq!(heard, "early and the end");
}

#[tokio::test]
async fn the_upstream_gets_the_offer_and_nothing_else_of_the_connection() {
    let (upstream, asked) = scripted(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade, x-hop\r\nx-hop: 1\r\n\
         upgrade: FIRST\r\nx-kept: 1\r\n\r\nat once",
    )
    .await;
    let front = serve(proxy(upstream)).await;
    let mut client = raw(front, OFFER).await;
    let head = head(&mut client).await;
    assert!(head.contains("\r\nx-kept: 1\r\n"), "{head}");
    assert!(!head.contains("x-hop"), "{head}");
    let mut heard = [0; 7];
    within("what came with the head", client.read_exact(&mut heard))
        .await
        .unwrap();
    assert_eq!(&heard, b"at once");

    let (request, upstream) = within("a request", asked).await.unwrap();
    assert!(request.starts_with("GET /a HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("\r\nupgrade: first, second\r\n"),
        "{request}"
    );
    assert!(request.contains("\r\nconnection: upgrade\r\n"), "{request}");
    assert!(!request.contains("x-hop"), "{request}");
    // The upstream dies: the client sees the end.
    drop(upstream);
    assert_eq!(
        within("the end", client.read(&mut heard))
            .await
            .unwrap_or(0),
        0
    );
}

#[tokio::test]
async fn an_upstream_that_breaks_its_connection_aborts_that_of_the_client() {
    let (upstream, asked) = scripted(SWITCHED).await;
    let front = serve(proxy(upstream)).await;
    let mut client = raw(front, OFFER).await;
    head(&mut client).await;
    client.write_all(b"unread").await.unwrap();
    let (_, mut upstream) = within("a request", asked).await.unwrap();
    let mut first = [0; 1];
    upstream.read_exact(&mut first).await.unwrap();
    // Closing with unread bytes resets the connection.
    drop(upstream);
    let mut rest = Vec::new();
    // U9: an end or a reset, as the host can; but it comes while this direction is still open.
    let _ = within("the end", client.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn a_client_that_vanishes_ends_the_upstreams_stream() {
    let (upstream, asked) = scripted(SWITCHED).await;
    let front = serve(proxy(upstream)).await;
    let mut client = raw(front, OFFER).await;
    head(&mut client).await;
    let (_, mut upstream) = within("a request", asked).await.unwrap();
    drop(client);
    let mut rest = Vec::new();
    let _ = within("the end", upstream.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn an_idle_stream_ends_on_both_sides() {
    let (upstream, asked) = scripted(SWITCHED).await;
    let proxy = proxy(upstream).upgrade_idle_timeout(Some(Duration::from_millis(100)));
    let mut client = raw(serve(proxy).await, OFFER).await;
    head(&mut client).await;
    let (_, mut upstream) = within("a request", asked).await.unwrap();
    for end in [&mut client, &mut upstream] {
        let mut rest = Vec::new();
        let _ = within("the end", end.read_to_end(&mut rest)).await;
        assert!(rest.is_empty());
    }
}

/// It keeps its connection, and says nothing. The server's stream ends as if the app's part was over. This takes
/// the five seconds that such a client has.
#[tokio::test]
async fn a_client_that_stays_is_not_waited_for_after_the_upstream() {
    let (upstream, asked) = scripted(SWITCHED).await;
    let proxy = proxy(upstream);
    let (sender, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let server = server.with_observer(move |_: &RequestSummary, outcome: &Outcome| {
        let _ = sender.send(outcome.ended());
    });
    let front = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(proxy, pending::<()>()));
    let mut client = raw(front, OFFER).await;
    head(&mut client).await;
    drop(within("a request", asked).await.unwrap());
    let mut rest = Vec::new();
    within("the end", client.read_to_end(&mut rest))
        .await
        .unwrap();
    let ended = within("the end of the exchange", outcomes.recv()).await;
    assert_eq!(ended, Some(Ended::Completed));
}

#[tokio::test]
async fn u3_an_upstream_may_switch_only_to_what_was_offered() {
    let other = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: third\r\n\r\n";
    let none = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n";
    let plain = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    for (offer, said) in [(OFFER, other), (OFFER, none), (plain, other)] {
        let (upstream, _asked) = scripted(said).await;
        let mut client = raw(serve(proxy(upstream)).await, offer).await;
        let head = head(&mut client).await;
        assert!(head.starts_with("HTTP/1.1 502 "), "{said}: {head}");
    }
}

/// On a stream of HTTP/2 the client could ask the upstream for any path.
#[tokio::test]
async fn http_in_another_form_is_not_offered() {
    let front = serve(proxy(serve(switching()).await)).await;
    let offers = [
        ("h2c", "403"),
        ("HTTP/2.0, TLS/1.0", "403"),
        ("h2c, second", "101"),
    ];
    for (offer, status) in offers {
        let mut client = raw(front, &OFFER.replace("first, second", offer)).await;
        let head = head(&mut client).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(!head.contains("h2c"), "{head}");
    }
}

#[tokio::test]
async fn a_declined_offer_is_an_ordinary_response() {
    let app = view(async |environ: Environ| {
        let offers = environ.upgrades().count();
        (format!("{offers} offers, none taken\n"), 403)
    });
    let front = serve(proxy(serve(app).await)).await;
    let stream = TcpStream::connect(front).await.unwrap();
    let error = client_async(format!("ws://{front}/"), stream)
        .await
        .unwrap_err();
    let tungstenite::Error::Http(response) = error else {
        panic!("{error}");
    };
    assert_eq!(response.status(), 403);
    // The connection is usable afterwards.
    let mut client = raw(front, &OFFER.replace("x-hop, upgrade", "upgrade")).await;
    assert!(
        head(&mut client)
            .await
            .contains("\r\ncontent-length: 21\r\n")
    );
    let mut body = [0; 21];
    client.read_exact(&mut body).await.unwrap();
    assert_eq!(&body, b"2 offers, none taken\n");
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    assert!(head(&mut client).await.starts_with("HTTP/1.1 403 "));
}

/// An extended CONNECT (RFC 8441), and the two directions of its stream.
async fn connect(address: SocketAddr) -> (http::Response<h2::RecvStream>, h2::SendStream<Bytes>) {
    let socket = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    while !client.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://{address}/chat"))
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "a")
        .body(())
        .unwrap();
    let protocol = h2::ext::Protocol::from_static("websocket");
    request.extensions_mut().insert(protocol);
    let (response, stream) = client.send_request(request, false).unwrap();
    (within("a response", response).await.unwrap(), stream)
}

#[tokio::test]
async fn a_websocket_over_http_2_becomes_one_of_http_1() {
    let front = serve(proxy(serve(view(websocket)).await)).await;
    let (response, mut stream) = connect(front).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["sec-websocket-protocol"], "a");
    // RFC 8441 section 5: the key was the proxy's, and so is its answer.
    assert!(!response.headers().contains_key("sec-websocket-accept"));
    // "hi" as text, masked with zeros.
    stream
        .send_data(vec![0x81, 0x82, 0, 0, 0, 0, b'h', b'i'].into(), false)
        .unwrap();
    let mut body = response.into_body();
    let echoed = within("an echo", body.data()).await.unwrap().unwrap();
    assert_eq!(&echoed[..], [0x81, 2, b'h', b'i']);
}

#[tokio::test]
async fn u7_a_decline_with_2xx_and_a_wrong_answer_are_a_502_over_http_2() {
    for said in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno",
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ] {
        let (upstream, _asked) = scripted(said).await;
        let (response, _) = connect(serve(proxy(upstream)).await).await;
        assert_eq!(response.status(), 502, "{said}");
    }
    let declines = view(async |_| ("no", 403));
    let (response, _) = connect(serve(proxy(serve(declines).await)).await).await;
    assert_eq!(response.status(), 403);
}
