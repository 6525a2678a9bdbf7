//! The server's listener: its queue at the end, and its workers.
#![cfg(feature = "server")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like a test"
)]

mod support;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use adapter_cgi::{CgiProtocol, CgiServer};
use gateway_core::{Environ, view};
use support::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than any test: an end before it is no cut.
const LONG: Duration = Duration::from_secs(3600);

/// A GET, as SCGI has it.
const GET: &[u8] =
    b"69:CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0REQUEST_URI\0/\0HTTP_HOST\0a\0,";

struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

async fn start(configure: impl FnOnce(CgiServer) -> CgiServer) -> Running {
    let server = CgiServer::bind(CgiProtocol::Scgi, "127.0.0.1:0")
        .await
        .unwrap();
    let server = configure(server.shutdown_deadline(LONG));
    let addr = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let app = view(async |_: Environ| format!("{:?}", std::thread::current().name()));
    let task = tokio::spawn(server.serve_until(app, async { drop(stopped.await) }));
    Running { addr, stop, task }
}

impl Running {
    async fn stop(self) {
        drop(self.stop);
        within("the end", self.task).await.unwrap().unwrap();
    }
}

async fn ask(mut stream: TcpStream) -> String {
    let mut response = String::new();
    within("a response", stream.read_to_string(&mut response))
        .await
        .unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("Status: 200"), "{head}");
    body.to_owned()
}

#[tokio::test]
async fn l4_who_waits_in_the_queue_is_answered() {
    let server = start(|server| server.max_connections(1)).await;
    // It holds the only place, and sends nothing.
    let idle = TcpStream::connect(server.addr).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(GET).await.unwrap();
        waiting.push(stream);
    }
    server.stop().await;
    for stream in waiting {
        assert!(!ask(stream).await.is_empty());
    }
    drop(idle);
}

#[tokio::test]
async fn every_worker_accepts() {
    let server = start(|server| server.workers(2)).await;
    let mut seen = HashSet::new();
    // Each connection goes to either. That one is never met in 2000 does not happen.
    for _ in 0..2000 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(GET).await.unwrap();
        seen.insert(ask(stream).await);
        if seen.len() == 2 {
            break;
        }
    }
    let expected = ["Some(\"gateway-0\")", "Some(\"gateway-1\")"];
    assert_eq!(seen, expected.map(str::to_owned).into());
    server.stop().await;
}
