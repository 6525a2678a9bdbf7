//! An app and its client, over a pipe.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use gateway_core::lint::Lint;
use gateway_core::{
    BoxError, Duplex, Environ, Error, Gateway, HttpError, Input, ShutdownSignal, view,
};
use gateway_util::websocket::{Acceptor, Limits, WebSocket};
use http::Request;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

pub(crate) type TestResult<T = ()> = Result<T, BoxError>;

/// How much the pipe holds in each direction.
pub(crate) const PIPE: usize = 1024;

/// A client of tungstenite, and the server's side of its connection.
pub(crate) struct Peer {
    pub(crate) socket: WebSocketStream<DuplexStream>,
    /// Whether the host would end the connection, or abort it.
    pub(crate) running: JoinHandle<bool>,
    pub(crate) shutdown: ShutdownSignal,
}

/// Connects to an app, with the default limits.
pub(crate) async fn connect<F, Fut>(run: F) -> TestResult<Peer>
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    connect_with(Limits::default(), run).await
}

pub(crate) async fn connect_with<F, Fut>(limits: Limits, run: F) -> TestResult<Peer>
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (pipe, running, shutdown) = connect_raw(limits, run).await?;
    Ok(Peer {
        socket: WebSocketStream::from_raw_socket(pipe, Role::Client, None).await,
        running,
        shutdown,
    })
}

/// Connects with the bytes of the client's end.
pub(crate) async fn connect_raw<F, Fut>(
    limits: Limits,
    run: F,
) -> TestResult<(DuplexStream, JoinHandle<bool>, ShutdownSignal)>
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    connect_over(Duplex::from_tokio, limits, run).await
}

/// Connects with the bytes of the client's end. `host` makes the server's end.
pub(crate) async fn connect_over<F, Fut>(
    host: impl FnOnce(DuplexStream) -> Duplex,
    limits: Limits,
    run: F,
) -> TestResult<(DuplexStream, JoinHandle<bool>, ShutdownSignal)>
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    let run = Arc::new(Mutex::new(Some(run)));
    let app = view(move |environ: Environ| {
        let (run, limits) = (run.clone(), limits.clone());
        async move {
            let handshake = Acceptor::new().limits(limits).accept(&environ)?;
            let run = run.lock().ok().and_then(|mut run| run.take());
            let run = run.ok_or_else(HttpError::internal_server_error)?;
            handshake.run(run)
        }
    });
    // M2: the lint panics on a finding, which is a 500 that no test expects.
    let gateway = Gateway::new(Lint::new(app));
    let request = Request::get("/")
        .header("host", "a")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let (parts, ()) = request.body(())?.into_parts();
    let mut environ = gateway.environ(parts, Input::empty());
    environ.offer_upgrades(|_| true);
    let mut response = gateway.handle(environ).await;
    let upgrade = response.body_mut().take_upgrade();
    let upgrade = upgrade.ok_or_else(|| format!("{}", response.status()))?;
    let (client, server) = tokio::io::duplex(PIPE);
    let shutdown = gateway.shutdown_signal();
    let stream = host(server);
    let running = tokio::spawn(async move { upgrade.run(stream).await.is_ok() });
    Ok((client, running, shutdown))
}

impl Peer {
    pub(crate) async fn send(&mut self, message: impl Into<Message>) -> TestResult {
        Ok(self.socket.send(message.into()).await?)
    }

    /// The next message, a ping, a pong or a Close.
    pub(crate) async fn recv(&mut self) -> TestResult<Message> {
        Ok(self
            .socket
            .next()
            .await
            .ok_or("the connection has ended")??)
    }

    pub(crate) async fn recv_text(&mut self) -> TestResult<String> {
        Ok(self.recv().await?.into_text()?.as_str().to_owned())
    }

    /// Reads until the Close, whose code and reason it gives; then to the end of the connection.
    pub(crate) async fn closed(mut self) -> TestResult<(u16, String, bool)> {
        let close = loop {
            if let Message::Close(close) = self.recv().await? {
                break close;
            }
        };
        // The reply to the Close is sent at the next read.
        while let Some(Ok(_)) = self.socket.next().await {}
        drop(self.socket);
        let is_ended = self.running.await?;
        Ok(close.map_or((1005, String::new(), is_ended), |close| {
            (close.code.into(), close.reason.to_string(), is_ended)
        }))
    }
}

pub(crate) async fn echo(mut socket: WebSocket) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}
