//! The news.

use crate::support::{Site, post};
use gateway_testing::Received;
use serde_json::{Value, json};

#[tokio::test]
async fn everybody_who_listens_hears_of_a_post() {
    let site = Site::open();
    let ada = site.member("Ada").await;
    let (bob, cem) = (site.visitor(), site.visitor());
    let mut socket = bob.websocket("/live").connect().await;
    let mut events = cem.get("/live/events").send().await.assert_status(200);

    let path = post(&ada, &"\u{e4} & ".repeat(30)).await;
    let heard: Value = serde_json::from_str(&socket.recv_text().await).unwrap();
    let excerpt = format!("{}\u{2026}", "\u{e4} & ".repeat(20));
    assert_eq!(path, "/posts/1");
    assert_eq!(
        heard,
        json!({ "id": 1, "author": "Ada", "excerpt": excerpt })
    );
    let event = events.chunk().await.unwrap().unwrap();
    assert_eq!(event, format!("data: {heard}\n\n"));

    post(&ada, "short").await;
    assert!(socket.recv_text().await.contains("\"excerpt\":\"short\""));

    // The socket of somebody who leaves is closed, and the others go on.
    socket.close(1000, "").await;
    assert_eq!(socket.recv().await, Received::Close(1000, String::new()));
    post(&ada, "third").await;
    let events = events.chunk().await.unwrap().unwrap();
    assert!(events.starts_with(b"data: {"), "{events:?}");
}

#[tokio::test]
async fn the_page_of_another_site_cannot_listen() {
    let site = Site::open();
    let visitor = site.visitor();
    let foreign = visitor.websocket("/live");
    let foreign = foreign.header("origin", "https://evil.example");
    foreign.send().await.assert_status(403);
    let own = visitor.websocket("/live");
    drop(own.header("origin", "http://localhost").connect().await);
    visitor.get("/live").send().await.assert_status(426);
}
