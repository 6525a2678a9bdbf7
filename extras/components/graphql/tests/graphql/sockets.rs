//! Subscriptions over WebSocket, by both protocols.

mod peer;

use std::time::Duration;

use async_graphql::{Data, Error};
use async_graphql_gateway::{GraphQL, Limits};
use gateway_conformance::wire::Protocol;
use gateway_core::App;
use gateway_util::websocket::Acceptor;
use serde_json::json;
use stacks::{Stack, TestServer};

use crate::schema::User;
use crate::{endpoint, schema};
use peer::{Heard, Peer};

const NEW: &str = "graphql-transport-ws";
const OLD: &str = "graphql-ws";

/// Checks an app on each stack, over each protocol that has WebSocket there.
async fn on_each<A: App>(app: impl Fn() -> A, check: impl AsyncFn(&TestServer, Protocol)) {
    crate::on_each(app, async |server, protocol| {
        // U7: actix-web has WebSocket over HTTP/1.1 only.
        if (server.stack(), protocol) != (Stack::Actix, Protocol::Http2) {
            check(server, protocol).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_subscription_by_the_new_protocol() {
    on_each(endpoint, async |server, protocol| {
        // The server's order counts.
        let mut peer = Peer::open(server, protocol, &format!("{OLD}, {NEW}"))
            .await
            .unwrap();
        assert_eq!(peer.protocol(), Some(NEW));
        peer.say(json!({ "type": "connection_init" })).await;
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "type": "connection_ack" }))
        );
        peer.say(json!({ "type": "ping" })).await;
        assert_eq!(peer.heard().await, Heard::json(json!({ "type": "pong" })));
        let payload =
            json!({ "query": "subscription($n:Int!){upto(end:$n)}", "variables": { "n": 2 } });
        peer.say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        for value in [1, 2] {
            let next =
                json!({ "id": "1", "type": "next", "payload": { "data": { "upto": value } } });
            assert_eq!(peer.heard().await, Heard::json(next));
        }
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "id": "1", "type": "complete" }))
        );
        // A query, and one that ends early.
        let payload = json!({ "query": "{echo(text:\"a\")}" });
        peer.say(json!({ "id": "2", "type": "subscribe", "payload": payload }))
            .await;
        let next = json!({ "id": "2", "type": "next", "payload": { "data": { "echo": "a" } } });
        assert_eq!(peer.heard().await, Heard::json(next));
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "id": "2", "type": "complete" }))
        );
        let payload = json!({ "query": "subscription{endless}" });
        peer.say(json!({ "id": "3", "type": "subscribe", "payload": payload }))
            .await;
        let next = json!({ "id": "3", "type": "next", "payload": { "data": { "endless": 1 } } });
        assert_eq!(peer.heard().await, Heard::json(next));
        peer.say(json!({ "id": "3", "type": "complete" })).await;
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "id": "3", "type": "complete" }))
        );
        peer.close(1000).await;
        assert_eq!(peer.heard().await, Heard::Close(1000));
    })
    .await;
}

#[tokio::test]
async fn a_subscription_by_the_old_protocol() {
    on_each(endpoint, async |server, protocol| {
        let mut peer = Peer::open(server, protocol, OLD).await.unwrap();
        assert_eq!(peer.protocol(), Some(OLD));
        peer.say(json!({ "type": "connection_init", "payload": {} }))
            .await;
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "type": "connection_ack" }))
        );
        let payload = json!({ "query": "subscription{upto(end:1)}" });
        peer.say(json!({ "id": "a", "type": "start", "payload": payload }))
            .await;
        let data = json!({ "id": "a", "type": "data", "payload": { "data": { "upto": 1 } } });
        assert_eq!(peer.heard().await, Heard::json(data));
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "id": "a", "type": "complete" }))
        );
        peer.say(json!({ "type": "connection_terminate" })).await;
        assert_eq!(peer.heard().await, Heard::Close(1000));
    })
    .await;
}

#[tokio::test]
async fn the_handshake_is_refused() {
    on_each(endpoint, async |server, protocol| {
        for names in ["", "chat", "mqtt, GraphQL-WS"] {
            assert_eq!(
                Peer::open(server, protocol, names).await.err(),
                Some(400),
                "{names}"
            );
        }
        let foreign = Peer::open_from(server, protocol, NEW, Some("https://elsewhere.example"));
        assert_eq!(foreign.await.err(), Some(403));
    })
    .await;
    let open = || endpoint().acceptor(Acceptor::new().allow_origin("https://elsewhere.example"));
    on_each(open, async |server, protocol| {
        let listed = Peer::open_from(server, protocol, NEW, Some("https://elsewhere.example"));
        assert!(listed.await.is_ok());
    })
    .await;
}

/// The data of the connection, and what the first message adds.
#[tokio::test]
async fn the_first_message_decides() {
    let app = || {
        GraphQL::new(schema::demo()).on_connection_init(async |payload: serde_json::Value| {
            let name = payload["token"]
                .as_str()
                .ok_or_else(|| Error::new("no token"))?;
            let mut data = Data::default();
            data.insert(User(name.to_owned()));
            Ok(data)
        })
    };
    on_each(app, async |server, protocol| {
        let mut peer = Peer::open(server, protocol, NEW).await.unwrap();
        peer.say(json!({ "type": "connection_init", "payload": { "token": "ada" } }))
            .await;
        assert_eq!(
            peer.heard().await,
            Heard::json(json!({ "type": "connection_ack" }))
        );
        let payload = json!({ "query": "subscription{whoami}" });
        peer.say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        let next = json!({ "id": "1", "type": "next", "payload": { "data": { "whoami": "ada" } } });
        assert_eq!(peer.heard().await, Heard::json(next));

        let mut peer = Peer::open(server, protocol, NEW).await.unwrap();
        peer.say(json!({ "type": "connection_init" })).await;
        assert_eq!(peer.heard().await, Heard::Close(4403));
        let mut peer = Peer::open(server, protocol, OLD).await.unwrap();
        peer.say(json!({ "type": "connection_init" })).await;
        let payload = json!({ "message": "no token" });
        let refused = json!({ "type": "connection_error", "payload": payload });
        assert_eq!(peer.heard().await, Heard::json(refused));
        assert_eq!(peer.heard().await, Heard::Close(1000));
    })
    .await;
}

/// Upstream closes with 1002 and 1011, and lets a second subscription replace one of the same id.
#[tokio::test]
async fn what_violates_the_protocol_ends_the_socket() {
    on_each(endpoint, async |server, protocol| {
        let subscribe = |id: &str, query: &str| json!({ "id": id, "type": "subscribe", "payload": { "query": query } });
        let endless = "subscription{endless}";
        let init = json!({ "type": "connection_init" });
        for (messages, code) in [
            (vec![json!({ "type": "nothing" })], 4400),
            (vec![json!([])], 4400),
            (vec![subscribe("1", "{user}")], 4401),
            (vec![init.clone(), init.clone()], 4429),
            (vec![init.clone(), subscribe("1", endless), subscribe("1", endless)], 4409),
        ] {
            let mut peer = Peer::open(server, protocol, NEW).await.unwrap();
            for message in messages {
                peer.say(message).await;
            }
            assert_eq!(peer.last().await, Heard::Close(code));
        }
        // The id is free again when the subscription has ended, by either side.
        let mut peer = Peer::open(server, protocol, NEW).await.unwrap();
        peer.say(init.clone()).await;
        peer.heard().await;
        for _ in 0..2 {
            peer.say(subscribe("1", "{user}")).await;
            assert!(matches!(peer.heard().await, Heard::Json(_)));
            assert_eq!(peer.heard().await, Heard::json(json!({ "id": "1", "type": "complete" })));
        }
        for _ in 0..2 {
            peer.say(subscribe("1", endless)).await;
            assert!(matches!(peer.heard().await, Heard::Json(_)));
            peer.say(json!({ "id": "1", "type": "complete" })).await;
            assert_eq!(peer.heard().await, Heard::json(json!({ "id": "1", "type": "complete" })));
        }
        // 1009: a message over the limit.
        let text = "a".repeat(1 << 20);
        peer.say(json!({ "type": "ping", "payload": { "text": text } })).await;
        assert_eq!(peer.last().await, Heard::Close(1009));
    })
    .await;
}

#[tokio::test]
async fn the_subscriptions_of_a_socket_have_a_limit() {
    let app = || GraphQL::new(schema::demo()).limits(Limits::default().subscriptions(2));
    on_each(app, async |server, protocol| {
        for (name, start) in [(NEW, "subscribe"), (OLD, "start")] {
            let mut peer = Peer::open(server, protocol, name).await.unwrap();
            peer.say(json!({ "type": "connection_init" })).await;
            peer.heard().await;
            for id in ["1", "2"] {
                let payload = json!({ "query": "subscription{endless}" });
                peer.say(json!({ "id": id, "type": start, "payload": payload }))
                    .await;
                assert!(matches!(peer.heard().await, Heard::Json(_)));
            }
            let payload = json!({ "query": "{user}" });
            peer.say(json!({ "id": "3", "type": start, "payload": payload }))
                .await;
            assert_eq!(peer.last().await, Heard::Close(1008));
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed() {
    let short = Limits::default().init(Duration::from_millis(50));
    let app = || GraphQL::new(schema::demo()).limits(short.clone());
    on_each(app, async |server, protocol| {
        let mut peer = Peer::open(server, protocol, NEW).await.unwrap();
        assert_eq!(peer.heard().await, Heard::Close(4408));
    })
    .await;
}

#[tokio::test]
async fn u12_1001_when_the_server_shuts_down() {
    for stack in Stack::ALL {
        for protocol in Protocol::ALL {
            if (stack, protocol) == (Stack::Actix, Protocol::Http2) {
                continue;
            }
            eprintln!("{stack}, {protocol:?}");
            let mut server = TestServer::start(stack, "/api/graphql", endpoint()).unwrap();
            let mut peer = Peer::open(&server, protocol, NEW).await.unwrap();
            peer.say(json!({ "type": "connection_init" })).await;
            peer.heard().await;
            let payload = json!({ "query": "subscription{endless}" });
            peer.say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
                .await;
            peer.heard().await;
            server.begin_stop();
            assert_eq!(peer.heard().await, Heard::Close(1001));
            drop(peer);
            server.end().await.unwrap();
        }
    }
}
