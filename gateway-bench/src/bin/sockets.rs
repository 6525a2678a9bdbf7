//! `sockets STACK VARIANT`: a WebSocket echo over sockets, on one thread, until SIGTERM.
//!
//! `gateway` is the helper of `gateway-util` in an app. `native` is what its users would write by hand:
//! `tokio-tungstenite` over hyper's upgrade, and `actix-ws`, each with its own settings. `tuned` is
//! `tokio-tungstenite` with the buffers that the helper gives it. It prints its address.

use std::convert::Infallible;
use std::error::Error;

use actix_web::{App, HttpRequest, HttpServer, web};
use adapter_hyper::HyperService;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use gateway_core::{Environ, HttpError, Response as AppResponse, view};
use gateway_util::websocket;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

const USAGE: &str = "usage: sockets hyper native|tuned|gateway\n\
                     or:    sockets actix native|gateway";

type BoxError = Box<dyn Error + Send + Sync>;

/// The app.
async fn echo(environ: Environ) -> Result<AppResponse, HttpError> {
    websocket::accept(&environ)?.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

/// By hand on hyper.
async fn by_hand(
    mut request: Request<Incoming>,
    config: WebSocketConfig,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else {
            return;
        };
        let io = TokioIo::new(upgraded);
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        while let Some(Ok(message)) = socket.next().await {
            let is_data = message.is_text() || message.is_binary();
            if is_data && socket.send(message).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = accepted(request.headers());
    Ok(response)
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

/// By hand on actix.
async fn by_hand_on_actix(
    request: HttpRequest,
    body: web::Payload,
) -> actix_web::Result<actix_web::HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            let sent = match message {
                actix_ws::Message::Text(text) => session.text(text).await,
                actix_ws::Message::Binary(bytes) => session.binary(bytes).await,
                actix_ws::Message::Ping(bytes) => session.pong(&bytes).await,
                actix_ws::Message::Close(reason) => {
                    let _ = session.close(reason).await;
                    return;
                }
                _ => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

async fn hyper<S, B>(listener: TcpListener, service: S) -> Result<(), BoxError>
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

async fn serve(listener: TcpListener, stack: &str, variant: &str) -> Result<(), BoxError> {
    let config = match variant {
        "tuned" => WebSocketConfig::default()
            .read_buffer_size(4 << 10)
            .write_buffer_size(0),
        _ => WebSocketConfig::default(),
    };
    match (stack, variant) {
        ("hyper", "native" | "tuned") => {
            hyper(
                listener,
                service_fn(move |request| by_hand(request, config)),
            )
            .await
        }
        ("hyper", "gateway") => {
            let service = HyperService::new(view(echo)).with_upgrades(TokioExecutor::new());
            hyper(listener, service.unboxed()).await
        }
        _ => Err(USAGE.into()),
    }
}

fn on_actix(variant: &str) -> Result<(), BoxError> {
    let is_native = variant == "native";
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || match is_native {
            true => App::new().default_service(web::to(by_hand_on_actix)),
            false => App::new().default_service(adapter_actix::service(view(echo))),
        });
        let server = server
            .workers(1)
            .tcp_nodelay(true)
            .backlog(1024)
            .bind("127.0.0.1:0")?;
        if let Some(address) = server.addrs().first() {
            println!("{address}");
        }
        Ok(server.run().await?)
    })
}

fn main() -> Result<(), BoxError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (stack, variant) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["actix", variant @ ("native" | "gateway")] => return on_actix(variant),
        ["hyper", variant @ ("native" | "tuned" | "gateway")] => ("hyper", variant),
        _ => return Err(USAGE.into()),
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            served = serve(listener, stack, variant) => served,
            _ = terminate.recv() => Ok(()),
        }
    })
}
