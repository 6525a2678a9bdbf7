//! What the program is told, and how it ends.

use std::net::TcpListener;
use std::process::Output;

use examples::Stack;
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1};

use crate::process::Running;
use crate::{run, showcase};

/// The one line on standard error; nothing is on standard output.
fn complaint(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_malformed_bind_is_one_line_and_2() {
    for wrong in [
        "nowhere",
        "127.0.0.1",
        "127.0.0.1:65536",
        ":8000",
        "127.0.0.1:http",
        "",
    ] {
        let output = run(&["--bind", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let text = complaint(&output);
        assert!(text.contains("--bind"), "{text}");
        assert!(text.contains("ADDR:PORT"), "{text}");
    }
}

#[test]
fn a_port_in_use_is_one_line_and_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for stack in Stack::ALL {
        let output = run(&["--stack", &stack.to_string(), "--bind", &address]);
        assert_eq!(output.status.code(), Some(1), "{stack}");
        let text = complaint(&output);
        assert!(
            text.contains(&format!("could not listen on {address}: ")),
            "{text}"
        );
    }
}

#[test]
fn an_unknown_stack_is_one_line_and_2() {
    for wrong in ["rocket", "Hyper", ""] {
        let output = run(&["--stack", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let text = complaint(&output);
        assert!(text.contains("expected hyper, actix or tower"), "{text}");
    }
}

#[test]
fn an_unknown_flag_is_one_line_and_2() {
    for arguments in [&["--nope"][..], &["extra"], &["--bind"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        complaint(&output);
    }
}

#[test]
fn a_malformed_port_is_one_line_and_2() {
    let output = showcase(&[]).env("PORT", "http").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("PORT"), "{output:?}");
}

#[test]
fn help_is_no_error() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("--stack") && text.contains("--bind"),
        "{text}"
    );
}

#[tokio::test]
async fn it_serves_and_sigterm_ends_it_with_0() {
    let mut by_port = showcase(&[]);
    by_port.env("PORT", "0");
    let mut commands = vec![by_port];
    for stack in Stack::ALL {
        let mut by_flag = showcase(&["--stack", &stack.to_string(), "--bind", "127.0.0.1:0"]);
        // Not looked at: the flag has the last word.
        by_flag.env("PORT", "http");
        commands.push(by_flag);
    }
    for command in commands {
        let server = Running::start(command);
        assert!(server.address.ip().is_loopback());
        assert_ne!(server.address.port(), 0);
        for protocol in Protocol::ALL {
            let answer = exchange(server.address, protocol, &WireRequest::get("/")).await;
            assert_eq!(answer.unwrap().text(), "Hello, World!");
        }
        let (status, _) = server.terminate().await;
        assert_eq!(status.code(), Some(0));
    }
}

#[tokio::test]
async fn l4_sigterm_lets_an_answer_in_flight_end() {
    for stack in Stack::ALL {
        let server = Running::start(showcase(&[
            "--stack",
            &stack.to_string(),
            "--bind",
            "127.0.0.1:0",
        ]));
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        let request = WireRequest::get("/lab/events?n=3&delay_ms=100");
        connection.send_request(&request).await.unwrap();
        // Its head is here: the signal comes in mid-stream.
        connection.read_head("GET").await.unwrap();
        let (answer, (status, log)) = tokio::join!(connection.finish(), server.terminate());
        let answer = answer.unwrap();
        assert!(answer.is_complete(), "{stack}: {answer:?}");
        assert!(
            answer.text().ends_with("event 3\n\n"),
            "{stack}: {answer:?}"
        );
        assert_eq!(status.code(), Some(0), "{stack}: {log}");
    }
}
