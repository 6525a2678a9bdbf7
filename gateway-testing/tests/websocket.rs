//! The client for tests, with WebSocket.

#![expect(clippy::unwrap_used, reason = "these are helpers of tests")]

use gateway_core::{App, Body, Environ, Error, HttpError, Response, view};
use gateway_testing::{Client, Received};
use gateway_util::websocket::{Acceptor, WebSocket};
use http::Version;

fn app<Fut>(run: fn(WebSocket) -> Fut) -> impl App
where
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    view(move |environ: Environ| async move {
        let handshake = Acceptor::new().protocols(["b", "a"]).accept(&environ)?;
        Ok::<Response, HttpError>(handshake.run(run)?)
    })
}

async fn echo(mut socket: WebSocket) -> Result<(), Error> {
    while let Some(message) = socket.recv().await? {
        socket.send(message).await?;
    }
    Ok(())
}

#[tokio::test]
async fn messages_go_both_ways_on_each_version() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let client = Client::new(app(echo)).version(version);
        let mut socket = client.websocket("/").connect().await;
        assert_eq!(socket.protocol(), None);
        socket.send_text("{\"n\":1}").await;
        assert_eq!(socket.recv_json::<serde_json::Value>().await["n"], 1);
        socket.send_binary(vec![1, 2]).await;
        assert_eq!(socket.recv_binary().await, vec![1, 2]);
        socket.send_ping("there?").await;
        assert_eq!(socket.recv().await, Received::Pong("there?".into()));
        socket.close(4000, "done").await;
        assert_eq!(
            socket.recv().await,
            Received::Close(4000, "done".to_owned())
        );
        assert_eq!(socket.recv().await, Received::End);
    }
}

#[tokio::test]
async fn a_subprotocol_is_asked_for_by_its_header() {
    let client = Client::new(app(echo));
    let request = client
        .websocket("/")
        .header("sec-websocket-protocol", "a, b");
    let mut socket = request.connect().await;
    assert_eq!(socket.protocol(), Some("b"));
    assert_eq!(socket.response().status(), 101);
    socket.close(1000, "").await;
    socket.assert_closed(1000).await;
}

#[tokio::test]
async fn an_app_that_declines_is_asked_as_any_other() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let client = Client::new(app(echo))
            .version(version)
            .origin("https://shop.example");
        let foreign = client
            .websocket("/")
            .header("origin", "https://evil.example");
        foreign.send().await.assert_status(403);
        let own = client
            .websocket("/")
            .header("origin", "https://shop.example");
        own.connect().await.ended().await.unwrap_err();
        client.get("/").send().await.assert_status(426);
    }
}

#[tokio::test]
async fn the_end_of_the_app_is_seen() {
    let client = Client::new(app(|_| async { Err(Error::msg("the disk is full")) }));
    let mut socket = client.websocket("/").connect().await;
    assert_eq!(
        socket.recv().await,
        Received::Close(1011, "the app failed".to_owned())
    );
    assert_eq!(socket.recv().await, Received::End);
    let error = socket.ended().await.unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the disk is full"
    );
}

#[tokio::test]
#[should_panic(expected = "the disk is full")]
async fn a_failed_assertion_shows_the_apps_error() {
    let client = Client::new(app(|_| async { Err(Error::msg("the disk is full")) }));
    client
        .websocket("/")
        .connect()
        .await
        .assert_closed(1000)
        .await;
}

#[tokio::test]
#[should_panic(expected = "switches no protocol")]
async fn a_connection_that_is_declined_shows_the_answer() {
    let client = Client::new(view(async |_| ("not here", 404)));
    client.websocket("/").connect().await;
}

#[tokio::test]
#[should_panic(expected = "Sec-WebSocket-Accept")]
async fn a_wrong_answer_to_the_key_is_found() {
    let client = Client::new(view(async |_| Body::upgrade("websocket", async |_| Ok(()))));
    client.websocket("/").connect().await;
}

#[tokio::test]
#[should_panic(expected = "U7")]
async fn the_lint_is_on() {
    let client = Client::new(view(async |_| "no")).version(Version::HTTP_2);
    client.websocket("/").send().await;
}
