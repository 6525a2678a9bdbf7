//! The programs `cgi` and `php`: their arguments, and one request in each protocol.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const CGI: &str = env!("CARGO_BIN_EXE_cgi");
const PHP: &str = env!("CARGO_BIN_EXE_php");
const PROTOCOLS: [&str; 3] = ["fastcgi", "scgi", "uwsgi"];

/// A program with nothing of the test's own environment.
fn program(path: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(path: &str, arguments: &[&str]) -> Output {
    program(path, arguments).output().unwrap()
}

/// A program that serves, until it is dropped.
struct Running {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    line: String,
}

impl Running {
    fn start(path: &str, arguments: &[&str]) -> Self {
        let mut child = program(path, arguments)
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self {
            child,
            _stdout: stdout,
            line: line.trim_end().to_owned(),
        }
    }

    /// Sends SIGTERM, and is there when the program has ended well.
    fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success(), "{}", self.line);
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
fn help_is_no_error() {
    for (path, flags) in [
        (CGI, ["--protocol", "--bind", "--front-end"]),
        (PHP, ["--socket", "--root", "--stack"]),
    ] {
        let output = run(path, &["--help"]);
        assert!(output.status.success() && output.stderr.is_empty());
        let text = String::from_utf8(output.stdout).unwrap();
        for flag in flags {
            assert!(text.contains(flag), "{text}");
        }
    }
}

#[test]
fn a_bad_argument_is_one_line_and_2() {
    for (path, arguments, word) in [
        (CGI, &["--nope"][..], "--nope"),
        (CGI, &["--protocol", "ajp", "--bind", "127.0.0.1:0"], "ajp"),
        (CGI, &["--protocol", "scgi"], "required"),
        (CGI, &["--bind", "127.0.0.1:0"], "required"),
        (
            CGI,
            &["--protocol", "scgi", "--bind", "nowhere"],
            "unix:PATH",
        ),
        (CGI, &["--protocol", "scgi", "--bind", "unix:"], "unix:"),
        (CGI, &["--front-end", "iis"], "iis"),
        // Nobody has started it as a CGI program.
        (CGI, &[], "--help"),
        (PHP, &[], "required"),
        (
            PHP,
            &["--socket", "/s", "--root", "/r", "--stack", "rocket"],
            "rocket",
        ),
        (
            PHP,
            &["--socket", "/s", "--root", "/r", "--bind", "here"],
            "ADDR:PORT",
        ),
    ] {
        let output = run(path, arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(word), "{arguments:?}: {text}");
    }
}

#[test]
fn what_cannot_be_listened_on_is_one_line_and_1() {
    let arguments = ["--protocol", "scgi", "--bind", "unix:/nowhere/at/all"];
    let output = run(CGI, &arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.lines().count() == 1 && text.contains("/nowhere/at/all"),
        "{text}"
    );
}

/// A request for the front page of the showcase's server.
const ASKED: [(&str, &str); 7] = [
    ("CONTENT_LENGTH", "0"),
    ("SCGI", "1"),
    ("GATEWAY_INTERFACE", "CGI/1.1"),
    ("REQUEST_METHOD", "GET"),
    ("REQUEST_URI", "/"),
    ("SERVER_PROTOCOL", "HTTP/1.1"),
    ("HTTP_HOST", "a.example"),
];

fn assert_answers(answer: &[u8], what: &str) {
    let text = String::from_utf8_lossy(answer);
    assert!(text.contains(" 200 OK\r\n"), "{what}: {text}");
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    // FastCGI may have the header of a record before it.
    assert!(body.contains("Hello, World!"), "{what}: {text}");
}

#[test]
fn cgi_answers_the_request_of_its_environment() {
    let output = program(CGI, &[]).envs(ASKED).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    assert!(output.stdout.starts_with(b"Status: 200 OK\r\n"));
    assert_answers(&output.stdout, "cgi");
}

/// The request of `ASKED`.
fn request(protocol: &str) -> Vec<u8> {
    let length = |text: &str| u16::try_from(text.len()).unwrap();
    let mut pairs = Vec::new();
    for (name, value) in ASKED {
        match protocol {
            "fastcgi" => {
                let lengths = [length(name), length(value)].map(|length| length.to_be_bytes()[1]);
                pairs.extend_from_slice(&lengths);
                pairs.extend_from_slice(&[name.as_bytes(), value.as_bytes()].concat());
            }
            "scgi" => pairs.extend_from_slice(format!("{name}\0{value}\0").as_bytes()),
            _ => {
                for text in [name, value] {
                    pairs.extend_from_slice(&length(text).to_le_bytes());
                    pairs.extend_from_slice(text.as_bytes());
                }
            }
        }
    }
    let [high, low] = u16::try_from(pairs.len()).unwrap().to_be_bytes();
    match protocol {
        // A responder, whose connection is not kept; the variables; no input.
        "fastcgi" => [
            b"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0",
            &[1, 4, 0, 1, high, low, 0, 0][..],
            &pairs,
            b"\x01\x04\0\x01\0\0\0\0",
            b"\x01\x05\0\x01\0\0\0\0",
        ]
        .concat(),
        "scgi" => [format!("{}:", pairs.len()).as_bytes(), &pairs, b","].concat(),
        _ => [&[0, low, high, 0], &*pairs].concat(),
    }
}

#[test]
fn cgi_answers_a_request_in_each_protocol_over_tcp() {
    for protocol in PROTOCOLS {
        let arguments = ["--protocol", protocol, "--bind", "127.0.0.1:0"];
        let server = Running::start(CGI, &arguments);
        let place = server.line.strip_prefix("listening on ").unwrap();
        let place = place.strip_suffix(&format!(" ({protocol})")).unwrap();
        let mut stream = TcpStream::connect(place).unwrap();
        stream.write_all(&request(protocol)).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_answers(&answer, protocol);
        server.terminate();
    }
}

#[test]
fn cgi_answers_a_request_in_each_protocol_over_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    for protocol in PROTOCOLS {
        let path = directory.path().join(protocol);
        let bind = format!("unix:{}", path.display());
        let server = Running::start(CGI, &["--protocol", protocol, "--bind", &bind]);
        assert_eq!(server.line, format!("listening on {bind} ({protocol})"));
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(&request(protocol)).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_answers(&answer, protocol);
        server.terminate();
        assert!(!path.exists(), "the file is the server's");
    }
}

/// As php-fpm would: takes one request, and gives back its target.
fn php_fpm(listener: &UnixListener) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut seen = Vec::new();
    // The last record of a request is an empty FCGI_STDIN.
    while !seen.ends_with(b"\x01\x05\0\x01\0\0\0\0") {
        let mut space = [0; 4096];
        let read = stream.read(&mut space).unwrap();
        assert!(read > 0, "{seen:?}");
        seen.extend_from_slice(&space[..read]);
    }
    let has = |text: &[u8]| seen.windows(text.len()).any(|part| part == text);
    assert!(
        has(b"SCRIPT_FILENAME/srv/app/index.php"),
        "{}",
        seen.escape_ascii()
    );
    let content = b"Content-Type: text/plain\r\n\r\nfrom PHP";
    let length = u8::try_from(content.len()).unwrap();
    let output = [&[1, 6, 0, 1, 0, length, 0, 0][..], content].concat();
    let end = b"\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0";
    stream.write_all(&[&output[..], end].concat()).unwrap();
}

#[test]
fn php_passes_requests_below_php_on_every_stack() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fpm");
    let listener = UnixListener::bind(&path).unwrap();
    let socket = path.display().to_string();
    for stack in ["hyper", "actix", "tower"] {
        let arguments = [
            "--socket",
            &socket,
            "--root",
            "/srv/app",
            "--stack",
            stack,
            "--bind",
            "127.0.0.1:0",
        ];
        let server = Running::start(PHP, &arguments);
        let place = server.line.strip_prefix("listening on http://").unwrap();
        let ask = |target: &str| {
            let mut stream = TcpStream::connect(place).unwrap();
            let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            stream.shutdown(Shutdown::Both).unwrap_or_default();
            answer
        };
        std::thread::scope(|scope| {
            let fpm = scope.spawn(|| php_fpm(&listener));
            let answer = ask("/php/index.php/x?q=1");
            assert!(answer.contains("from PHP"), "{stack}: {answer}");
            fpm.join().unwrap();
        });
        let answer = ask("/");
        assert!(
            answer.contains("a PHP application is at /php"),
            "{stack}: {answer}"
        );
        server.terminate();
    }
}
