//! The programs that switch protocols, each started as line 1 of it says and driven over a socket.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use examples::Stack;
use futures_util::{SinkExt, StreamExt};
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use process::{Running, program};

const CHAT: &str = env!("CARGO_BIN_EXE_chat");
const TERMINAL: &str = env!("CARGO_BIN_EXE_terminal");
const AXUM_CHAT: &str = env!("CARGO_BIN_EXE_axum_chat_in_actix");
const LIBRARY: &str = env!("CARGO_BIN_EXE_tokio_websockets");
const ECHO: &str = env!("CARGO_BIN_EXE_websocket_echo");

type Socket = WebSocketStream<TcpStream>;

/// Starts a program on a free port.
fn start(path: &str, arguments: &[&str]) -> Running {
    let mut command = program(path, arguments);
    command.args(["--bind", "127.0.0.1:0"]);
    Running::start(command)
}

fn start_on(path: &str, stack: Stack) -> Running {
    start(path, &["--stack", &stack.to_string()])
}

async fn open(address: SocketAddr, path: &str) -> Socket {
    let stream = TcpStream::connect(address).await.unwrap();
    let request = format!("ws://{address}{path}").into_client_request();
    let (socket, _) = client_async(request.unwrap(), stream).await.unwrap();
    socket
}

async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

/// The next text.
async fn hear(socket: &mut Socket) -> String {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Close(frame) => panic!("{frame:?}"),
            _ => {}
        }
    }
}

/// The code of the server's Close.
async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        if let Message::Close(frame) = socket.next().await.unwrap().unwrap() {
            return frame.unwrap().code.into();
        }
    }
}

#[test]
fn each_helps_and_complains_in_one_line() {
    for path in [CHAT, TERMINAL, AXUM_CHAT, LIBRARY, ECHO] {
        let help = program(path, &["--help"]).output().unwrap();
        assert!(help.status.success(), "{path}");
        assert!(String::from_utf8(help.stdout).unwrap().contains("--bind"));
        for wrong in [&["--nope"][..], &["--bind", "nowhere"], &["extra"]] {
            let output = program(path, wrong).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{path} {wrong:?}");
            assert!(output.stdout.is_empty(), "{path} {wrong:?}");
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!(text.lines().count(), 1, "{path} {wrong:?}: {text}");
        }
    }
}

#[tokio::test]
async fn chat() {
    for stack in Stack::ALL {
        let server = start_on(CHAT, stack);
        let page = exchange(server.address, Protocol::Http1, &WireRequest::get("/")).await;
        assert!(page.unwrap().text().contains("new WebSocket"));
        let mut ada = open(server.address, "/ws?name=ada").await;
        let mut eve = open(server.address, "/ws?room=other&name=eve").await;
        say(&mut ada, "here").await;
        assert_eq!(hear(&mut ada).await, "ada: here");
        let mut bob = open(server.address, "/ws?name=bob").await;
        say(&mut bob, "hello").await;
        assert_eq!(hear(&mut bob).await, "bob: hello");
        assert_eq!(hear(&mut ada).await, "bob: hello");
        // A guest of another room has heard none of it.
        say(&mut eve, "alone").await;
        assert_eq!(hear(&mut eve).await, "eve: alone");
        // U12: all are told that the server shuts down.
        let told = async {
            for socket in [&mut ada, &mut bob, &mut eve] {
                assert_eq!(close_code(socket).await, 1001, "{stack}");
                // The answer to the Close, and the end.
                while let Some(Ok(_)) = socket.next().await {}
            }
        };
        let (_, (status, log)) = tokio::join!(told, server.terminate());
        assert!(status.success(), "{stack}: {log}");
    }
}

/// U12, with many: each is told, none is cut, and the server ends.
#[tokio::test]
async fn a_hundred_websockets_are_told_that_the_server_shuts_down() {
    for stack in Stack::ALL {
        let server = start_on(CHAT, stack);
        let mut sockets = Vec::new();
        for number in 0..100 {
            // In ten rooms, and all have spoken.
            let path = format!("/ws?room={}&name=guest", number % 10);
            let mut socket = open(server.address, &path).await;
            say(&mut socket, "here").await;
            assert_eq!(hear(&mut socket).await, "guest: here");
            sockets.push(socket);
        }
        let told = futures_util::future::join_all(sockets.iter_mut().map(async |socket| {
            let code = close_code(socket).await;
            // The answer to the Close, and the end.
            while let Some(Ok(_)) = socket.next().await {}
            code
        }));
        let (codes, (status, log)) = tokio::join!(told, server.terminate());
        assert_eq!(codes, [1001; 100], "{stack}");
        assert!(status.success(), "{stack}: {log}");
    }
}

/// The client of `terminal`, with pipes.
fn terminal_client(address: SocketAddr) -> Command {
    let mut command = program(TERMINAL, &["--connect", &address.to_string()]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn terminal() {
    for stack in [Stack::Hyper, Stack::Tower] {
        let server = start_on(TERMINAL, stack);
        let mut client = terminal_client(server.address).spawn().unwrap();
        let mut input = client.stdin.take().unwrap();
        let mut output = BufReader::new(client.stdout.take().unwrap()).lines();
        let mut hear = || output.next().unwrap().unwrap();
        assert_eq!(hear(), "Say help for help.");
        for (command, said) in [
            ("set greeting hello to all", "ok"),
            ("get greeting", "hello to all"),
            ("names", "1 notes: greeting"),
            ("dance", "What? Say help for help."),
        ] {
            // Each response comes before the next command.
            writeln!(input, "{command}").unwrap();
            assert_eq!(hear(), said, "{stack}");
        }
        // Another terminal has the same notes, and ends with its input.
        let mut other = terminal_client(server.address).spawn().unwrap();
        let mut other_input = other.stdin.take().unwrap();
        writeln!(other_input, "get greeting").unwrap();
        drop(other_input);
        let other = other.wait_with_output().unwrap();
        assert!(other.status.success(), "{stack}");
        let said = String::from_utf8(other.stdout).unwrap();
        assert_eq!(said, "Say help for help.\nhello to all\n", "{stack}");

        // In one write: the server ends before it has read the end of the line.
        let long = format!("{}\n", "x".repeat(2000));
        input.write_all(long.as_bytes()).unwrap();
        assert_eq!(hear(), "The line is too long. Bye.", "{stack}");
        assert!(client.wait().unwrap().success(), "{stack}");
    }
}

#[tokio::test]
async fn terminal_tells_its_clients_that_the_server_shuts_down() {
    for stack in [Stack::Hyper, Stack::Tower] {
        let server = start_on(TERMINAL, stack);
        let mut client = terminal_client(server.address).spawn().unwrap();
        let mut output = BufReader::new(client.stdout.take().unwrap()).lines();
        assert_eq!(output.next().unwrap().unwrap(), "Say help for help.");
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{stack}: {log}");
        let last = output.next().unwrap().unwrap();
        assert_eq!(last, "The server shuts down. Bye.", "{stack}");
        // Its standard input is still open.
        assert!(client.wait().unwrap().success(), "{stack}");
    }
}

#[test]
fn terminal_is_declined_where_the_host_cannot_switch() {
    let server = start_on(TERMINAL, Stack::Actix);
    let client = terminal_client(server.address).output().unwrap();
    assert_eq!(client.status.code(), Some(1));
    let text = String::from_utf8(client.stderr).unwrap();
    assert_eq!(
        text,
        "terminal: the server does not switch to terminal/1: 426 Upgrade Required\n"
    );
    assert!(client.stdout.is_empty());
}

#[tokio::test]
async fn axum_chat_in_actix() {
    for (arguments, path) in [(&[][..], "/chat/ws"), (&["--alone"], "/ws")] {
        let server = start(AXUM_CHAT, arguments);
        let mut ada = open(server.address, path).await;
        say(&mut ada, "ada").await;
        assert_eq!(hear(&mut ada).await, "ada has joined");
        let mut bob = open(server.address, path).await;
        say(&mut bob, "bob").await;
        assert_eq!(hear(&mut bob).await, "bob has joined");
        say(&mut bob, "hello").await;
        assert_eq!(hear(&mut bob).await, "bob: hello");
        assert_eq!(hear(&mut ada).await, "bob has joined");
        assert_eq!(hear(&mut ada).await, "bob: hello");
        bob.close(None).await.unwrap();
        assert_eq!(hear(&mut ada).await, "bob has left");
        // axum's extractor refuses a plain request as it does in axum.
        let plain = exchange(server.address, Protocol::Http1, &WireRequest::get(path)).await;
        assert_eq!(plain.unwrap().status, 400);
        drop(ada);
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{log}");
    }
}

#[tokio::test]
async fn tokio_websockets() {
    for stack in Stack::ALL {
        let server = start_on(LIBRARY, stack);
        let mut socket = open(server.address, "/").await;
        for text in ["one", "two"] {
            say(&mut socket, text).await;
            assert_eq!(hear(&mut socket).await, text);
        }
        let bytes = Message::binary(vec![7; 100_000]);
        socket.send(bytes.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), bytes);
        let told = async {
            assert_eq!(close_code(&mut socket).await, 1001, "{stack}");
            while let Some(Ok(_)) = socket.next().await {}
        };
        let (_, (status, log)) = tokio::join!(told, server.terminate());
        assert!(status.success(), "{stack}: {log}");
    }
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn proxy() {
    let upstream = start_on(CHAT, Stack::Hyper);
    let url = format!("http://{}", upstream.address);
    for stack in Stack::ALL {
        let stack = stack.to_string();
        let arguments = ["--stack", &stack, "--upstream", &url];
        let server = start(env!("CARGO_BIN_EXE_proxy"), &arguments);
        let path = format!("/ws?room={stack}&name=ada");
        let mut through = open(server.address, &path).await;
        let mut beside = open(upstream.address, &path.replace("ada", "bob")).await;
        say(&mut beside, "here").await;
        assert_eq!(hear(&mut beside).await, "bob: here");
        say(&mut through, "hello").await;
        assert_eq!(hear(&mut beside).await, "ada: hello", "{stack}");
        through.close(None).await.unwrap();
        while let Some(Ok(_)) = through.next().await {}
        drop(through);
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{stack}: {log}");
    }
}
