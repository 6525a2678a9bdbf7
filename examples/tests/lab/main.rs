//! Every path of the laboratory, over HTTP/1.1 and HTTP/2, on every stack.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod answers;
mod broken;
mod input;
mod keep_alive;
mod offers;
mod request;
mod sockets;
mod streams;

use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};

use common::Server;

const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
const JSON: (&str, &str) = ("content-type", "application/json");

/// The page of a 500 whose cause is nobody's business.
const ERROR_PAGE: &str = "<!doctype html>\n<html lang=en>\n\
    <title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n\
    <p>The server encountered an internal error and was unable to complete your request. \
    Either the server is overloaded or there is an error in the application.</p>\n";

/// Sends a request over a connection of its own; stray bytes after the answer are a failure.
async fn send(server: Server, protocol: Protocol, request: &WireRequest) -> WireResponse {
    let answer = exchange(server.address, protocol, request).await;
    answer.unwrap_or_else(|error| panic!("{protocol:?} {request:?}: {error}"))
}

/// The fields that the app and the gateway are answerable for, sorted: all but Date, and the
/// framing of HTTP/1.
fn fields(response: &WireResponse) -> Vec<(String, String)> {
    let fields = response.headers.iter();
    let mut fields: Vec<_> = fields
        .filter(|(name, _)| !["date", "transfer-encoding"].contains(&&**name))
        .map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).unwrap()))
        .collect();
    fields.sort();
    fields
}

fn expected_fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut fields: Vec<_> = fields.iter().map(owned).collect();
    fields.sort();
    fields
}
