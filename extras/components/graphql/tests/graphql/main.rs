//! The GraphQL endpoint on every stack, over HTTP/1.1 and HTTP/2.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests"
)]

mod negotiation;
mod requests;
mod schema;
mod sockets;
mod streams;
mod uploads;

use async_graphql_gateway::GraphQL;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse};
use gateway_core::App;
use schema::{Demo, User};
use serde_json::Value;
use stacks::TestServer;

/// The endpoint as most would set it up.
fn endpoint() -> GraphQL<Demo> {
    let endpoint = GraphQL::new(schema::demo()).uploads(64 << 10).graphiql();
    endpoint.with(|environ, data| {
        if let Some(name) = environ.header("x-user") {
            data.insert(User(name.to_string()));
        }
        Ok(())
    })
}

/// Checks an app at `/api/graphql` on each stack, over each protocol.
async fn on_each<A: App>(app: impl Fn() -> A, check: impl AsyncFn(&TestServer, Protocol)) {
    stacks::on_each("/api/graphql", app, check).await.unwrap();
}

async fn send(server: &TestServer, protocol: Protocol, request: &WireRequest) -> WireResponse {
    server.send(protocol, request).await.unwrap()
}

fn get(query: &str) -> WireRequest {
    WireRequest::get(format!("/api/graphql?{query}"))
}

fn post(body: impl Into<Vec<u8>>) -> WireRequest {
    WireRequest::post("/api/graphql")
        .header("content-type", "application/json")
        .body(body.into())
}

/// The JSON of a response.
#[track_caller]
fn json(response: &WireResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("{}", response.text()))
}

/// Checks that an error is JSON for a GraphQL client.
#[track_caller]
fn assert_refused(response: &WireResponse, status: u16) {
    assert_eq!(response.status, status, "{}", response.text());
    let message = &json(response)["errors"][0]["message"];
    assert!(
        message.as_str().is_some_and(|text| !text.is_empty()),
        "{}",
        response.text()
    );
    assert_eq!(response.header("content-type"), Some("application/json"));
}
