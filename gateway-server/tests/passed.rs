//! Sockets that a parent process passes, to a child of the test: they are descriptors from 3 on.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may fail like a test"
)]

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Output, Stdio};

use gateway_server::{Listener, Socket, passed_sockets};

/// Runs the program below with descriptors in place of 3 and 4, and with the environment that
/// `variables` makes in a shell. It replaces the shell, so `$$` is its process.
fn child(variables: &str, first: impl AsFd, second: impl AsFd) -> Output {
    // The shell moves them: a descriptor that is inherited is otherwise one of 0 to 2.
    let script = format!(
        "exec 3<&0 4<&1 0</dev/null 1>&2; {variables} exec \"$0\" --exact told_by_its_parent --ignored --nocapture"
    );
    Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .stdin(Stdio::from(owned(first)))
        .stdout(Stdio::from(owned(second)))
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

fn owned(socket: impl AsFd) -> OwnedFd {
    socket.as_fd().try_clone_to_owned().unwrap()
}

/// What the child has said.
fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let said = text.lines().filter_map(|line| line.strip_prefix("said: "));
    said.map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "it takes the descriptors of its process; the tests below run it in one of its own"]
async fn told_by_its_parent() {
    match passed_sockets() {
        Ok(passed) => {
            // What this program starts has none of them.
            let inherits = Command::new("sh")
                .args([
                    "-c",
                    "{ true <&3; } 2>/dev/null || { true <&4; } 2>/dev/null",
                ])
                .status()
                .unwrap();
            println!(
                "said: inherited {}",
                inherits.success() && !passed.is_empty()
            );
            for passed in passed {
                let name = passed.name().map(str::to_owned);
                let mut socket: Socket = passed.into_socket();
                let addr = socket.local_addr();
                let (stream, connection) = socket.accept().await.unwrap();
                let is_known = connection.peer_addr().is_some();
                drop(stream);
                println!("said: {name:?} {addr:?} {is_known}");
            }
            println!("said: {} more", passed_sockets().unwrap().len());
            println!("said: {:?}", std::env::var_os("LISTEN_FDS"));
        }
        Err(error) => println!("said: {error}"),
    }
}

#[test]
fn systemd_s_sockets_are_taken_with_their_names() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = tcp.local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    // They wait in the queues.
    let _clients = (
        TcpStream::connect(addr).unwrap(),
        UnixStream::connect(&path).unwrap(),
    );
    let variables = "LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=web:admin";
    let output = child(variables, &tcp, &unix);
    assert!(output.status.success(), "{output:?}");
    let web = format!("Some(\"web\") Some({addr}) true");
    assert_eq!(
        said(&output),
        [
            "inherited false",
            web.as_str(),
            "Some(\"admin\") None false",
            "0 more",
            "None"
        ]
    );
    assert!(path.exists(), "the file is the parent's");
}

#[test]
fn listenfd_s_convention_has_no_pid_and_any_first_descriptor() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = tcp.local_addr().unwrap();
    let _client = TcpStream::connect(addr).unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    let output = child("LISTEN_FDS=1 LISTEN_FDS_FIRST_FD=4", &null, &tcp);
    assert!(output.status.success(), "{output:?}");
    let first = format!("None Some({addr}) true");
    assert_eq!(
        said(&output),
        ["inherited true", first.as_str(), "0 more", "None"]
    );
}

#[test]
fn what_was_passed_to_another_process_is_left_alone() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let output = child("LISTEN_FDS=1 LISTEN_PID=1", &tcp, &tcp);
    assert_eq!(said(&output), ["inherited false", "0 more", "None"]);
    let output = child("", &tcp, &tcp);
    assert_eq!(said(&output), ["inherited false", "0 more", "None"]);
}

#[test]
fn what_is_no_listening_socket_is_an_error_that_says_which() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    let output = child("LISTEN_FDS=2 LISTEN_PID=$$", &tcp, &null);
    // The first one's text is that of another test.
    let said_of = said(&output);
    assert_eq!(said_of.len(), 1, "{output:?}");
    assert!(said_of[0].starts_with("passed socket 2: "), "{said_of:?}");
    let connection = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
    let output = child("LISTEN_FDS=1 LISTEN_PID=$$", &connection, &null);
    assert_eq!(
        said(&output),
        ["passed socket 1: it is no listening socket"]
    );
}

#[test]
fn a_socket_that_does_not_listen_is_an_error() {
    let null = std::fs::File::open("/dev/null").unwrap();
    let addr: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    let tcp = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    tcp.bind(&addr.into()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = socket2::SockAddr::unix(directory.path().join("socket")).unwrap();
    let unix = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    unix.bind(&path).unwrap();
    for bound in [tcp, unix] {
        let output = child("LISTEN_FDS=1 LISTEN_PID=$$", &bound, &null);
        assert_eq!(
            said(&output),
            ["passed socket 1: it is no listening socket"]
        );
    }
}

#[test]
fn a_datagram_socket_is_an_error() {
    let null = std::fs::File::open("/dev/null").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let unix = UnixDatagram::bind(directory.path().join("socket")).unwrap();
    for datagram in [owned(udp), owned(unix)] {
        let output = child("LISTEN_FDS=1 LISTEN_PID=$$", &datagram, &null);
        let expected = "passed socket 1: fd 3 is not a valid tcp socket";
        assert_eq!(said(&output), [expected]);
    }
}

#[test]
fn a_descriptor_that_is_closed_is_an_error() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    // The first is there, the second is not.
    let variables = "exec 4<&-; LISTEN_FDS=2 LISTEN_PID=$$";
    let output = child(variables, &tcp, &tcp);
    assert_eq!(
        said(&output),
        ["passed socket 2: fd 4 is not a socket"],
        "{output:?}"
    );
}

#[test]
fn a_number_that_is_none_is_an_error() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    for number in ["one", "-1", "''", "1x", "4097", "99999999999999999999"] {
        for pid in ["LISTEN_PID=$$", "LISTEN_PID=", ""] {
            let output = child(&format!("LISTEN_FDS={number} {pid}"), &tcp, &tcp);
            let number = number.trim_matches('\'');
            let expected = format!("LISTEN_FDS is {number:?}, and not a number up to 4096");
            assert_eq!(said(&output), [expected]);
        }
        // It is not this process's.
        let output = child(&format!("LISTEN_FDS={number} LISTEN_PID=1"), &tcp, &tcp);
        assert_eq!(said(&output)[..2], ["inherited false", "0 more"]);
    }
    let output = child("LISTEN_FDS=0 LISTEN_PID=$$", &tcp, &tcp);
    assert_eq!(said(&output), ["inherited false", "0 more", "None"]);
}
