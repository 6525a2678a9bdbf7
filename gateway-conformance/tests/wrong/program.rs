//! The program, as a stranger runs it.

use std::process::{Command, Output};

use crate::fault::Fault;
use crate::gateway;

async fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway-conformance"));
    command.args(arguments);
    // The gateway that it talks to runs on this runtime.
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

async fn url(fault: Option<Fault>) -> String {
    format!("http://{}{}/", gateway::start(fault).await, gateway::PREFIX)
}

#[tokio::test]
async fn the_list_has_a_line_for_each_case() {
    let output = program(&["--list"]).await;
    assert!(output.status.success());
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), gateway_conformance::cases().len());
    assert!(
        lines.contains(&"b7_204_has_no_body_and_no_length  B7  http/1.1,http/2,in-process"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_server_that_passes_is_told_so() {
    let url = url(None).await;
    let lacks = "HTTP2=the gateway of this test speaks none";
    let output = program(&[&url, "--only", "b7_", "--lacks", lacks]).await;
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(
        report.contains("http/1.1   12 passed, 0 failed, 0 excused"),
        "{report}"
    );
    assert!(
        report.contains("HTTP2: the gateway of this test speaks none"),
        "{report}"
    );
}

#[tokio::test]
async fn a_server_that_fails_is_reported_as_json() {
    let url = url(Some(Fault::BodyOn204)).await;
    let output = program(&[
        &url,
        "--only",
        "b7_204_has",
        "--lacks",
        "HTTP2=none",
        "--json",
    ])
    .await;
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["totals"]["failed"], 1, "{report:#}");
    assert_eq!(report["totals"]["excused"], 1, "{report:#}");
    let row = &report["rows"][0];
    assert_eq!(row["name"], "b7_204_has_no_body_and_no_length");
    assert_eq!(row["clauses"][0], "B7");
    assert_eq!(row["via"], "http/1.1");
    assert_eq!(row["outcome"], "failed");
    assert!(
        row["message"].as_str().unwrap().contains("stray bytes"),
        "{row:#}"
    );
}

#[tokio::test]
async fn a_bad_url_is_one_clear_line() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for url in [
        "",
        "nonsense",
        "https://127.0.0.1/",
        "http://",
        "http://127.0.0.1/?q",
        &nobody,
    ] {
        let output = program(&[url]).await;
        assert_eq!(output.status.code(), Some(2), "{url:?}");
        let lines: Vec<&str> = text(&output.stderr).lines().collect();
        assert_eq!(lines.len(), 1, "{url:?}: {lines:?}");
        assert!(lines[0].starts_with("gateway-conformance: "), "{lines:?}");
    }
}

#[tokio::test]
async fn a_name_that_begins_no_case_is_no_success() {
    let url = url(None).await;
    let output = program(&[&url, "--only", "no_such_case"]).await;
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn a_lack_needs_a_known_name_and_a_reason() {
    for lack in ["HTTP2", "HTTP2=", "FLYING=it has no wings"] {
        let output = program(&["http://127.0.0.1:1/", "--lacks", lack]).await;
        assert_eq!(output.status.code(), Some(2), "{lack}");
    }
}

#[tokio::test]
async fn an_excused_case_may_fail() {
    let url = url(Some(Fault::BodyOn204)).await;
    let run = |excuse: &'static str| {
        let url = url.clone();
        async move {
            let name = ["--only", "b7_204_has_no_body"];
            let lacks = ["--lacks", "HTTP2=none"];
            program(&[&[&*url, "--excuse", excuse], &name[..], &lacks[..]].concat()).await
        }
    };
    let output = run("b7_204_has_no_body_and_no_length@http/1.1=it has a body here").await;
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("it has a body here"), "{report}");
    let output = run("b7_204_no_such_case=a reason").await;
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(
        report.contains("problem    an excuse names \"b7_204_no_such_case\""),
        "{report}"
    );
}

#[tokio::test]
async fn an_excused_case_must_fail() {
    let url = url(None).await;
    let excuse = "b7_204_has_no_body_and_no_length=a reason";
    let lacks = "HTTP2=none";
    let output = program(&[
        &url, "--only", "b7_204", "--excuse", excuse, "--lacks", lacks,
    ])
    .await;
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(
        report.contains("problem    b7_204_has_no_body_and_no_length passes"),
        "{report}"
    );
}

#[tokio::test]
async fn an_excuse_needs_a_reason_and_a_known_way() {
    for excuse in ["b7_204", "b7_204=", "b7_204@http/9=why"] {
        let output = program(&["http://127.0.0.1:1/", "--excuse", excuse]).await;
        assert_eq!(output.status.code(), Some(2), "{excuse}");
    }
}

#[tokio::test]
async fn http2_only_speaks_no_http_1() {
    let url = url(None).await;
    let output = program(&[&url, "--only", "b7_204", "--http2-only", "--deadline", "5"]).await;
    let report = text(&output.stdout);
    // The gateway of this test speaks HTTP/1.1 only, and is told what is missing.
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("problem    http/2: "), "{report}");
    assert!(!report.contains("http/1.1"), "{report}");
}
