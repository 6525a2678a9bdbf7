//! actix's own WebSocket, as an app.

use actix_web::{App, Error, HttpMessage as _, HttpRequest, HttpResponse, rt, web};
use actix_ws::Message;
use adapter_actix::{ActixApp, actix_app};
use futures_util::StreamExt as _;
use gateway_core::{Closing, Gateway, Input};
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
        // Over HTTP/2 the client has sent no key (RFC 8441 section 5).
        let accept = socket.response().header("sec-websocket-accept");
        assert_eq!(accept.is_some(), version == Version::HTTP_11);
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
async fn i1_a_handler_that_reads_the_body_of_an_offer_finds_it_empty() {
    let app = actix_app(|| {
        App::new().route(
            "/",
            web::get().to(async |body: web::Bytes| format!("{} bytes", body.len())),
        )
    });
    let response = Client::new(app.workers(1)).websocket("/").send().await;
    response.assert_status(200).assert_text("0 bytes").await;
}

#[tokio::test]
async fn u12_a_handler_is_told_that_the_server_shuts_down() {
    async fn wait(request: HttpRequest) -> &'static str {
        let closing = request.extensions_mut().remove::<Closing>();
        closing.unwrap().await;
        "closing"
    }
    let app = actix_app(|| App::new().route("/", web::get().to(wait)));
    let gateway = Gateway::new(app.workers(1));
    let signal = gateway.shutdown_signal();
    let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
    let handled = gateway.handle(gateway.environ(parts, Input::empty()));
    signal.begin();
    assert_eq!(handled.await.status(), 200);
}

#[tokio::test]
async fn u1_an_offer_may_be_declined() {
    let (app, _ended) = app();
    let client = Client::new(app);
    client.websocket("/none").send().await.assert_status(404);
    // Without an offer actix's handshake refuses it.
    client.get("/ws").send().await.assert_status(400);
}
