//! What the tests share: a server on a port of its own, and waiting with an end.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use adapter_hyper::Server;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, http1, http2};
use gateway_core::App;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A server that runs until it is told to stop.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

pub(crate) async fn start<A: App>(app: A) -> Running {
    start_with(app, |server| server).await
}

pub(crate) async fn start_with<A: App>(
    app: A,
    configure: impl FnOnce(Server) -> Server,
) -> Running {
    let server = configure(Server::bind("127.0.0.1:0").await.unwrap());
    let addr = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.serve_until(app, async {
        let _ = stopped.await;
    }));
    Running {
        addr,
        stop: Some(stop),
        task,
    }
}

impl Running {
    /// Tells the server to end, and does not wait.
    pub(crate) fn tell(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the server has ended.
    pub(crate) async fn ended(self) {
        within("the end of the server", self.task)
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) async fn stop(mut self) {
        self.tell();
        self.ended().await;
    }
}

/// Waits for what has to happen; on a machine that is slow, too.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(20), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come"),
    }
}

/// What an app tells its test.
pub(crate) struct Reports<T>(mpsc::UnboundedReceiver<T>);

pub(crate) fn reports<T>() -> (mpsc::UnboundedSender<T>, Reports<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (sender, Reports(receiver))
}

impl<T> Reports<T> {
    pub(crate) async fn next(&mut self) -> T {
        within("a report", self.0.recv()).await.expect("a report")
    }

    /// What is left when everybody who could report is gone.
    pub(crate) async fn rest(mut self) -> Vec<T> {
        let mut rest = Vec::new();
        while let Some(report) = within("the end of the reports", self.0.recv()).await {
            rest.push(report);
        }
        rest
    }
}

/// Reports when it is dropped.
pub(crate) struct OnDrop(
    pub(crate) mpsc::UnboundedSender<&'static str>,
    pub(crate) &'static str,
);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

/// One request on a connection of its own, and a second one, `probe`, behind it: whatever the first
/// left on the wire shows there. Gives both answers.
pub(crate) async fn twice(
    addr: SocketAddr,
    protocol: Protocol,
    request: &WireRequest,
    probe: &WireRequest,
) -> (WireResponse, WireResponse) {
    match protocol {
        Protocol::Http1 => {
            let mut connection = http1::Http1Connection::open(addr).await.unwrap();
            let first = connection.request(request).await.unwrap();
            let second = connection.assert_in_step(probe).await.unwrap();
            (first, second)
        }
        Protocol::Http2 => {
            let mut connection = http2::Http2Connection::open(addr).await.unwrap();
            let first = connection.request(request).await.unwrap();
            connection.assert_clean(&first).await.unwrap();
            let second = connection.request(probe).await.unwrap();
            connection.assert_clean(&second).await.unwrap();
            (first, second)
        }
    }
}
