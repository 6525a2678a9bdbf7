//! What a report and the program show: excuses once, what a failed case needs, and failures at once.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use gateway_conformance::{Capability, CaseOutcome, Suite, app, cases};
use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};

#[tokio::test]
async fn an_excuse_is_one_line_with_the_number_of_its_cases() {
    let suite = Suite::new().lacks(Capability::WebSocketUpgrade, "no streams");
    let report = suite.only("u").run_in_process(app()).await;
    report.assert_passed();
    let text = report.to_string();
    let line = format!(
        "excused  {} cases: WEBSOCKET_UPGRADE: no streams",
        report.excused()
    );
    assert!(report.excused() > 1, "{text}");
    assert!(text.contains(&line), "{text}");
    assert_eq!(text.matches("excused  ").count(), 1, "{text}");
    // The JSON has each.
    let json = report.to_json();
    let rows = json["rows"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let excused = rows.iter().filter(|row| row["outcome"] == "excused");
    assert_eq!(excused.count(), report.excused());
}

/// Breaks the cases that need a switch, and one other.
struct Breaks<A>(A);

impl<A: App> App for Breaks<A> {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let path = environ.raw_path_info();
        if path.contains("u6_") || path.contains("n5_text_is_html") {
            return Err(HttpError::gone().into());
        }
        self.0.call(environ, start).await
    }

    gateway_core::forward_lifespan!(0);
}

#[tokio::test]
async fn a_failed_case_shows_what_it_needs() {
    let report = Suite::new().only("u6_").run_in_process(Breaks(app())).await;
    let failed = report.rows().iter();
    let failed = failed.filter(|row| matches!(row.outcome, CaseOutcome::Failed(_)));
    let lines: Vec<String> = failed.map(ToString::to_string).collect();
    assert!(!lines.is_empty(), "{report}");
    for line in lines {
        // In process, there is no extended CONNECT that could be lacking.
        assert!(line.contains(" (needs WEBSOCKET_UPGRADE"), "{line}");
        assert!(!line.contains("EXTENDED_CONNECT"), "{line}");
        assert!(report.to_string().contains(&line), "{report}");
    }
}

#[tokio::test]
async fn each_failure_that_is_not_excused_is_told_at_once() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = told.clone();
    let suite = Suite::new().only("n5_").on_failure(move |row| {
        let mut told = telling.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(row.name);
    });
    let excused = suite.clone().excuses("n5_text_is_html", "it is broken");
    let report = excused.run_in_process(Breaks(app())).await;
    report.assert_passed();
    let is_silent = told
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .is_empty();
    assert!(is_silent, "{report}");

    let report = suite.run_in_process(Breaks(app())).await;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*told, report.failures());
}

/// One list of excuses serves each part of the table.
#[tokio::test]
async fn an_excuse_is_ignored_where_its_case_is_not_run() {
    let suite = Suite::new()
        .excuses(
            "b11_trailers_pass_where_the_client_allows_them",
            "it is broken",
        )
        .only("b11_trailers_pass");
    let run = suite.clone().run_in_process(app()).await;
    assert!(!run.has_passed(), "{run}");
    for part in [
        suite.clone().only("n5_"),
        suite
            .only("b11_")
            .lacks(Capability::ResponseTrailers, "it has none"),
    ] {
        let report = part.run_in_process(app()).await;
        report.assert_passed();
    }
}

#[test]
fn cases_that_need_a_capability_say_so() {
    let all = cases();
    let needs = |name: &str, capability, partly: bool| {
        let case = all.iter().find(|case| case.name() == name);
        case.is_some_and(|case| match partly {
            true => case.partly_needed().contains(&capability),
            false => case.needed().contains(&capability),
        })
    };
    for name in [
        "e12_no_host_is_refused",
        "e12_two_hosts_get_the_gateways_page",
        "e14_connect_is_refused",
        "i2_an_unknown_coding_gets_the_gateways_page",
    ] {
        assert!(needs(name, Capability::CloseConnection, true), "{name}");
    }
    for name in [
        "l1_a_body_that_fails_late_is_closed",
        "l1_a_body_that_panics_is_closed",
        "l2_callbacks_of_a_failed_body_run",
    ] {
        assert!(needs(name, Capability::AbortedResponses, false), "{name}");
    }
}

#[test]
fn the_program_names_what_a_server_may_lack() {
    let program = |argument: &str| {
        let run = Command::new(env!("CARGO_BIN_EXE_gateway-conformance"))
            .arg(argument)
            .output();
        let output = run.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).into_owned()
    };
    let help = program("--help");
    for capability in Capability::ALL {
        assert!(help.contains(capability.as_str()), "{capability}\n{help}");
    }
    let list = program("--list");
    for end in [
        "  needs WEBSOCKET_UPGRADE,EXTENDED_CONNECT",
        "  needs ABORTED_RESPONSES",
        "  partly needs CLOSE_CONNECTION",
    ] {
        assert!(
            list.lines().any(|line| line.ends_with(end)),
            "{end}\n{list}"
        );
    }
}

/// A server of HTTP/1 that answers every request with the same page, and closes no connection.
async fn page_of_a_host(listener: tokio::net::TcpListener) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                seen.extend_from_slice(buffer.get(..read).unwrap_or_default());
                if !seen.windows(4).any(|window| window == b"\r\n\r\n") {
                    continue;
                }
                let is_probe = seen.windows(7).any(|window| window == b"_facts/");
                seen.clear();
                let head = match is_probe {
                    true => "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[]\n",
                    false => "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
                };
                if stream.write_all(head.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[tokio::test]
async fn e17_a_host_that_closes_no_connection_is_held_to_the_rest() -> std::io::Result<()> {
    use gateway_conformance::wire::Protocol;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(page_of_a_host(listener));
    let suite = Suite::new()
        .deadline(std::time::Duration::from_millis(300))
        .only("e12_two_hosts_are_refused");
    let strict = suite.run(address, Protocol::Http1).await;
    assert_eq!(strict.failures(), ["e12_two_hosts_are_refused"], "{strict}");
    let lacks = suite.lacks(Capability::CloseConnection, "it keeps them open");
    lacks.run(address, Protocol::Http1).await.assert_passed();
    Ok(())
}
