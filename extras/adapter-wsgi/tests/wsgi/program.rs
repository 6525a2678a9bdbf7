//! The program `serve`.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};

use gateway_conformance::wire::{WireRequest, http1};

fn serve(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serve"));
    command
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python"))
        .env_remove("RUST_LOG");
    command
}

/// A child that does not outlive a test that fails.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = serve(arguments);
        command.args(["--bind", "127.0.0.1:0"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("listening on http://")
            .unwrap()
            .trim_end();
        Self {
            address: address.parse().unwrap(),
            child,
        }
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end; gives the exit code and the log.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_bad_argument_is_one_line_and_exit_2() {
    for arguments in [
        &["plain"][..],
        &[":"],
        &["no_such_module:app"],
        &["plain.sub:app"],
        &["plain:nothing"],
        &["plain:BODY"],
        &["plain:app", "--stack", "apache"],
        &["plain:app", "--bind", "nowhere"],
        &["plain:app", "--threads", "0"],
        &["plain:app", "--unknown"],
        &[],
    ] {
        let Output {
            status,
            stdout,
            stderr,
        } = serve(arguments).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(
            (status.code(), said.lines().count()),
            (Some(2), 1),
            "{arguments:?}: {said}"
        );
        assert!(said.starts_with("serve: ") && stdout.is_empty(), "{said}");
    }
}

#[test]
fn help_names_every_option_and_ends_well() {
    let Output {
        status,
        stdout,
        stderr,
    } = serve(&["--help"]).output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert_eq!((status.code(), stderr.len()), (Some(0), 0));
    for named in [
        "MODULE:CALLABLE",
        "--stack",
        "--bind",
        "--threads",
        "--queue",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
}

#[test]
fn a_module_that_fails_is_shown_with_its_traceback() {
    let output = serve(&["broken:app"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("ZeroDivisionError"), "{said}");
    assert!(
        said.ends_with("serve: the module `broken` failed\n"),
        "{said}"
    );
}

/// L4: a call in flight ends, with its `close()`, and Python ends as it does elsewhere.
#[tokio::test]
async fn l4_a_signal_lets_a_call_end() {
    for stack in ["hyper", "axum", "actix"] {
        let running = Running::start(&["ending:app", "--stack", stack, "--threads", "2"]);
        let mut connection = http1::Http1Connection::open(running.address).await.unwrap();
        let head =
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n";
        connection.send(head).await.unwrap();
        // The callable reads by now.
        connection.read_interim().await.unwrap().unwrap();
        running.terminate();
        connection.send("the rest").await.unwrap();
        let response = connection.read_response("POST").await.unwrap();
        assert!(response.is_complete(), "{stack}");
        assert_eq!(response.text(), "the rest", "{stack}");
        drop(connection);
        let (code, log) = tokio::task::spawn_blocking(|| running.ended())
            .await
            .unwrap();
        assert_eq!(code, Some(0), "{stack}: {log}");
        for line in ["logged by the callable", "closed", "at exit"] {
            assert!(log.contains(line), "{stack}: {line}: {log}");
        }
    }
}

#[tokio::test]
async fn it_serves_flask_on_every_stack() {
    for stack in ["hyper", "axum", "actix"] {
        let running = Running::start(&["plain:app", "--stack", stack]);
        let mut connection = http1::Http1Connection::open(running.address).await.unwrap();
        let response = connection.request(&WireRequest::get("/")).await.unwrap();
        assert_eq!(
            (response.status, &*response.text()),
            (200, "Hello, World!"),
            "{stack}"
        );
    }
}
