//! actix's own WebSocket, as an app.

use actix_web::{App, Error, HttpRequest, HttpResponse, rt, web};
use actix_ws::Message;
use adapter_actix::{ActixApp, actix_app};
use futures_util::StreamExt as _;
use gateway_testing::{Client, Received};
use http::Version;
use tokio::sync::mpsc;

async fn echo(
    request: HttpRequest,
    body: web::Payload,
    ended: web::Data<mpsc::UnboundedSender<&'static str>>,
) -> Result<HttpResponse, Error> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    rt::spawn(async move {
        while let Some(Ok(message)) = messages.next().await {
            let sent = match message {
                Message::Text(text) => session.text(text).await,
                Message::Binary(bytes) => session.binary(bytes).await,
                Message::Ping(bytes) => session.pong(&bytes).await,
                Message::Close(reason) => {
                    let _ = session.close(reason).await;
                    let _ = ended.send("closed");
                    return;
                }
                _ => Ok(()),
            };
            if sent.is_err() {
                break;
            }
        }
        let _ = ended.send("gone");
    });
    Ok(response)
}

fn app() -> (ActixApp, mpsc::UnboundedReceiver<&'static str>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let app = actix_app(move || {
        App::new()
            .app_data(web::Data::new(sender.clone()))
            .route("/ws", web::get().to(echo))
    });
    (app.workers(1), receiver)
}

#[tokio::test]
async fn u13_messages_go_both_ways_on_each_version() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let (app, mut ended) = app();
        let client = Client::new(app).version(version);
        let mut socket = client.websocket("/ws").connect().await;
        socket.send_text("hello").await;
        assert_eq!(socket.recv_text().await, "hello");
        let large = vec![7; 60_000];
        socket.send_binary(large.clone()).await;
        assert_eq!(socket.recv_binary().await, large);
        socket.close(4000, "done").await;
        assert_eq!(
            socket.recv().await,
            Received::Close(4000, "done".to_owned())
        );
        assert_eq!(ended.recv().await, Some("closed"));
    }
}

#[tokio::test]
async fn u8_a_client_that_leaves_ends_the_applications_messages() {
    let (app, mut ended) = app();
    let mut socket = Client::new(app).websocket("/ws").connect().await;
    socket.send_text("hello").await;
    assert_eq!(socket.recv_text().await, "hello");
    drop(socket);
    assert_eq!(ended.recv().await, Some("gone"));
}

#[tokio::test]
async fn u1_an_offer_may_be_declined() {
    let (app, _ended) = app();
    let client = Client::new(app);
    client.websocket("/none").send().await.assert_status(404);
    // A handshake without its version is refused by actix itself.
    client.get("/ws").send().await.assert_status(400);
}
