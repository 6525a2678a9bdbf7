//! A client that offers WebSocket, and then sends and reads bytes; and apps that switch.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::{App, Body, Duplex, Environ, Error, view};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::server::Server;

/// Longer than any machine needs.
pub(crate) const WAIT: Duration = Duration::from_secs(20);

/// What a client sends to offer WebSocket.
pub(crate) const OFFER: &str = "GET /chat HTTP/1.1\r\nhost: a.example\r\nconnection: keep-alive, \
                                Upgrade\r\nupgrade: websocket\r\n\r\n";

/// What this resolves to; it fails where that takes too long.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(WAIT, future).await.unwrap()
}

/// Waits until something is so.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    soon(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// A connection, byte by byte.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// A client whose offer was taken.
    pub(crate) async fn switched(server: &Server) -> Self {
        let mut client = Self::connect(server.address).await;
        client.send(OFFER).await;
        let head = client.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        client
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    /// The head of a response, and no byte more.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(self.0.read_u8()).await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) async fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let mut read = vec![0; bytes.as_ref().len()];
        soon(self.0.read_exact(&mut read)).await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&read),
            String::from_utf8_lossy(bytes.as_ref())
        );
    }

    /// What comes until the server closes, also by a reset.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // What was read before a reset is there.
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        String::from_utf8(rest).unwrap()
    }

    pub(crate) async fn half_close(&mut self) {
        soon(self.0.shutdown()).await.unwrap();
    }

    /// Vanishes: the server's socket is reset.
    pub(crate) fn reset(self) {
        self.0.set_zero_linger().unwrap();
    }
}

/// Serves an app that switches.
pub(crate) fn serve<F, Fut>(run: F) -> Server
where
    F: Fn(Duplex) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    Server::of(Arc::new(switching(run)))
}

/// An app that switches.
pub(crate) fn switching<F, Fut>(run: F) -> impl App
where
    F: Fn(Duplex) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    view(move |_: Environ| {
        let run = run.clone();
        async move { Body::upgrade("websocket", run) }
    })
}

/// Sends back what comes.
pub(crate) async fn echo(mut stream: Duplex) -> Result<(), Error> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..read]).await?;
    }
}

/// Tells when it is dropped.
pub(crate) struct Dropped(pub(crate) mpsc::UnboundedSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}
