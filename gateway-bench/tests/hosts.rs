//! What `figures.sh hosts` measures answers the same, whoever serves it, and both proxies ask the same.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

const TEXT: &str =
    "HTTP/1.1 200 OK\ncontent-length: 13\ncontent-type: text/plain; charset=utf-8\n\nHello, World!";

/// A server of the program, and its address.
struct Running(Child, String);

impl Running {
    fn start(args: &[&str]) -> Self {
        Self::program(env!("CARGO_BIN_EXE_hosts"), args)
    }

    fn program(path: &str, args: &[&str]) -> Self {
        let mut command = Command::new(path);
        let mut child = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut addr = String::new();
        let said = child.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut addr).unwrap();
        Self(child, addr.trim().to_owned())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.1).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream
    }

    /// The answer to a request, without what is not the same each time.
    fn answer(&self) -> String {
        let mut stream = self.connect();
        let request = "GET /app/plaintext?a=1 HTTP/1.1\r\nhost: a.example\r\nuser-agent: bench/1.0\r\n\
                       x-forwarded-for: 192.0.2.7\r\nx-hop: 1\r\nconnection: close, x-hop\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        sorted(&answer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The fields in one order, without those about the connection and the time.
fn sorted(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let mut fields: Vec<&str> = lines
        .filter(|line| !line.starts_with("date: ") && !line.starts_with("connection: "))
        .collect();
    fields.sort_unstable();
    format!("{first}\n{}\n\n{body}", fields.join("\n"))
}

/// The head of one request, and an answer to it.
fn hear(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let answer = TEXT.replace('\n', "\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
    sorted(&String::from_utf8(head).unwrap())
}

#[test]
fn proxies_ask_and_answer_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = listener.local_addr().unwrap().to_string();
    let hearing = thread::spawn(move || [hear(&listener), hear(&listener)]);
    for variant in ["gateway", "hyper"] {
        let proxy = Running::start(&["proxy", variant, &upstream]);
        assert_eq!(proxy.answer(), TEXT, "{variant}");
    }
    let [gateway, by_hand] = hearing.join().unwrap();
    assert_eq!(gateway, by_hand);
    assert!(
        gateway.contains("x-forwarded-for: 127.0.0.1\n"),
        "{gateway}"
    );
    let upstream = Running::start(&["upstream", "hyper"]);
    assert_eq!(upstream.answer(), TEXT);
}

#[test]
fn applications_of_actix_answer_the_same() {
    let gateway = Running::start(&["actix-app", "gateway"]);
    let native = Running::program(env!("CARGO_BIN_EXE_workers"), &["actix", "1"]);
    assert_eq!(gateway.answer(), TEXT);
    assert_eq!(native.answer(), TEXT);
}

#[test]
fn servers_of_fastcgi_answer_the_same() {
    for variant in ["gateway", "tokio-fastcgi"] {
        let server = Running::start(&["fastcgi", variant]);
        let mut stream = server.connect();
        // One request on a connection that is not kept, with two variables and an empty body.
        let params = b"\x0e\x03REQUEST_METHODGET\x0b\x0eREQUEST_URI/app/plaintext";
        let records = [
            record(1, &[0, 1, 0, 0, 0, 0, 0, 0]),
            record(4, params),
            record(4, b""),
            record(5, b""),
        ];
        stream.write_all(&records.concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let expected = TEXT.replace("HTTP/1.1 200 OK", "Status: 200 OK");
        assert_eq!(sorted(&output(&answer)), expected, "{variant}");
    }
}

#[test]
fn servers_of_fastcgi_keep_connections() {
    for variant in ["gateway", "tokio-fastcgi"] {
        let server = Running::start(&["fastcgi", variant]);
        let mut load = Command::new(env!("CARGO_BIN_EXE_load"));
        let load = load.args(["fastcgi", &server.1, "/app.php", "4", "40"]);
        let output = load.output().unwrap();
        assert!(output.status.success(), "{variant}: {output:?}");
    }
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[1, kind, 0, 1, 0, length, 0, 0], content].concat()
}

/// What the records of FCGI_STDOUT say.
fn output(mut records: &[u8]) -> String {
    let mut text = String::new();
    while let [_, kind, _, _, high, low, padding, _, rest @ ..] = records {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *kind == 6 {
            text.push_str(std::str::from_utf8(&rest[..length]).unwrap());
        }
        records = &rest[length + usize::from(*padding)..];
    }
    text
}
