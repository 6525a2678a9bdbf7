//! The program, as a process, on each stack.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use site::Stack;

const SITE: &str = env!("CARGO_BIN_EXE_site");

/// A site that runs. It does not outlive a test that fails.
struct Running {
    child: Child,
    address: String,
    _stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(stack: Stack, data: &Path) -> Self {
        let mut command = Command::new(SITE);
        command.args(["--bind", "127.0.0.1:0", "--stack", &stack.to_string()]);
        command.arg("--data").arg(data);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self {
            address: address.to_owned(),
            child,
            _stdout: stdout,
        }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Sends a request, and reads the response to its end.
    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = self.connect();
        let length = body.len();
        let lines = format!(
            "host: {}\r\nconnection: close\r\ncontent-length: {length}",
            self.address
        );
        write!(stream, "{head}\r\n{lines}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(SITE).args(arguments).output().unwrap()
}

/// Reads a head, and not a byte behind it.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn help_is_printed_and_a_mistake_is_one_line() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for option in ["--stack", "--bind", "--data", "--behind-a-proxy"] {
        assert!(text.contains(option), "{text}");
    }
    for arguments in [
        &["--stack", "nginx"][..],
        &["--bind", "everywhere"],
        &["--what"],
        &["--data"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with("site: "), "{text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "no directory").unwrap();
    let output = run(&["--bind", "127.0.0.1:0", "--data", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("site: could not open "), "{text}");
}

fn what_was_written_is_there_after_a_restart(stack: Stack) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("made/if/missing");
    let mut site = Running::start(stack, &data);
    let form = "name=Ada&password=correct+horse";
    let head = "POST /sign-up HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
    let answer = site.ask(head, form);
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    site.terminate();
    assert!(site.child.wait().unwrap().success());

    let site = Running::start(stack, &data);
    let head = "POST /sign-in HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
    let answer = site.ask(head, form);
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    assert!(answer.contains("set-cookie: session="), "{answer}");
}

fn at_the_end_sockets_get_1001_and_streams_end(stack: Stack) {
    let directory = tempfile::tempdir().unwrap();
    let mut site = Running::start(stack, directory.path());
    let mut socket = site.connect();
    let head = "GET /live HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    write!(socket, "{head}\r\nhost: {}\r\n\r\n", site.address).unwrap();
    let answer = read_head(&mut socket);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let mut events = site.connect();
    write!(
        events,
        "GET /live/events HTTP/1.1\r\nhost: {}\r\n\r\n",
        site.address
    )
    .unwrap();
    let answer = read_head(&mut events);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    site.terminate();
    let mut close = [0; 4];
    socket.read_exact(&mut close).unwrap();
    assert_eq!(close[0], 0x88, "a Close");
    assert_eq!(u16::from_be_bytes([close[2], close[3]]), 1001);
    // The reply, masked with zeros.
    socket
        .write_all(&[0x88, 0x82, 0, 0, 0, 0, 3, 0xe9])
        .unwrap();
    let mut rest = String::new();
    events.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "a whole body: {rest:?}");
    assert!(site.child.wait().unwrap().success());
}

/// Makes each function a test on each stack.
macro_rules! on_every_stack {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[test]
            fn hyper() {
                super::$name(site::Stack::Hyper);
            }

            #[test]
            fn axum() {
                super::$name(site::Stack::Axum);
            }

            #[test]
            fn actix() {
                super::$name(site::Stack::Actix);
            }
        }
    )*};
}

on_every_stack! {
    what_was_written_is_there_after_a_restart,
    at_the_end_sockets_get_1001_and_streams_end,
}
