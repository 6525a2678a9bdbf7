//! What the program writes down, and what it keeps to itself.

use examples::Stack;
use gateway_conformance::wire::{Protocol, WireRequest, WireResponse, exchange};

use crate::process::Running;
use crate::showcase;

/// Sends the requests over HTTP/1.1, one after the other, and gives the answers and the log.
async fn log_of(stack: Stack, requests: &[WireRequest]) -> (Vec<WireResponse>, String) {
    let server = Running::start(showcase(&[
        "--stack",
        &stack.to_string(),
        "--bind",
        "127.0.0.1:0",
    ]));
    let mut answers = Vec::new();
    for request in requests {
        let answer = exchange(server.address, Protocol::Http1, request).await;
        answers.push(answer.unwrap());
    }
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
    (answers, log)
}

/// The access lines, without what differs from run to run: time stamp and duration.
fn access(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| line.split_once(" access: "));
    lines
        .map(|(_, fields)| {
            let fields = fields.strip_prefix("remote_addr=127.0.0.1 ").unwrap();
            let (request, answer) = fields.split_once(" protocol=\"HTTP/1.1\" ").unwrap();
            let (answer, rest) = answer.split_once(" seconds=").unwrap();
            let (seconds, ended) = rest.split_once(' ').unwrap();
            assert!(seconds.parse::<f64>().is_ok(), "{fields}");
            format!("{request} {answer} {ended}")
        })
        .collect()
}

#[tokio::test]
async fn each_request_is_one_line() {
    let requests = [
        WireRequest::get("/string?key=secret"),
        WireRequest::head("/string"),
        WireRequest::get("/nope"),
        WireRequest::post("/string"),
        WireRequest::post("/lab/echo").body("12345"),
        WireRequest::post("/lab/limit").chunked([vec![b'x'; 1024 * 1024 + 1]]),
        WireRequest::get("/lab/stream?chunks=10&size=100&delay_ms=1"),
        WireRequest::get("/lab/stream?chunks=0"),
        WireRequest::new("OPTIONS", "/util/dispatch/methods"),
        WireRequest::get("/lab/status/204"),
        WireRequest::get("/lab/restart"),
        WireRequest::get("/lab/double-start"),
        WireRequest::get("/lab/no-start"),
        WireRequest::get("/lab/fail-first"),
        WireRequest::get("/lab/fail-late"),
        WireRequest::get("/lab/panic"),
        WireRequest::get("/lab/length/short"),
        WireRequest::get("/lab/length/long"),
        WireRequest::get("/lab/raw/%0Aline"),
    ];
    for stack in Stack::ALL {
        let (answers, log) = log_of(stack, &requests).await;
        assert_eq!(
            access(&log),
            [
                r#"method=GET path="/string" status=200 bytes=13 ended="completed""#,
                r#"method=HEAD path="/string" status=200 bytes=0 ended="completed""#,
                r#"method=GET path="/nope" status=404 bytes=207 ended="completed""#,
                r#"method=POST path="/string" status=405 bytes=153 ended="completed""#,
                r#"method=POST path="/lab/echo" status=200 bytes=5 ended="completed""#,
                r#"method=POST path="/lab/limit" status=413 bytes=171 ended="completed""#,
                r#"method=GET path="/lab/stream" status=200 bytes=1000 ended="completed""#,
                r#"method=GET path="/lab/stream" status=200 bytes=0 ended="completed""#,
                r#"method=OPTIONS path="/util/dispatch/methods" status=200 bytes=0 ended="completed""#,
                r#"method=GET path="/lab/status/204" status=204 bytes=0 ended="completed""#,
                r#"method=GET path="/lab/restart" status=503 bytes=16 ended="completed""#,
                r#"method=GET path="/lab/double-start" status=500 bytes=265 ended="completed""#,
                r#"method=GET path="/lab/no-start" status=500 bytes=265 ended="completed""#,
                r#"method=GET path="/lab/fail-first" status=500 bytes=265 ended="completed""#,
                r#"method=GET path="/lab/fail-late" status=200 bytes=16 ended="aborted""#,
                r#"method=GET path="/lab/panic" status=500 bytes=265 ended="completed""#,
                r#"method=GET path="/lab/length/short" status=500 bytes=265 ended="completed""#,
                r#"method=GET path="/lab/length/long" status=200 bytes=2 ended="completed""#,
                r#"method=GET path="/lab/raw/%0Aline" status=200 bytes=82 ended="completed""#,
            ],
            "{stack}"
        );
        for (request, (answer, line)) in requests.iter().zip(answers.iter().zip(access(&log))) {
            let status = format!("status={}", answer.status);
            assert!(line.contains(&status), "{request:?}: {line}");
        }
        assert!(!log.contains("secret"), "{log}");
    }
}

#[tokio::test]
async fn the_log_names_the_cause_and_the_rule() {
    let faults = [
        ("/lab/fail-first", "the private cause of fail-first", "B1"),
        (
            "/lab/fail-after-empty",
            "the private cause of fail-after-empty",
            "B1",
        ),
        ("/lab/fail-late", "the private cause of fail-late", "B8"),
        ("/lab/panic", "the private cause of panic", "B9"),
        ("/lab/panic-late", "the private cause of panic-late", "B9"),
        ("/lab/error", "the private cause of error", "B1"),
        ("/lab/double-start", "the response was started before", "S1"),
        ("/lab/no-start", "the response was not started", "S3"),
        ("/lab/bad-header", "the header x-name", "S6"),
        ("/lab/hop-by-hop", "the header connection", "S7"),
        ("/lab/status/100", "the status 100 is informational", "S5"),
        ("/lab/length/short", "5 bytes, but 10 were declared", "B5"),
        (
            "/lab/length/stream-short",
            "5 bytes, but 10 were declared",
            "B5",
        ),
        (
            "/none",
            "the view did not return a valid response: it returned `None`",
            "N2",
        ),
    ];
    let requests = faults.map(|(path, ..)| WireRequest::get(path));
    for stack in Stack::ALL {
        let (answers, log) = log_of(stack, &requests).await;
        let lines: Vec<_> = log.lines().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(lines.len(), faults.len(), "{stack}: {log}");
        for ((path, cause, clause), (line, answer)) in faults.iter().zip(lines.iter().zip(&answers))
        {
            assert!(line.contains(cause), "{stack} {path}: {line}");
            assert!(
                line.contains(&format!("clause=\"{clause}\"")),
                "{stack} {path}: {line}"
            );
            assert!(!answer.text().contains("private"), "{stack} {path}");
            assert!(!answer.text().contains(cause), "{stack} {path}");
        }
    }
}

#[tokio::test]
async fn b5_a_cut_is_logged_once() {
    for stack in Stack::ALL {
        for path in ["/lab/length/long", "/lab/length/stream-long"] {
            let (_, log) = log_of(stack, &[WireRequest::get(path)]).await;
            assert_eq!(
                log.matches("clause=\"B5\"").count(),
                1,
                "{stack} {path}: {log}"
            );
        }
    }
}
