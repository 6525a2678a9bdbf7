//! Flask itself on every stack, row by row of the table of what Flask answers.

use gateway_conformance::wire::{Framing, Protocol, WireRequest, WireResponse, exchange};
use serde::Deserialize;

use crate::support::Server;

#[derive(Deserialize)]
struct Row {
    method: String,
    path: String,
    expected: Expected,
    follows: String,
    /// What the Flask that is tested here answers, where the row follows another.
    flask_3_1_3: Option<Expected>,
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
struct Expected {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    chunked: bool,
}

fn observed(response: &WireResponse) -> Expected {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let of_the_server = ["date", "server", "connection", "transfer-encoding"];
    let mut headers: Vec<_> = response
        .headers
        .iter()
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

async fn flask_answers_as_flask_does(server: Server) {
    let rows = include_str!("../../../../examples/tests/oracle/flask-returns.json");
    let rows: Vec<Row> = serde_json::from_str(rows).unwrap();
    assert_eq!(rows.len(), 48);
    let mut wrong = Vec::new();
    for row in &rows {
        let expected = match &row.flask_3_1_3 {
            Some(expected) if row.follows != "3.1.3" => expected,
            _ => &row.expected,
        };
        for protocol in Protocol::ALL {
            let request = WireRequest::new(&*row.method, format!("/oracle/app{}", row.path));
            let response = exchange(server.address, protocol, &request).await.unwrap();
            assert!(response.is_complete(), "{} {}", row.method, row.path);
            let observed = observed(&response);
            let mut expected = expected.clone();
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
    flask_answers_as_flask_does,
}
