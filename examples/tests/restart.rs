//! The showcase on a socket that its parent passes: a restart refuses nobody.
#![cfg(unix)]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use examples::Stack;
use gateway_conformance::wire::{WireRequest, http1};

use process::{Running, program};

/// Starts the showcase as systemd does: the socket is descriptor 3.
fn start(stack: Stack, listener: &TcpListener) -> Running {
    let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
    let stack = stack.to_string();
    let showcase = env!("CARGO_BIN_EXE_showcase");
    let mut command = program("sh", &["-c", script, "sh", showcase, "--stack", &stack]);
    // It is not listened on: the socket that was passed is.
    command.env("PORT", "1");
    let socket: OwnedFd = listener.try_clone().unwrap().into();
    command.stdin(Stdio::from(socket));
    Running::start(command)
}

async fn ask(connection: &mut http1::Http1Connection) -> String {
    let response = connection.read_response("GET").await.unwrap();
    response.text()
}

#[tokio::test]
async fn who_connects_during_a_restart_waits() {
    for stack in Stack::ALL {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let first = start(stack, &listener);
        assert_eq!(first.address, addr);
        let mut connection = http1::Http1Connection::open(addr).await.unwrap();
        connection
            .send_request(&WireRequest::get("/"))
            .await
            .unwrap();
        assert_eq!(ask(&mut connection).await, "Hello, World!");
        drop(connection);
        let (status, log) = first.terminate().await;
        assert!(status.success(), "{stack}: {log}");

        let mut waits = http1::Http1Connection::open(addr).await.unwrap();
        waits.send_request(&WireRequest::get("/")).await.unwrap();
        let second = start(stack, &listener);
        assert_eq!(ask(&mut waits).await, "Hello, World!", "{stack}");
        drop(waits);
        let (status, log) = second.terminate().await;
        assert!(status.success(), "{stack}: {log}");
    }
}

#[test]
fn a_socket_that_is_no_listener_is_one_line() {
    let script = "exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_showcase")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = "showcase: could not take the socket that was passed: passed socket 1: ";
    assert!(
        said.starts_with(expected) && said.lines().count() == 1,
        "{said}"
    );
}
