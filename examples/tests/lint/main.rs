//! The lint over the whole showcase: silent, but for the faults that the laboratory has on purpose.
//! And over the small programs, which have none.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod programs;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join_all;
use gateway_core::lint::{Findings, Lint, OnFinding, Side};
use gateway_core::{AppExt, BoxApp, Gateway, Input, IntoInput};
use http_body::Body as _;
use serde::Deserialize;

/// What the laboratory does wrong on purpose: a path, the clause that it breaks, and whether it
/// does so to HEAD as well, which B5 exempts.
const FAULTS: &[(&str, &str, bool)] = &[
    ("/lab/double-start", "S1", true),
    ("/lab/no-start", "S3", true),
    ("/lab/hop-by-hop", "S7", true),
    ("/lab/bad-header", "S6", true),
    ("/lab/status/101", "U4", true),
    ("/lab/length/short", "B5", false),
    ("/lab/length/long", "B5", false),
    ("/lab/length/stream-short", "B5", false),
    ("/lab/length/stream-long", "B5", false),
];

/// What is served beside the rows of the oracle and the cards of the pages.
const MORE: &[&str] = &[
    "/showcase",
    "/showcase.css",
    "/showcase.js",
    "/util",
    "/util/",
    "/util/answers/landing",
    "/lab/status/101",
    "/lab/status/404",
    "/lab/nope",
];

/// A row of the oracle or a card of a page.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    method: String,
    path: String,
    #[serde(default)]
    request_headers: BTreeMap<String, String>,
    request_body: Option<String>,
}

/// Each row is asked with these, and with its own.
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

fn rows() -> Vec<Row> {
    let oracle: Vec<Row> =
        serde_json::from_str(include_str!("../oracle/flask-returns.json")).unwrap();
    let showcase = include_str!("../../templates/showcase.json");
    let showcase: Vec<Row> = serde_json::from_str(showcase).unwrap();
    let util: Vec<Row> = serde_json::from_str(include_str!("../../templates/util.json")).unwrap();
    let more = MORE.iter().map(|path| Row {
        method: String::new(),
        path: (*path).to_owned(),
        request_headers: BTreeMap::new(),
        request_body: None,
    });
    let mut seen = BTreeSet::new();
    // The cards come first: they know what to post.
    let rows = showcase.into_iter().chain(util).chain(oracle).chain(more);
    let rows = rows.filter(|row| {
        let card = (
            row.path.clone(),
            row.request_headers.clone(),
            row.method.clone(),
        );
        let is_plain = row.request_headers.is_empty() && METHODS.contains(&&*row.method);
        seen.insert(match is_plain || row.method.is_empty() {
            true => (row.path.clone(), BTreeMap::new(), String::new()),
            false => card,
        })
    });
    rows.collect()
}

/// One exchange, to its end; and what the lint says of it, as request and clause.
async fn findings(site: Arc<BoxApp>, method: &str, row: &Row) -> Vec<(String, &'static str)> {
    let findings = Findings::new();
    let lint = Lint::new(site).on_finding(OnFinding::Collect(findings.clone()));
    let gateway = Gateway::new(lint);
    let mut request = http::Request::builder()
        .method(method)
        .uri(&row.path)
        .header("host", "localhost");
    for (name, value) in &row.request_headers {
        request = request.header(name, value);
    }
    let text = row.request_body.as_deref().unwrap_or("field=value");
    let (request, input) = match method {
        "POST" | "PUT" => {
            let input = text.to_owned().into_input();
            (request.header("content-length", text.len()), input)
        }
        _ => (request, Input::empty()),
    };
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let mut body = gateway
        .handle(gateway.environ(parts, input))
        .await
        .into_body();
    while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if row.path == "/lab/events" {
            // It has no end: the client leaves.
            break;
        }
    }
    drop(body);
    let path = row.path.split('?').next().unwrap();
    let found = findings.take().into_iter();
    found
        .map(|finding| {
            assert_eq!(finding.side(), Side::App, "{finding}");
            assert_eq!(finding.request(), format!("{method} {path}"), "{finding}");
            (finding.request().to_owned(), finding.clause())
        })
        .collect()
}

#[tokio::test]
async fn m2_the_lint_finds_the_deliberate_faults_and_nothing_else() {
    let site = Arc::new(examples::site().boxed());
    let rows = rows();
    assert!(rows.len() > 110, "{} paths", rows.len());
    // All at once: some of them take their time.
    let exchanges = rows.iter().flat_map(|row| {
        let own = Some(&*row.method).filter(|own| !own.is_empty() && !METHODS.contains(own));
        let methods = METHODS.into_iter().chain(own);
        methods.map(|method| findings(site.clone(), method, row))
    });
    let mut found: Vec<_> = join_all(exchanges).await.into_iter().flatten().collect();
    found.sort();

    let methods = |to_head: bool| match to_head {
        true => ["GET", "HEAD", "POST"].as_slice(),
        false => &["GET", "POST"],
    };
    let mut expected: Vec<_> = FAULTS
        .iter()
        .flat_map(|(path, rule, to_head)| {
            methods(*to_head)
                .iter()
                .map(move |method| (format!("{method} {path}"), *rule))
        })
        .collect();
    expected.sort();
    assert_eq!(found, expected);
}
