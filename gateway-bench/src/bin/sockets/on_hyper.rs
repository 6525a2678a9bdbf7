//! The echoes on hyper.

use std::convert::Infallible;

use adapter_hyper::HyperService;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use gateway_core::{App, view};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::{BUFFER, BoxError, Kind, apps};

pub(crate) fn run(variant: &str, kind: Kind) -> Result<(), BoxError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = serve(listener, variant, kind) => served,
            _ = terminate.recv() => Ok(()),
        }
    })
}

async fn serve(listener: TcpListener, variant: &str, kind: Kind) -> Result<(), BoxError> {
    match (variant, kind) {
        ("gateway", Kind::Websocket) => return mount(listener, view(apps::messages)).await,
        ("gateway", Kind::Bytes) => return mount(listener, view(apps::bytes)).await,
        _ => (),
    }
    let config = match variant {
        "tuned" => WebSocketConfig::default()
            .read_buffer_size(4 << 10)
            .write_buffer_size(0),
        _ => WebSocketConfig::default(),
    };
    let service = service_fn(move |request| by_hand(request, config, kind));
    accept(listener, service).await
}

async fn mount(listener: TcpListener, app: impl App) -> Result<(), BoxError> {
    let service = HyperService::new(app).with_upgrades(TokioExecutor::new());
    accept(listener, service.unboxed()).await
}

async fn accept<S, B>(listener: TcpListener, service: S) -> Result<(), BoxError>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let io = TokioIo::new(stream);
        let connection = http1::Builder::new().serve_connection(io, service.clone());
        // A client that leaves does not matter to the measurement.
        tokio::spawn(async { drop(connection.with_upgrades().await) });
    }
}

async fn by_hand(
    mut request: Request<Incoming>,
    config: WebSocketConfig,
    kind: Kind,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else {
            return;
        };
        let io = TokioIo::new(upgraded);
        match kind {
            Kind::Websocket => messages(io, config).await,
            Kind::Bytes => drop(copy(io).await),
        }
    });
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = accepted(request.headers());
    Ok(response)
}

async fn messages(io: TokioIo<Upgraded>, config: WebSocketConfig) {
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    while let Some(Ok(message)) = socket.next().await {
        let is_data = message.is_text() || message.is_binary();
        if is_data && socket.send(message).await.is_err() {
            return;
        }
    }
}

async fn copy(mut io: TokioIo<Upgraded>) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = io.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        io.write_all(&buffer[..read]).await?;
    }
}

fn accepted(request: &HeaderMap) -> HeaderMap {
    let key = request.get(header::SEC_WEBSOCKET_KEY);
    let accept = derive_accept_key(key.map_or(b"", |key| key.as_bytes()));
    let fields = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, &accept),
    ];
    let fields = fields.into_iter();
    fields
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
        .collect()
}
