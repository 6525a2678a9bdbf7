//! The echoes on actix-web.

use std::convert::Infallible;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result as ActixResult, web};
use futures_util::{StreamExt, stream};
use gateway_core::view;
use tokio::sync::mpsc;

use crate::{BoxError, Kind, apps};

pub(crate) fn run(is_native: bool, kind: Kind) -> Result<(), BoxError> {
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || match (is_native, kind) {
            (true, Kind::Websocket) => App::new().default_service(web::to(messages)),
            (true, Kind::Bytes) => App::new().default_service(web::to(bytes)),
            (false, Kind::Websocket) => {
                App::new().default_service(adapter_actix::service(view(apps::messages)))
            }
            (false, Kind::Bytes) => {
                App::new().default_service(adapter_actix::service(view(apps::bytes)))
            }
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

async fn messages(request: HttpRequest, body: web::Payload) -> ActixResult<HttpResponse> {
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

/// With a task and a channel, as `actix-ws` does it: what answers may also speak first. The body alone
/// could be the payload, but only for an echo.
async fn bytes(mut payload: web::Payload) -> HttpResponse {
    let (sender, mut receiver) = mpsc::channel(32);
    actix_web::rt::spawn(async move {
        while let Some(Ok(bytes)) = payload.next().await {
            if sender.send(Ok::<_, Infallible>(bytes)).await.is_err() {
                return;
            }
        }
    });
    HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS)
        .upgrade("websocket")
        .streaming(stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}
