//! FastCGI over a stream: what a front end sends, and what it gets back.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

mod support;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use adapter_cgi::{CgiProtocol, CgiService};
use bytes::BytesMut;
use gateway_core::{App, Body, Environ, Error, StartResponse, app_fn, view, view_with};
use support::{Connection, Record, begin, params, record, reports, send_to, within};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

const ABORT: u8 = 2;
const END: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;
const GET_VALUES: u8 = 9;
const GET_VALUES_RESULT: u8 = 10;

fn echo() -> impl App {
    view(async |mut environ: Environ| environ.take_input().text(1 << 20).await)
}

fn request(id: u16, keep: bool, body: &[u8]) -> Vec<Record> {
    let length = body.len().to_string();
    vec![
        begin(id, 1, keep),
        record(
            PARAMS,
            id,
            &params(&[
                ("REQUEST_METHOD", "POST"),
                ("REQUEST_URI", "/"),
                ("SERVER_PROTOCOL", "HTTP/1.1"),
                ("HTTP_HOST", "a.example"),
                ("CONTENT_LENGTH", &length),
            ]),
        ),
        record(PARAMS, id, b""),
        record(STDIN, id, body),
        record(STDIN, id, b""),
    ]
}

/// The output of a request, and the application and protocol status of its end.
async fn answer(connection: &mut Connection, id: u16) -> (String, Vec<u8>) {
    let mut output = BytesMut::new();
    loop {
        let record = connection.receive().await.expect("a record");
        assert_eq!(record.id, id);
        match record.kind {
            STDOUT => output.extend_from_slice(&record.content),
            END => {
                let output = String::from_utf8(output.to_vec()).unwrap();
                return (output, record.content.to_vec());
            }
            other => panic!("a record of type {other}"),
        }
    }
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let mut connection = Connection::open(CgiService::new(echo()), CgiProtocol::FastCgi);
    for (id, body) in [(1, "first"), (7, "second")] {
        connection.send(request(id, true, body.as_bytes())).await;
        let (output, end) = answer(&mut connection, id).await;
        assert!(output.starts_with("Status: 200 OK\r\n"), "{output}");
        assert!(output.ends_with(&format!("\r\n\r\n{body}")), "{output}");
        assert_eq!(end, [0; 8]);
    }
    connection.send(request(2, false, b"last")).await;
    answer(&mut connection, 2).await;
    assert!(connection.receive().await.is_none(), "it is not kept");
}

/// The far end of a connection: the bytes of a request, and a count of the writes of its response.
struct Counted {
    request: io::Cursor<Vec<u8>>,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.request).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_response_that_is_known_to_its_end_is_one_write() {
    for (body, expected) in [("", 1), ("short", 1), (&*"x".repeat(70_000), 2)] {
        let writes = Arc::new(AtomicUsize::new(0));
        let app = view_with(body.to_owned(), async |body, _: Environ| Body::from(body));
        let mut records = Vec::new();
        send_to(&mut records, request(1, false, b"")).await;
        let connection = Counted {
            request: io::Cursor::new(records),
            writes: writes.clone(),
        };
        let service = CgiService::new(app);
        service
            .serve_connection(CgiProtocol::FastCgi, connection)
            .await
            .unwrap();
        assert_eq!(writes.load(Ordering::Relaxed), expected);
    }
}

#[tokio::test]
async fn b8_an_error_in_mid_stream_is_no_end() {
    let app = view(async |_| {
        Body::from_stream(futures_util::stream::iter([
            Ok("some"),
            Err(std::io::Error::other("broken")),
        ]))
    });
    let mut connection = Connection::open(CgiService::new(app), CgiProtocol::FastCgi);
    connection.send(request(1, true, b"")).await;
    let head = connection.receive().await.unwrap();
    assert!(head.content.starts_with(b"Status: 200 OK\r\n"));
    let chunk = connection.receive().await.unwrap();
    assert_eq!((chunk.kind, &chunk.content[..]), (STDOUT, &b"some"[..]));
    let log = connection.receive().await.unwrap();
    assert_eq!(log.kind, STDERR);
    assert!(
        !log.content.windows(6).any(|text| text == b"broken"),
        "B8: nothing of the cause"
    );
    let rest = connection.rest().await;
    assert_eq!(rest, [0; 8], "a record of no version");
    let ended = connection.ended().await.unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionAborted);
}

/// An app that waits until its client leaves, and tells of it.
fn waiting(sender: tokio::sync::mpsc::UnboundedSender<&'static str>) -> impl App {
    app_fn(move |mut environ: Environ, start: StartResponse| {
        let sender = sender.clone();
        async move {
            let closed = environ.closed();
            tokio::spawn({
                let sender = sender.clone();
                async move {
                    closed.await;
                    let _ = sender.send("closed");
                }
            });
            let mut input = environ.take_input();
            tokio::spawn(async move {
                while let Ok(Some(_)) = input.chunk().await {}
                let cut = input.chunk().await.is_err();
                let _ = sender.send(if cut { "input cut" } else { "input whole" });
            });
            start.start(200, [("content-type", "text/plain")])?;
            std::future::pending::<Result<Body, Error>>().await
        }
    })
}

#[tokio::test]
async fn l3_an_abort_is_a_client_that_left_and_the_connection_goes_on() {
    let (sender, mut told) = reports();
    let mut connection = Connection::open(CgiService::new(waiting(sender)), CgiProtocol::FastCgi);
    let mut sent = request(1, true, b"abc");
    sent.pop();
    connection.send(sent).await;
    connection.send(vec![record(ABORT, 1, b"")]).await;
    let (output, end) = answer(&mut connection, 1).await;
    assert_eq!((output.as_str(), end), ("", vec![0, 0, 0, 1, 0, 0, 0, 0]));
    let mut seen = [told.next().await, told.next().await];
    seen.sort_unstable();
    assert_eq!(seen, ["closed", "input cut"]);
    connection
        .send(vec![record(
            GET_VALUES,
            0,
            &params(&[("FCGI_MPXS_CONNS", "")]),
        )])
        .await;
    let values = connection.receive().await.unwrap();
    assert_eq!(values.kind, GET_VALUES_RESULT);
    assert_eq!(&values.content[..], b"\x0f\x01FCGI_MPXS_CONNS0");
}

#[tokio::test]
async fn l3_a_front_end_that_closes_has_left() {
    for protocol in [CgiProtocol::FastCgi, CgiProtocol::Scgi, CgiProtocol::Uwsgi] {
        let (sender, mut told) = reports();
        let mut connection = Connection::open(CgiService::new(waiting(sender)), protocol);
        match protocol {
            CgiProtocol::FastCgi => {
                let mut sent = request(1, true, b"abc");
                sent.pop();
                connection.send(sent).await;
            }
            CgiProtocol::Uwsgi => {
                let head = b"\0\x3a\0\0\x0e\0CONTENT_LENGTH\x02\x0027\x0e\0REQUEST_METHOD\x04\0POST\x0b\0REQUEST_URI\x01\0/What";
                connection.write(head).await;
            }
            _ => {
                let head = b"70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What";
                connection.write(head).await;
            }
        }
        drop(connection.stream);
        let mut seen = [told.next().await, told.next().await];
        seen.sort_unstable();
        assert_eq!(seen, ["closed", "input cut"], "{protocol}");
    }
}

#[tokio::test]
async fn a_second_request_at_a_time_and_another_role_are_refused() {
    let (sender, _told) = reports();
    let mut connection = Connection::open(CgiService::new(waiting(sender)), CgiProtocol::FastCgi);
    connection.send(request(1, true, b"")).await;
    connection.send(vec![begin(2, 1, true)]).await;
    let refused = connection.receive().await.unwrap();
    assert_eq!((refused.kind, refused.id, refused.content[4]), (END, 2, 1));
    connection.send(vec![record(ABORT, 1, b"")]).await;
    answer(&mut connection, 1).await;
    connection.send(vec![begin(3, 2, true)]).await;
    let refused = connection.receive().await.unwrap();
    assert_eq!((refused.kind, refused.id, refused.content[4]), (END, 3, 3));
}

#[tokio::test]
async fn a_request_beyond_the_limits_is_a_431() {
    let service = CgiService::new(echo()).max_head_bytes(50);
    let mut connection = Connection::open(service, CgiProtocol::FastCgi);
    connection.send(request(1, true, b"x")).await;
    let (output, _) = answer(&mut connection, 1).await;
    assert!(output.starts_with("Status: 431 "), "{output}");
    let service = CgiService::new(echo()).max_variables(1);
    let mut connection = Connection::open(service, CgiProtocol::Uwsgi);
    connection
        .write(b"\0\x0c\0\0\x01\0A\x01\0B\x01\0C\x01\0D")
        .await;
    let mut output = String::new();
    connection.stream.read_to_string(&mut output).await.unwrap();
    assert!(output.starts_with("HTTP/1.1 431 "), "{output}");
}

#[tokio::test]
async fn what_is_not_of_the_protocol_ends_the_connection() {
    for (protocol, bytes) in [
        (CgiProtocol::FastCgi, &b"GET / HTTP/1.1\r\n\r\n"[..]),
        (CgiProtocol::Scgi, b"GET / HTTP/1.1\r\n\r\n"),
        (CgiProtocol::Uwsgi, b"GET / HTTP/1.1\r\n\r\n"),
    ] {
        let mut connection = Connection::open(CgiService::new(echo()), protocol);
        connection.write(bytes).await;
        let ended = connection.ended().await.unwrap_err();
        assert_eq!(ended.kind(), std::io::ErrorKind::InvalidData, "{protocol}");
    }
}

/// B3, and the memory of a connection: 64 MiB go through in both directions, and the app has never more
/// than a chunk in hand.
#[tokio::test]
async fn b3_a_large_body_is_streamed_in_both_directions() {
    const MIB: usize = 1 << 20;
    let app = app_fn(async |mut environ: Environ, start: StartResponse| {
        start.start(200, [("content-type", "text/plain")])?;
        let input = environ.take_input();
        Ok::<Body, Error>(Body::new(input))
    });
    let connection = Connection::open(CgiService::new(app), CgiProtocol::FastCgi);
    let (mut reader, mut writer) = tokio::io::split(connection.stream);
    let sending = async {
        let mut sent = request(1, false, b"");
        sent.truncate(3);
        sent[1] = record(
            PARAMS,
            1,
            &params(&[
                ("REQUEST_METHOD", "PUT"),
                ("REQUEST_URI", "/"),
                ("HTTP_TRANSFER_ENCODING", "chunked"),
                ("SERVER_PROTOCOL", "HTTP/1.1"),
                ("HTTP_HOST", "a"),
            ]),
        );
        support::send_to(&mut writer, sent).await;
        for _ in 0..64 * 32 {
            support::send_to(&mut writer, vec![record(STDIN, 1, &[b'x'; MIB / 32])]).await;
        }
        support::send_to(&mut writer, vec![record(STDIN, 1, b"")]).await;
    };
    let receiving = async {
        let (mut length, mut buffer) = (0, BytesMut::new());
        loop {
            match support::receive_from(&mut reader, &mut buffer)
                .await
                .unwrap()
            {
                Record {
                    kind: STDOUT,
                    content,
                    ..
                } => length += content.len(),
                Record { kind: END, .. } => return length,
                other => panic!("{other:?}"),
            }
        }
    };
    let ((), length) = within("64 MiB", async { tokio::join!(sending, receiving) }).await;
    assert!((64 * MIB..64 * MIB + 1000).contains(&length), "{length}");
}
