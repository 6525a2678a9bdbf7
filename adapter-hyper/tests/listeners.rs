//! Where connections come from: workers, listeners of any kind, handshakes, and single streams.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::collections::HashSet;
use std::future::pending;
use std::io;
use std::time::Duration;

use adapter_hyper::{ConnectionLimits, HyperService, Server, serve_connection};
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1};
use gateway_core::{App, Body, Connection, Environ, Error, Scheme, StartResponse, app_fn, view};
use gateway_server::{Listener, Socket, SocketStream};
use support::{OnDrop, reports, start_with, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot};

const SHORT: Duration = Duration::from_secs(1);

/// Names its thread, and the client.
fn told() -> impl App {
    view(async |environ: Environ| {
        let thread = std::thread::current().name().map(str::to_owned);
        let peer = environ.get("REMOTE_ADDR").map(|peer| peer.to_string());
        format!("{thread:?} {} {peer:?}", environ.scheme().as_str())
    })
}

/// An app that counts its startups, and tells how its exchanges end.
struct Counted(mpsc::UnboundedSender<&'static str>);

impl App for Counted {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        assert_ne!(environ.path_info(), "/panic", "as it was asked to");
        start_response.start(200, [("content-type", "text/plain")])?;
        let dropped = OnDrop(self.0.clone(), "ended");
        let body = match environ.path_info() == "/endless" {
            true => Body::from_producer(async |mut writer| {
                writer.write("one").await?;
                pending().await
            }),
            false => Body::from(format!("{:?}", std::thread::current().name())),
        };
        Ok(body.on_close(move || drop(dropped)))
    }

    async fn startup(&self) -> Result<(), Error> {
        let _ = self.0.send("startup");
        Ok(())
    }

    async fn shutdown(&self) -> Result<(), Error> {
        let _ = self.0.send("shutdown");
        Ok(())
    }
}

#[tokio::test]
async fn l9_l10_all_workers_serve_one_app_that_starts_once() {
    let (sender, seen) = reports();
    let mut server = start_with(Counted(sender), |server| server.workers(2)).await;
    let mut threads = HashSet::new();
    for number in 0..2000 {
        let protocol = Protocol::ALL[number % 2];
        let response = exchange(server.addr, protocol, &WireRequest::get("/")).await;
        threads.insert(response.unwrap().text());
        // B9: a panic of the app is a 500, on whatever worker.
        let panics = exchange(server.addr, protocol, &WireRequest::get("/panic")).await;
        assert_eq!(panics.unwrap().status, 500);
        if threads.len() == 2 {
            break;
        }
    }
    let expected = ["Some(\"gateway-0\")", "Some(\"gateway-1\")"];
    assert_eq!(threads, expected.map(str::to_owned).into());
    server.tell();
    server.ended().await;
    let notes = seen.rest().await;
    assert_eq!(
        (notes.first(), notes.last()),
        (Some(&"startup"), Some(&"shutdown"))
    );
    assert_eq!(notes.iter().filter(|note| note.starts_with('s')).count(), 2);
}

#[tokio::test]
async fn l4_the_deadline_cuts_the_exchanges_of_all_workers() {
    let (sender, mut seen) = reports();
    let mut server = start_with(Counted(sender), |server| {
        server
            .workers(2)
            .shutdown_deadline(Duration::from_millis(50))
    })
    .await;
    assert_eq!(seen.next().await, "startup");
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        connection
            .send_request(&WireRequest::get("/endless"))
            .await
            .unwrap();
        connection.read_head("GET").await.unwrap();
        streams.push(connection);
    }
    server.tell();
    server.ended().await;
    let mut expected = vec!["ended"; 8];
    expected.push("shutdown");
    assert_eq!(seen.rest().await, expected);
    for mut stream in streams {
        assert!(!stream.finish().await.unwrap().is_complete());
    }
}

/// A socket, behind something that ends TLS.
struct BehindTls(Socket);

impl Listener for BehindTls {
    type Stream = SocketStream;

    async fn accept(&mut self) -> io::Result<(SocketStream, Connection)> {
        let (stream, connection) = self.0.accept().await?;
        Ok((stream, connection.with_scheme(Scheme::Https)))
    }

    fn share(&self) -> io::Result<Self> {
        self.0.share().map(Self)
    }
}

#[tokio::test]
async fn any_listener_is_served_and_says_what_it_knows() {
    for workers in [0, 2] {
        let socket = Socket::bind("127.0.0.1:0").await.unwrap();
        let addr = socket.local_addr().unwrap();
        let server = Server::new(BehindTls(socket)).workers(workers);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve_until(told(), async { drop(stopped.await) }));
        for protocol in Protocol::ALL {
            let response = exchange(addr, protocol, &WireRequest::get("/")).await;
            let text = response.unwrap().text();
            assert!(text.ends_with(" https Some(\"127.0.0.1\")"), "{text}");
        }
        drop(stop);
        within("the end", serving).await.unwrap().unwrap();
    }
}

async fn knock(
    mut stream: SocketStream,
    connection: Connection,
) -> io::Result<(SocketStream, Connection)> {
    let mut word = [0; 6];
    stream.read_exact(&mut word).await?;
    match &word {
        b"sesame" => {
            let peer = ([192, 0, 2, 7], 4711).into();
            Ok((stream, connection.with_peer_addr(peer)))
        }
        b"panic!" => panic!("as it was asked to"),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

#[tokio::test]
async fn a_handshake_comes_before_http_and_keeps_nobody_else_waiting() {
    for workers in [0, 1] {
        let server = start_with(told(), |server| {
            server.with_handshake(knock).workers(workers)
        })
        .await;
        // It has not said its word yet, and the others are served.
        let mut slow = http1::Http1Connection::open(server.addr).await.unwrap();
        slow.send("ses").await.unwrap();
        for word in ["wrong!", "panic!"] {
            let mut wrong = http1::Http1Connection::open(server.addr).await.unwrap();
            wrong.send(word).await.unwrap();
            assert!(wrong.closed().await, "{word}");
        }
        let mut right = http1::Http1Connection::open(server.addr).await.unwrap();
        right.send("sesame").await.unwrap();
        let response = right.request(&WireRequest::get("/")).await.unwrap();
        assert!(
            response.text().ends_with(" http Some(\"192.0.2.7\")"),
            "{response:?}"
        );
        slow.send("ame").await.unwrap();
        let response = slow.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(response.status, 200);
        drop((slow, right));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_handshake_has_the_time_of_a_head_and_does_not_hold_the_end() {
    let configure = |server: Server| server.with_handshake(knock).header_read_timeout(SHORT);
    let server = start_with(told(), configure).await;
    let mut silent = http1::Http1Connection::open(server.addr).await.unwrap();
    assert!(silent.closed().await);
    server.stop().await;

    let long = Duration::from_secs(3600);
    let configure = |server: Server| server.with_handshake(knock).shutdown_deadline(long);
    let mut server = start_with(told(), configure).await;
    let mut silent = http1::Http1Connection::open(server.addr).await.unwrap();
    let mut used = http1::Http1Connection::open(server.addr).await.unwrap();
    used.send("sesame").await.unwrap();
    used.request(&WireRequest::get("/")).await.unwrap();
    server.tell();
    server.ended().await;
    assert!(silent.closed().await);
}

/// A client of a stream within the process.
async fn ask(client: &mut DuplexStream, path: &str, close: bool) -> String {
    let close = if close { "connection: close\r\n" } else { "" };
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{close}\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"hello") {
        if client.read_buf(&mut response).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8(response).unwrap()
}

#[tokio::test]
async fn one_connection_is_served_to_its_end_over_any_stream() {
    let app = view(async |_: Environ| "hello");
    let service = HyperService::new(app);
    let (mut client, stream) = tokio::io::duplex(64);
    let limits = ConnectionLimits::new().max_requests(2);
    let connection = Connection::new();
    let served = serve_connection(stream, connection, service, limits, pending());
    let asked = async {
        let first = ask(&mut client, "/", false).await;
        assert!(
            first.starts_with("HTTP/1.1 200 OK\r\n") && !first.contains("close"),
            "{first}"
        );
        // The limits are those that were given.
        let last = ask(&mut client, "/", false).await;
        assert!(last.contains("\r\nconnection: close\r\n"), "{last}");
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
        drop(client);
    };
    within("the end", async { tokio::join!(served, asked) }).await;
}

#[tokio::test]
async fn e16_one_connection_says_what_the_caller_knows_of_it() {
    let app = view(async |environ: Environ| {
        let peer = environ.get("REMOTE_ADDR").map(|peer| peer.to_string());
        format!("{} {peer:?} hello", environ.scheme().as_str())
    });
    let (mut client, stream) = tokio::io::duplex(64);
    let connection = Connection::new()
        .with_peer_addr(([192, 0, 2, 7], 4711).into())
        .with_scheme(Scheme::Https);
    let service = HyperService::new(app);
    let served = serve_connection(
        stream,
        connection,
        service,
        ConnectionLimits::new(),
        pending(),
    );
    let asked = async {
        let response = ask(&mut client, "/", true).await;
        assert!(
            response.ends_with("\r\n\r\nhttps Some(\"192.0.2.7\") hello"),
            "{response}"
        );
        drop(client);
    };
    within("the end", async { tokio::join!(served, asked) }).await;
}

#[tokio::test]
async fn l4_one_connection_ends_behind_its_exchange_when_it_is_told() {
    let (stop, stopped) = oneshot::channel::<()>();
    let stop = std::sync::Mutex::new(Some(stop));
    // Its connection is told while it is called.
    let app = app_fn(move |_: Environ, start_response: StartResponse| {
        drop(stop.lock().unwrap().take());
        async move {
            tokio::task::yield_now().await;
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from("hello"))
        }
    });
    let (mut client, stream) = tokio::io::duplex(64);
    let ending = async { drop(stopped.await) };
    let service = HyperService::new(app);
    let served = serve_connection(
        stream,
        Connection::new(),
        service,
        ConnectionLimits::new(),
        ending,
    );
    let asked = async {
        let response = ask(&mut client, "/", false).await;
        assert!(response.contains("\r\nconnection: close\r\n"), "{response}");
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
        drop(client);
    };
    within("the end", async { tokio::join!(served, asked) }).await;
}
