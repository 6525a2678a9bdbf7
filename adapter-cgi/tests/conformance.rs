//! The adapter is held to the specification in both directions at once: the table runs against an app
//! that is a FastCGI client, whose server is the suite's app.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use adapter_cgi::{CgiProtocol, CgiServer, FastCgiClient};
use gateway_conformance::clauses::BROKEN_ON_PURPOSE;
use gateway_conformance::{Capability, Suite, app};
use gateway_core::App;
use gateway_core::lint::{Findings, Lint, Side};

/// What the protocol cannot carry, whatever is in front.
const EXCUSES: &[(&str, &str)] = &[
    (
        "e9_lines_are_kept_in_order",
        "a variable holds all lines of a header, joined",
    ),
    (
        "e10_an_app_may_ask_for_underscores",
        "a variable does not tell `_` from `-`",
    ),
    (
        "e12_an_empty_host_is_served",
        "a Host that is empty is no variable",
    ),
    (
        "e12_a_request_in_process_needs_no_host",
        "the request is not in process any more",
    ),
    (
        "i3_the_error_is_not_the_end_to_a_later_read",
        "the client between has answered by then",
    ),
];

fn client(app: impl App, directory: &std::path::Path) -> FastCgiClient {
    let path = directory.join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::UnixListener::from_std(listener).unwrap();
    let server = CgiServer::from_unix_listener(CgiProtocol::FastCgi, listener);
    tokio::spawn(server.serve_until(app, std::future::pending::<()>()));
    FastCgiClient::unix(path)
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_an_app_behind_fastcgi_keeps_the_specification() {
    let directory = tempfile::tempdir().unwrap();
    let mut suite = without_switches()
        .deadline(Duration::from_secs(60))
        .lacks(Capability::RequestTrailers, "the protocol has none")
        .lacks(Capability::ResponseTrailers, "the protocol has none");
    for (case, reason) in EXCUSES {
        suite = suite.excuses(*case, *reason);
    }
    let report = suite.run_in_process(client(app(), directory.path())).await;
    report.assert_passed();
}

/// The suite for a host that cannot switch the protocol.
fn without_switches() -> Suite {
    let none = "the protocol has no stream to switch to";
    Suite::new()
        .lacks(Capability::Upgrade, none)
        .lacks(Capability::WebSocketUpgrade, none)
}

/// Nothing of what the lint finds is the adapter's fault.
#[tokio::test(flavor = "multi_thread")]
async fn m2_the_lint_finds_nothing_in_what_the_server_hands_in() {
    let directory = tempfile::tempdir().unwrap();
    let findings = Findings::new();
    let linted = Lint::new(app()).on_finding(&findings);
    let _report = without_switches()
        .deadline(Duration::from_secs(60))
        .run_in_process(client(linted, directory.path()))
        .await;
    let findings = findings.take();
    assert!(!findings.is_empty(), "the lint was not there");
    for finding in findings {
        let (_, path) = finding.request().split_once(' ').unwrap();
        let case = path.trim_start_matches('/').split('/').next().unwrap();
        // Nothing is offered, and so each switch of a case is one to what was not.
        let on_purpose =
            BROKEN_ON_PURPOSE.contains(&(case, finding.clause())) || finding.clause() == "U3";
        assert!(on_purpose && finding.side() == Side::App, "{finding}");
    }
}
