//! Switches of protocols over sockets, byte by byte.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use adapter_hyper::HyperService;
use bytes::Bytes;
use gateway_core::{
    App, Body, Duplex, Ended, Environ, Error, Outcome, RequestSummary, TryIntoResponse, view,
};
use http::{Method, Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use support::{Running, reports, start, start_with, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;

const OFFER: &str = "GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

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

/// By the path: what becomes of the stream.
fn app() -> impl App {
    view(async |environ: Environ| {
        let protocol = environ.upgrades().next().unwrap_or_default().to_owned();
        if protocol.is_empty() || environ.path_info() == "/declined" {
            return ("declined", 403, [("x-offers", protocol)]).try_into_response();
        }
        let body = match &*environ.path_info().to_string() {
            "/echo" => Body::upgrade(protocol, echo),
            "/goodbye" => Body::upgrade(protocol, async |mut stream| {
                stream.write_all(b"goodbye").await?;
                Ok(())
            }),
            "/half" => Body::upgrade(protocol, async |mut stream: Duplex| {
                stream.write_all(b"mine").await?;
                stream.shutdown().await?;
                let mut buffer = [0; 64];
                let read = stream.read(&mut buffer).await?;
                assert_eq!(&buffer[..read], b"yours");
                Ok(())
            }),
            "/fails" => Body::upgrade(protocol, async |mut stream: Duplex| {
                stream.write_all(b"before").await?;
                Err(Error::msg("broken"))
            }),
            "/panics" => Body::upgrade(protocol, async |stream: Duplex| {
                assert!(stream.closing().has_begun(), "a panic of the app");
                Ok(())
            }),
            "/closing" => Body::upgrade(protocol, async |mut stream: Duplex| {
                stream.closing().await;
                stream.write_all(b"1001").await?;
                Ok(())
            }),
            "/deaf" => Body::upgrade(protocol, async |stream: Duplex| {
                std::future::pending::<()>().await;
                drop(stream);
                Ok(())
            }),
            _ => Body::from("a page"),
        };
        body.try_into_response()
    })
}

fn offer(path: &str) -> String {
    OFFER.replace("/echo", path)
}

/// Sends the bytes and reads the head of the answer.
async fn open(addr: SocketAddr, bytes: &str) -> (TcpStream, String) {
    let mut client = TcpStream::connect(addr).await.unwrap();
    client.write_all(bytes.as_bytes()).await.unwrap();
    let head = read_head(&mut client).await;
    (client, head)
}

/// Reads a head, and not a byte behind it.
async fn read_head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            within("a byte of the head", client.read_u8())
                .await
                .unwrap(),
        );
    }
    String::from_utf8(head).unwrap()
}

async fn read_exactly(client: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    within("bytes", client.read_exact(&mut bytes))
        .await
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn rest(client: &mut TcpStream) -> String {
    let mut text = String::new();
    within("the end", client.read_to_string(&mut text))
        .await
        .unwrap();
    text
}

#[tokio::test]
async fn u5_the_head_of_a_switch_has_nothing_else() {
    let server = start(app()).await;
    let (_client, head) = open(server.addr, OFFER).await;
    let (status, fields) = head.split_once("\r\n").unwrap();
    assert_eq!(status, "HTTP/1.1 101 Switching Protocols");
    let mut names: Vec<_> = fields
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| *name != "date")
        .collect();
    names.sort_unstable();
    assert_eq!(names, [("connection", "upgrade"), ("upgrade", "echo")]);
}

#[tokio::test]
async fn u6_bytes_that_came_early_are_read_first() {
    let server = start(app()).await;
    let (mut client, head) = open(server.addr, &format!("{OFFER}early")).await;
    assert!(head.starts_with("HTTP/1.1 101 "));
    assert_eq!(read_exactly(&mut client, 5).await, "early");
    client.write_all(b"late").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, "late");
    server.stop().await;
}

#[tokio::test]
async fn u8_what_the_app_wrote_comes_before_the_end() {
    let server = start(app()).await;
    // The client has sent what nobody reads: that must not cost it the farewell.
    let unread = format!("{}{}", offer("/goodbye"), "x".repeat(100_000));
    let (mut client, _) = open(server.addr, &unread).await;
    assert_eq!(rest(&mut client).await, "goodbye");
}

#[tokio::test]
async fn u9_an_error_and_a_panic_close_the_connection() {
    let server = start(app()).await;
    let (mut client, _) = open(server.addr, &offer("/fails")).await;
    assert_eq!(rest(&mut client).await, "before");
    let (mut client, _) = open(server.addr, &offer("/panics")).await;
    assert_eq!(rest(&mut client).await, "");
    // Others go on.
    assert!(
        open(server.addr, OFFER)
            .await
            .1
            .starts_with("HTTP/1.1 101 ")
    );
    server.stop().await;
}

#[tokio::test]
async fn u10_each_side_ends_its_own_direction() {
    let server = start(app()).await;
    let (mut client, _) = open(server.addr, &offer("/half")).await;
    assert_eq!(rest(&mut client).await, "mine");
    client.write_all(b"yours").await.unwrap();
    // The client's end leaves the app's writes working.
    let (mut client, _) = open(server.addr, OFFER).await;
    client.write_all(b"to be echoed").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, "to be echoed");
    server.stop().await;
}

/// Nothing is offered, and the answer is an ordinary one on a connection that goes on.
#[tokio::test]
async fn u2_what_is_no_offer_gets_none() {
    let server = start(app()).await;
    let head = "host: a\r\n";
    for request in [
        format!("GET / HTTP/1.0\r\n{head}connection: upgrade\r\nupgrade: echo\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{head}upgrade: echo\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{head}connection: keep-alive\r\nupgrade: echo\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{head}connection: upgrade\r\n\r\n"),
        format!(
            "POST / HTTP/1.1\r\n{head}connection: upgrade\r\nupgrade: echo\r\ncontent-length: 3\r\n\r\nabc"
        ),
        format!(
            "POST / HTTP/1.1\r\n{head}connection: upgrade\r\nupgrade: echo\r\n\
             transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        format!("POST / HTTP/1.1\r\n{head}connection: upgrade\r\nupgrade: websocket\r\n\r\n"),
    ] {
        let (mut client, answer) = open(server.addr, &request).await;
        assert!(answer.contains(" 403 "), "{request}: {answer}");
        assert!(answer.contains("x-offers: \r\n"), "{request}: {answer}");
        assert_eq!(read_exactly(&mut client, 8).await, "declined");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_declined_offer_leaves_the_connection_as_it_is() {
    let server = start(app()).await;
    // The next request is behind the offer already.
    let both = format!(
        "{}GET /page HTTP/1.1\r\nhost: a\r\n\r\n",
        offer("/declined")
    );
    let (mut client, head) = open(server.addr, &both).await;
    assert!(head.starts_with("HTTP/1.1 403 ") && head.contains("x-offers: echo\r\n"));
    assert!(!head.contains("upgrade") && !head.contains("connection: close"));
    assert_eq!(read_exactly(&mut client, 8).await, "declined");
    assert!(read_head(&mut client).await.starts_with("HTTP/1.1 403 "));
    server.stop().await;
}

#[tokio::test]
async fn e14_a_plain_connect_is_refused() {
    let server = start(app()).await;
    let (_, head) = open(server.addr, "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 501 "), "{head}");
}

#[tokio::test]
async fn u11_no_limit_of_the_server_ends_a_tunnel() {
    let short = Duration::from_millis(20);
    let server = start_with(app(), |server| {
        server
            .header_read_timeout(short)
            .body_read_timeout(short)
            .write_timeout(short)
            .http2_idle_timeout(short)
    })
    .await;
    let (mut client, _) = open(server.addr, OFFER).await;
    // Silence must outlast each limit, and only time shows that.
    tokio::time::sleep(short * 10).await;
    client.write_all(b"there").await.unwrap();
    assert_eq!(read_exactly(&mut client, 5).await, "there");
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn u12_a_shutdown_is_told_and_waited_for() {
    let mut server = start(app()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(open(server.addr, &offer("/closing")).await.0);
    }
    server.tell();
    for mut client in clients {
        assert_eq!(rest(&mut client).await, "1001");
    }
    server.ended().await;
}

/// Tells of each exchange how it has ended.
async fn observed(sender: UnboundedSender<Ended>, deadline: Duration) -> Running {
    start_with(app(), move |server| {
        server.shutdown_deadline(deadline).with_observer(
            move |_: &RequestSummary, outcome: &Outcome| {
                let _ = sender.send(outcome.ended());
            },
        )
    })
    .await
}

#[tokio::test]
async fn u12_a_tunnel_that_does_not_end_is_cut_at_the_deadline() {
    let (sender, outcomes) = reports();
    let mut server = observed(sender, Duration::from_millis(50)).await;
    let (mut client, _) = open(server.addr, &offer("/deaf")).await;
    server.tell();
    server.ended().await;
    assert_eq!(rest(&mut client).await, "");
    // All are gone when the server has ended.
    assert_eq!(outcomes.rest().await, [Ended::Cut]);
}

#[tokio::test]
async fn u14_the_exchange_ends_with_the_tunnel() {
    let (sender, mut outcomes) = reports();
    let server = observed(sender, Duration::from_secs(60)).await;
    let (client, _) = open(server.addr, OFFER).await;
    let (_, other) = open(server.addr, &offer("/declined")).await;
    assert!(other.starts_with("HTTP/1.1 403 "));
    assert_eq!(outcomes.next().await, Ended::Completed);
    drop(client);
    assert_eq!(outcomes.next().await, Ended::Completed);
    server.stop().await;
}

#[tokio::test]
async fn u16_a_client_that_does_not_read_stops_the_app() {
    let (sender, mut written) = reports();
    let flood = view(move |_: Environ| {
        let sender = sender.clone();
        async move {
            Body::upgrade("echo", async move |mut stream: Duplex| {
                let mut all = 0_usize;
                loop {
                    let write = stream.write_all(&[0; 64 * 1024]);
                    // The timer of the app fires while its write waits.
                    match tokio::time::timeout(Duration::from_millis(300), write).await {
                        Ok(result) => result?,
                        Err(_) => break,
                    }
                    all += 64 * 1024;
                }
                let _ = sender.send(all);
                Ok(())
            })
        }
    });
    let server = start(flood).await;
    let (client, _) = open(server.addr, OFFER).await;
    // What is in the buffers of the system is not the server's.
    assert!(written.next().await < 64 * 1024 * 1024);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn l3_a_client_that_vanishes_ends_the_read() {
    let (sender, mut outcomes) = reports();
    let server = observed(sender, Duration::from_secs(60)).await;
    let (client, _) = open(server.addr, OFFER).await;
    client.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(outcomes.next().await, Ended::ClientGone);
    server.stop().await;
}

/// An extended CONNECT (RFC 8441), and the two directions of its stream.
async fn connect(
    addr: SocketAddr,
    path: &str,
    protocol: &'static str,
) -> (http::Response<h2::RecvStream>, h2::SendStream<Bytes>) {
    let socket = TcpStream::connect(addr).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let mut client = within("SETTINGS", client.ready()).await.unwrap();
    // The client may offer it once the server has said that it takes it.
    while !client.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://a{path}"))
        .body(())
        .unwrap();
    let protocol = h2::ext::Protocol::from_static(protocol);
    request.extensions_mut().insert(protocol);
    let (response, stream) = client.send_request(request, false).unwrap();
    (within("a response", response).await.unwrap(), stream)
}

async fn data(body: &mut h2::RecvStream) -> Bytes {
    let data = within("data", body.data()).await.unwrap().unwrap();
    body.flow_control().release_capacity(data.len()).unwrap();
    data
}

#[tokio::test]
async fn u5_websocket_over_http_2_is_a_200_and_a_stream() {
    let server = start(app()).await;
    let (response, mut stream) = connect(server.addr, "/echo", "websocket").await;
    assert_eq!(response.status(), 200);
    for name in ["connection", "upgrade", "content-length", "content-type"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    let mut body = response.into_body();
    stream.send_data("over HTTP/2".into(), false).unwrap();
    assert_eq!(data(&mut body).await, "over HTTP/2");
    stream.send_data(Bytes::new(), true).unwrap();
    // The end may come with a frame that has no bytes.
    while let Some(data) = within("the end", body.data()).await {
        assert_eq!(data.unwrap(), "");
    }
    server.stop().await;
}

#[tokio::test]
async fn u7_a_2xx_to_an_extended_connect_is_a_502() {
    let server = start(app()).await;
    let (response, _) = connect(server.addr, "/page", "websocket").await;
    assert_eq!(response.status(), 502);
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let (response, _) = connect(server.addr, "/declined", "websocket").await;
    assert_eq!(response.status(), 403);
    assert_eq!(data(&mut response.into_body()).await, "declined");
    let (response, _) = connect(server.addr, "/echo", "connect-udp").await;
    assert_eq!(response.status(), 501);
    server.stop().await;
}

#[tokio::test]
async fn u12_a_shutdown_is_told_over_http_2() {
    let mut server = start(app()).await;
    let (response, _stream) = connect(server.addr, "/closing", "websocket").await;
    let mut body = response.into_body();
    server.tell();
    assert_eq!(data(&mut body).await, "1001");
    server.ended().await;
}

#[tokio::test]
async fn u11_no_limit_of_the_server_ends_a_tunnel_over_http_2() {
    let short = Duration::from_millis(20);
    let server = start_with(app(), |server| {
        server.write_timeout(short).http2_idle_timeout(short)
    })
    .await;
    let (response, mut stream) = connect(server.addr, "/echo", "websocket").await;
    let mut body = response.into_body();
    // Silence must outlast each limit, and only time shows that.
    tokio::time::sleep(short * 10).await;
    stream.send_data("there".into(), false).unwrap();
    assert_eq!(data(&mut body).await, "there");
    drop((stream, body));
    server.stop().await;
}

/// The service without the server, on connections of hyper-util's.
#[tokio::test]
async fn u1_a_service_offers_what_its_executor_can_run() {
    let serve = async |service: HyperService<_>| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let builder = auto::Builder::new(TokioExecutor::new());
            let served = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
            served.await
        });
        addr
    };
    let addr = serve(HyperService::new(app()).with_upgrades(TokioExecutor::new())).await;
    let (mut client, head) = open(addr, &format!("{OFFER}early")).await;
    assert!(head.starts_with("HTTP/1.1 101 "));
    assert_eq!(read_exactly(&mut client, 5).await, "early");
    // Without one nothing is offered.
    let addr = serve(HyperService::new(app())).await;
    let (_client, head) = open(addr, OFFER).await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
}
