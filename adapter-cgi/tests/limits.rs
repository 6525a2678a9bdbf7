//! What bounds a front end that takes its time, and the server's end.
#![cfg(feature = "server")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like a test"
)]

mod support;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use adapter_cgi::{CgiProtocol, CgiServer};
use bytes::BytesMut;
use gateway_core::{App, Body, Environ, Error, StartResponse, app_fn, view};
use support::{Record, begin, endless, params, receive_from, record, reports, send_to, within};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

const SHORT: Duration = Duration::from_millis(200);
/// Longer than any test: an end before it has another reason.
const LONG: Duration = Duration::from_secs(3600);

struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

async fn start(
    protocol: CgiProtocol,
    app: impl App,
    configure: impl FnOnce(CgiServer) -> CgiServer,
) -> Running {
    let server = CgiServer::bind(protocol, "127.0.0.1:0").await.unwrap();
    let server = server.header_read_timeout(LONG).body_read_timeout(LONG);
    let server = server.write_timeout(LONG).idle_timeout(LONG);
    let server = configure(server.shutdown_deadline(LONG));
    let addr = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.serve_until(app, async { drop(stopped.await) }));
    Running { addr, stop, task }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    async fn stop(self) {
        drop(self.stop);
        within("the end", self.task).await.unwrap().unwrap();
    }
}

fn echo() -> impl App {
    view(async |mut environ: Environ| environ.take_input().text(1 << 20).await)
}

/// The first bytes of a POST whose body has ten bytes; the last of them are `abc`, the body's first.
async fn send_beginning(protocol: CgiProtocol, stream: &mut (impl AsyncWrite + Unpin)) {
    let pairs = [
        ("CONTENT_LENGTH", "10"),
        ("SCGI", "1"),
        ("REQUEST_METHOD", "POST"),
        ("REQUEST_URI", "/"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("HTTP_HOST", "a.example"),
    ];
    if protocol == CgiProtocol::FastCgi {
        let records = vec![
            begin(1, 1, true),
            record(4, 1, &params(&pairs)),
            record(4, 1, b""),
            record(5, 1, b"abc"),
        ];
        return send_to(stream, records).await;
    }
    let mut head = Vec::new();
    for (name, value) in pairs {
        for text in [name, value] {
            if protocol == CgiProtocol::Uwsgi {
                head.extend_from_slice(&u16::try_from(text.len()).unwrap().to_le_bytes());
            }
            head.extend_from_slice(text.as_bytes());
            if protocol == CgiProtocol::Scgi {
                head.push(0);
            }
        }
    }
    let packet = match protocol {
        CgiProtocol::Scgi => {
            let length = format!("{}:", head.len());
            [length.as_bytes(), &head, b","].concat()
        }
        _ => {
            let [low, high] = u16::try_from(head.len()).unwrap().to_le_bytes();
            [&[0, low, high, 0], &*head].concat()
        }
    };
    stream.write_all(&packet).await.unwrap();
    stream.write_all(b"abc").await.unwrap();
}

/// What comes up to the end of the connection, which may be a reset.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut rest = Vec::new();
    // What was read before a reset is kept.
    let _ = within("the end", stream.read_to_end(&mut rest)).await;
    rest
}

/// Beginnings of a request in each protocol, and none.
const BEGINNINGS: [(CgiProtocol, &[u8]); 6] = [
    (CgiProtocol::FastCgi, b""),
    (CgiProtocol::FastCgi, b"\x01\x01\0\x01\0\x08\0\0\0\x01\x01"),
    (CgiProtocol::Scgi, b""),
    (CgiProtocol::Scgi, b"70:CONTENT_LENGTH\x0027\0SC"),
    (CgiProtocol::Uwsgi, b""),
    (CgiProtocol::Uwsgi, b"\0\x20\0\0\x0e\0REQUEST"),
];

#[tokio::test]
async fn variables_that_do_not_come_end_the_connection() {
    for (protocol, beginning) in BEGINNINGS {
        let server = start(protocol, echo(), |server| server.header_read_timeout(SHORT)).await;
        let mut stream = server.connect().await;
        stream.write_all(beginning).await.unwrap();
        assert!(rest(&mut stream).await.is_empty(), "{protocol}");
        server.stop().await;
    }
}

#[tokio::test]
async fn the_head_s_time_does_not_bound_the_exchange() {
    for protocol in CgiProtocol::ALL {
        let (log, mut seen) = reports();
        let (sender, receiver) = mpsc::unbounded_channel::<()>();
        let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
        let app = view(move |_: Environ| {
            let (log, receiver) = (log.clone(), receiver.clone());
            async move {
                let _ = log.send("called");
                receiver.lock().await.recv().await;
                "late"
            }
        });
        let server = start(*protocol, app, |server| server.header_read_timeout(SHORT)).await;
        let mut stream = server.connect().await;
        send_beginning(*protocol, &mut stream).await;
        assert_eq!(seen.next().await, "called");
        // One that sends nothing tells when the limit is over: it came later.
        assert!(rest(&mut server.connect().await).await.is_empty());
        sender.send(()).unwrap();
        // FastCGI keeps the connection.
        let mut space = [0; 1024];
        let mut answer = Vec::new();
        while !answer.windows(4).any(|bytes| bytes == b"late") {
            let read = within("the response", stream.read(&mut space)).await;
            let read = read.unwrap();
            assert!(read > 0, "{protocol}: {answer:?}");
            answer.extend_from_slice(&space[..read]);
        }
        drop(stream);
        server.stop().await;
    }
}

#[tokio::test]
async fn i3_a_body_that_stalls_fails_the_read() {
    for protocol in CgiProtocol::ALL {
        let server = start(*protocol, echo(), |server| server.body_read_timeout(SHORT)).await;
        let mut stream = server.connect().await;
        send_beginning(*protocol, &mut stream).await;
        if *protocol == CgiProtocol::FastCgi {
            let mut buffer = BytesMut::new();
            let head = receive_from(&mut stream, &mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&head.content);
            assert!(text.starts_with("Status: 400 "), "{text}");
            continue;
        }
        let answer = rest(&mut stream).await;
        let text = String::from_utf8_lossy(&answer);
        let (head, _) = text.split_once("\r\n").unwrap();
        assert!(head.ends_with(" 400 Bad Request"), "{protocol}: {text}");
        server.stop().await;
    }
}

#[tokio::test]
async fn l3_a_front_end_that_does_not_read_is_reset() {
    for protocol in CgiProtocol::ALL {
        let (log, mut seen) = reports();
        let server = start(*protocol, endless(log), |server| {
            server.write_timeout(SHORT)
        })
        .await;
        let mut stream = server.connect().await;
        send_beginning(*protocol, &mut stream).await;
        assert_eq!(seen.next().await, "dropped");
        // B8: what it reads afterwards does not look whole.
        let mut all = Vec::new();
        let read = within("the end", stream.read_to_end(&mut all)).await;
        let error = read.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{protocol}");
        server.stop().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn l3_a_front_end_that_does_not_read_is_left_on_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let server = CgiServer::bind_unix(CgiProtocol::FastCgi, &path).unwrap();
    let server = server.write_timeout(SHORT).shutdown_deadline(LONG);
    let (log, mut seen) = reports();
    let (stop, stopped) = oneshot::channel::<()>();
    let app = endless(log);
    let task = tokio::spawn(server.serve_until(app, async { drop(stopped.await) }));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    send_beginning(CgiProtocol::FastCgi, &mut stream).await;
    assert_eq!(seen.next().await, "dropped");
    assert!(!rest(&mut stream).await.is_empty());
    drop(stop);
    within("the end", task).await.unwrap().unwrap();
}

/// A whole request over FastCGI, which keeps the connection.
async fn ask(stream: &mut TcpStream, buffer: &mut BytesMut) {
    send_beginning(CgiProtocol::FastCgi, stream).await;
    send_to(stream, vec![record(5, 1, b"defghij"), record(5, 1, b"")]).await;
    let mut output = BytesMut::new();
    loop {
        match receive_from(stream, buffer).await.unwrap() {
            Record {
                kind: 6, content, ..
            } => output.extend_from_slice(&content),
            Record { kind: 3, .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(output.ends_with(b"\r\n\r\nabcdefghij"), "{output:?}");
}

#[tokio::test]
async fn a_kept_connection_without_a_request_ends() {
    let server = start(CgiProtocol::FastCgi, echo(), |server| {
        server.idle_timeout(SHORT)
    })
    .await;
    let (mut stream, mut buffer) = (server.connect().await, BytesMut::new());
    for _ in 0..2 {
        ask(&mut stream, &mut buffer).await;
    }
    assert!(receive_from(&mut stream, &mut buffer).await.is_none());
    server.stop().await;
}

#[tokio::test]
async fn a_second_request_has_the_time_of_a_head() {
    let server = start(CgiProtocol::FastCgi, echo(), |server| {
        server.header_read_timeout(SHORT)
    })
    .await;
    let (mut stream, mut buffer) = (server.connect().await, BytesMut::new());
    ask(&mut stream, &mut buffer).await;
    send_to(&mut stream, vec![begin(2, 1, true)]).await;
    assert!(receive_from(&mut stream, &mut buffer).await.is_none());
    server.stop().await;
}

#[tokio::test]
async fn l4_half_a_request_does_not_hold_the_end_up() {
    for (protocol, beginning) in BEGINNINGS {
        let server = start(protocol, echo(), |server| server).await;
        let mut stream = server.connect().await;
        stream.write_all(beginning).await.unwrap();
        // With the deadline of an hour, it is the grace that ends it.
        server.stop().await;
        assert!(rest(&mut stream).await.is_empty(), "{protocol}");
    }
}

#[tokio::test]
async fn l4_what_is_in_flight_at_the_deadline_is_cut() {
    for protocol in CgiProtocol::ALL {
        let (log, mut seen) = reports();
        let app = app_fn(move |mut environ: Environ, _: StartResponse| {
            let (log, closed) = (log.clone(), environ.closed());
            tokio::spawn(async move {
                let _ = log.send("called");
                closed.await;
                let _ = log.send("closed");
            });
            std::future::pending::<Result<Body, Error>>()
        });
        let server = start(*protocol, app, |server| server.shutdown_deadline(SHORT)).await;
        let mut stream = server.connect().await;
        send_beginning(*protocol, &mut stream).await;
        assert_eq!(seen.next().await, "called");
        server.stop().await;
        assert_eq!(seen.next().await, "closed");
        assert!(rest(&mut stream).await.is_empty(), "{protocol}");
    }
}
