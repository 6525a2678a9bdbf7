//! `cargo run -p examples --features websockets --bin axum_chat_in_actix`: a chat of axum's inside actix-web.
//!
//! The router is axum's alone: `WebSocketUpgrade`, `State` and tokio's `broadcast`. It knows nothing of
//! actix or of the gateway. `--alone` serves it with axum. The first message of a guest is their name.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, rt, web};
use adapter_actix::mount;
use adapter_tower::tower_app;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use clap::Parser;
use examples::arguments::{listen, run};
use futures_util::{SinkExt, StreamExt};
use gateway_core::BoxError;
use tokio::sync::broadcast::{self, Sender, error::RecvError};

/// Serves axum's chat at /chat/ws of an actix-web server.
#[derive(Debug, Parser)]
#[command(name = "axum_chat_in_actix", version)]
struct Args {
    /// Serve the router with axum, at /ws
    #[arg(long)]
    alone: bool,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
}

/// The chat, as anybody writes it for axum.
fn chat() -> Router {
    let said = broadcast::channel::<Utf8Bytes>(100).0;
    Router::new().route("/ws", any(join)).with_state(said)
}

async fn join(upgrade: WebSocketUpgrade, State(said): State<Sender<Utf8Bytes>>) -> Response {
    upgrade.on_upgrade(|socket| guest(socket, said))
}

async fn guest(socket: WebSocket, said: Sender<Utf8Bytes>) {
    let (mut to, mut from) = socket.split();
    let Some(Ok(Message::Text(name))) = from.next().await else {
        return;
    };
    let mut heard = said.subscribe();
    // There is a listener: this guest.
    let _ = said.send(format!("{name} has joined").into());
    loop {
        tokio::select! {
            message = from.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = said.send(format!("{name}: {text}").into());
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            line = heard.recv() => match line {
                Ok(line) => {
                    if to.send(Message::Text(line)).await.is_err() {
                        break;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
        }
    }
    let _ = said.send(format!("{name} has left").into());
}

async fn in_actix(listener: TcpListener) -> Result<(), BoxError> {
    let chat = Arc::new(tower_app(chat()));
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(async || "actix's own page\n"))
            .service(mount("/chat", chat.clone()))
    });
    // Small messages are sent at once. A client that waits for the end of the connection after its Close
    // waits this long.
    let server = server
        .workers(2)
        .tcp_nodelay(true)
        .client_disconnect_timeout(Duration::from_millis(500));
    server.listen(listener)?.run().await?;
    Ok(())
}

fn main() -> ExitCode {
    run(|args: Args| {
        let listener = listen(args.bind)?;
        if args.alone {
            return Ok(examples::stack::tower(listener, chat())?);
        }
        rt::System::new().block_on(in_actix(listener))
    })
}
