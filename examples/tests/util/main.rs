//! Every card of the page at `/util`, over HTTP/1.1 and HTTP/2, on every stack.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/card.rs"]
mod card;

mod answers;
mod otherwise;
mod page;
mod streams;

use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};

use common::Server;

/// Sends a request over a connection of its own; stray bytes after the answer are a failure.
async fn send(server: Server, protocol: Protocol, request: &WireRequest) -> WireResponse {
    let answer = exchange(server.address, protocol, request).await;
    answer.unwrap_or_else(|error| panic!("{protocol:?} {request:?}: {error}"))
}
