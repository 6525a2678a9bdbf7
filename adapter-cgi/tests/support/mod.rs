//! A front end of the tests: one connection to a service, and FastCGI's records.
#![allow(
    dead_code,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests, of which each file uses a part"
)]

use std::io;
use std::time::Duration;

use adapter_cgi::{CgiProtocol, CgiService};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use gateway_core::{App, Body, Environ, Error, StartResponse, app_fn};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Waits for what has to happen; on a machine that is slow, too.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

/// Gives bytes without end, and tells when its body is dropped.
pub(crate) fn endless(log: mpsc::UnboundedSender<&'static str>) -> impl App {
    app_fn(move |_: Environ, start: StartResponse| {
        let log = log.clone();
        async move {
            start.start(200, [("content-type", "text/plain")])?;
            let body = Body::from_chunks(std::iter::repeat_with(|| vec![b'x'; 64 * 1024]));
            Ok::<Body, Error>(body.on_close(move || {
                let _ = log.send("dropped");
            }))
        }
    })
}

/// What an app tells its test.
pub(crate) struct Reports<T>(mpsc::UnboundedReceiver<T>);

pub(crate) fn reports<T>() -> (mpsc::UnboundedSender<T>, Reports<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Reports(receiver))
}

impl<T> Reports<T> {
    pub(crate) async fn next(&mut self) -> T {
        within("a report", self.0.recv()).await.unwrap()
    }
}

/// A record, by its parts.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) kind: u8,
    pub(crate) id: u16,
    pub(crate) content: Bytes,
}

pub(crate) fn record(kind: u8, id: u16, content: &[u8]) -> Record {
    let content = Bytes::copy_from_slice(content);
    Record { kind, id, content }
}

pub(crate) fn begin(id: u16, role: u8, keep: bool) -> Record {
    record(1, id, &[0, role, u8::from(keep), 0, 0, 0, 0, 0])
}

/// Name-value pairs.
pub(crate) fn params(pairs: &[(&str, &str)]) -> BytesMut {
    let mut out = BytesMut::new();
    for (name, value) in pairs {
        out.put_u8(u8::try_from(name.len()).unwrap());
        out.put_u32(u32::try_from(value.len()).unwrap() | 1 << 31);
        out.put_slice(name.as_bytes());
        out.put_slice(value.as_bytes());
    }
    out
}

pub(crate) async fn send_to(writer: &mut (impl AsyncWrite + Unpin), records: Vec<Record>) {
    let mut out = BytesMut::new();
    for record in records {
        out.put_slice(&[1, record.kind]);
        out.put_u16(record.id);
        out.put_u16(u16::try_from(record.content.len()).unwrap());
        // As padded as can be.
        out.put_slice(&[255, 0]);
        out.put_slice(&record.content);
        out.put_bytes(b'?', 255);
    }
    within("a write", writer.write_all(&out)).await.unwrap();
}

/// The next record; `None` at the end.
pub(crate) async fn receive_from(
    reader: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> Option<Record> {
    loop {
        if let Some(header) = buffer.first_chunk::<8>().copied() {
            assert_eq!(header[0], 1, "the version");
            let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
            let padding = usize::from(header[6]);
            if buffer.len() >= 8 + length + padding {
                buffer.advance(8);
                let content = buffer.split_to(length).freeze();
                buffer.advance(padding);
                return Some(Record {
                    kind: header[1],
                    id: u16::from_be_bytes([header[2], header[3]]),
                    content,
                });
            }
        }
        if within("a record", reader.read_buf(buffer)).await.unwrap() == 0 {
            assert!(buffer.is_empty(), "half a record");
            return None;
        }
    }
}

/// A connection to a service that runs beside the test.
pub(crate) struct Connection {
    pub(crate) stream: DuplexStream,
    buffer: BytesMut,
    task: JoinHandle<io::Result<()>>,
}

impl Connection {
    pub(crate) fn open<A: App>(service: CgiService<A>, protocol: CgiProtocol) -> Self {
        let (stream, other) = tokio::io::duplex(64 * 1024);
        let task = tokio::spawn(async move { service.serve_connection(protocol, other).await });
        Self {
            stream,
            buffer: BytesMut::new(),
            task,
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within("a write", self.stream.write_all(bytes))
            .await
            .unwrap();
    }

    pub(crate) async fn send(&mut self, records: Vec<Record>) {
        send_to(&mut self.stream, records).await;
    }

    pub(crate) async fn receive(&mut self) -> Option<Record> {
        receive_from(&mut self.stream, &mut self.buffer).await
    }

    /// What comes up to the end, be it records or not.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = self.buffer.split().to_vec();
        within("the end", self.stream.read_to_end(&mut rest))
            .await
            .unwrap();
        rest
    }

    /// How the service has ended.
    pub(crate) async fn ended(self) -> io::Result<()> {
        drop(self.stream);
        within("the end", self.task).await.unwrap()
    }
}
