//! The adapter is held to the specification: every case over HTTP/1.1 and HTTP/2.

use adapter_hyper::Server;
use gateway_conformance::clauses::BROKEN_ON_PURPOSE;
use gateway_conformance::{Suite, Via, app};
use gateway_core::lint::{Findings, Lint, Side};

/// The table, as hyper can be held to it.
fn suite() -> Suite {
    let before = "hyper's parser answers by itself, with an empty 400";
    let cases = [
        "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
        "i2_a_coding_in_http_1_0_gets_the_gateways_page",
    ];
    let excuse = |suite: Suite, case| suite.excuses_on(case, Via::Http1, before);
    cases.into_iter().fold(Suite::new(), excuse)
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_the_server_keeps_the_specification() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(server.serve_until(app(), std::future::pending::<()>()));
    suite().run_both(address).await.assert_passed();
}

/// Through the lint the table passes as well, and what it finds is what the cases break on purpose:
/// nothing is the adapter's fault.
#[tokio::test(flavor = "multi_thread")]
async fn m2_the_lint_finds_nothing_in_what_the_server_hands_in() {
    let findings = Findings::new();
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let app = Lint::new(app()).on_finding(&findings);
    tokio::spawn(server.serve_until(app, std::future::pending::<()>()));
    suite().run_both(address).await.assert_passed();
    let findings = findings.take();
    assert!(!findings.is_empty(), "the lint was not there");
    for finding in findings {
        let (_, path) = finding.request().split_once(' ').unwrap();
        let case = path.trim_start_matches('/').split('/').next().unwrap();
        let on_purpose = BROKEN_ON_PURPOSE.contains(&(case, finding.clause()));
        assert!(on_purpose && finding.side() == Side::App, "{finding}");
    }
}
