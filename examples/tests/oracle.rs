//! What Flask answers, row by row, over real sockets, on every stack.
//!
//! Status, headers and body are equal. Reason phrases, the order of headers and what belongs to the
//! server (Date, Server, Connection) do not count; that a body is chunked does, over HTTP/1.1.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
mod common;

use gateway_conformance::wire::{Framing, Protocol, WireRequest, WireResponse, exchange};
use serde::Deserialize;

use common::Server;

#[derive(Deserialize)]
struct Row {
    method: String,
    path: String,
    expected: Expected,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Expected {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    chunked: bool,
}

/// The response in the oracle's terms.
fn observed(response: &WireResponse) -> Expected {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let of_the_server = ["date", "server", "connection", "transfer-encoding"];
    let headers = response.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.clone(), text(value)))
        .filter(|(name, _)| !of_the_server.contains(&&**name))
        .collect();
    headers.sort();
    Expected {
        status: response.status,
        headers,
        body: text(&response.body),
        chunked: response.framing == Framing::Chunked,
    }
}

async fn the_views_answer_as_flask_does(server: Server) {
    let rows: Vec<Row> = serde_json::from_str(include_str!("oracle/flask-returns.json")).unwrap();
    assert_eq!(rows.len(), 48);
    let mut wrong = Vec::new();
    for row in &rows {
        for protocol in Protocol::ALL {
            let request = WireRequest::new(&*row.method, &row.path);
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert!(response.is_complete(), "{} {}", row.method, row.path);
            let observed = observed(&response);
            let mut expected = Expected {
                headers: row.expected.headers.clone(),
                body: row.expected.body.clone(),
                ..row.expected
            };
            expected.headers.sort();
            // HTTP/2 has a framing of its own.
            expected.chunked &= protocol == Protocol::Http1;
            if observed != expected {
                wrong.push(format!(
                    "{protocol:?} {} {}\n  expected {expected:?}\n  observed {observed:?}",
                    row.method, row.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

on_every_stack! {
    the_views_answer_as_flask_does,
}
