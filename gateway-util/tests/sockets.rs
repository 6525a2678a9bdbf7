//! What only a connection shows: early answers to uploads, events as they come, clients that go.
#![cfg(feature = "multipart")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use adapter_hyper::Server;
use futures_util::Stream;
use gateway_core::{App, Environ, HttpError, view};
use gateway_util::{EnvironExt, Event, EventStream, FormLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

async fn serve(app: impl App) -> std::io::Result<SocketAddr> {
    let server = Server::bind("127.0.0.1:0").await?;
    let addr = server.local_addr().ok_or(std::io::ErrorKind::Unsupported)?;
    tokio::spawn(server.serve_until(app, std::future::pending()));
    Ok(addr)
}

async fn upload(mut environ: Environ) -> Result<String, HttpError> {
    let form = environ.form(FormLimits::default()).await?;
    Ok(form.fields().len().to_string())
}

const PART: &str = "--XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";

#[tokio::test]
async fn i4_an_upload_that_declares_1_gib_is_refused_before_it_is_sent() {
    let addr = serve(view(upload)).await.unwrap();
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=XX\r\n\
                content-length: 1073741824\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // Nothing of the body is sent.
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn an_upload_without_end_is_refused_near_the_limit() {
    let addr = serve(view(upload)).await.unwrap();
    let (mut read, mut write) = TcpStream::connect(addr).await.unwrap().into_split();
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=XX\r\n\
                transfer-encoding: chunked\r\n\r\n";
    write.write_all(head.as_bytes()).await.unwrap();
    let writing = tokio::spawn(async move {
        let part = format!("{:x}\r\n{PART}\r\n", PART.len());
        let mut chunk = format!("{:x}\r\n", 64 * 1024).into_bytes();
        chunk.resize(chunk.len() + 64 * 1024, b'x');
        chunk.extend_from_slice(b"\r\n");
        let mut sent = 0_u64;
        if write.write_all(part.as_bytes()).await.is_ok() {
            // 1 GiB, unless the server ends it.
            while sent < 1 << 30 && write.write_all(&chunk).await.is_ok() {
                sent += 64 * 1024;
            }
        }
        sent
    });
    let mut answer = [0; 12];
    read.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    drop(read);
    // What lies between is in the buffers of the two sockets, and what the server drains.
    let sent = writing.await.unwrap();
    assert!(sent < 128 << 20, "{sent} bytes were sent");
}

#[tokio::test]
async fn i5_a_connection_goes_on_after_a_chunked_upload() {
    let addr = serve(view(upload)).await.unwrap();
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=XX\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let request = format!("{head}6\r\n--XX--\r\n2\r\n\r\n\r\n1\r\ne\r\n0\r\n\r\n");
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n0") {
            let read = stream.read_buf(&mut seen).await.unwrap();
            assert_ne!(read, 0, "closed: {}", String::from_utf8_lossy(&seen));
        }
        assert!(seen.starts_with(b"HTTP/1.1 200"));
    }
}

/// One event, then nothing, and a word when it is dropped.
struct Once {
    event: Option<Event>,
    _gone: oneshot::Sender<Infallible>,
}

impl Stream for Once {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.event.take() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn l3_events_arrive_as_they_come_and_end_with_the_client() {
    let (gone, is_gone) = oneshot::channel();
    let events = Mutex::new(Some(Once {
        event: Some(Event::data("first")),
        _gone: gone,
    }));
    let app = view(move |_| {
        let events = events.lock().ok().and_then(|mut events| events.take());
        async move { events.map(EventStream::new) }
    });
    let addr = serve(app).await.unwrap();
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"data: first\n\n\r\n") {
        assert_ne!(
            stream.read_buf(&mut seen).await.unwrap(),
            0,
            "closed too early"
        );
    }
    let head = String::from_utf8_lossy(&seen);
    assert!(
        head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    drop(stream);
    // The other half is dropped with the stream: nothing is ever sent.
    assert!(is_gone.await.is_err());
}
