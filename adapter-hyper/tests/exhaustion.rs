//! A server outlives the moment in which the process has no file descriptor left. In a process of
//! its own, whose limit the shell has lowered.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "what the tests use may fail like a test"
)]

use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use adapter_hyper::Server;
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::view;

#[test]
fn accepting_goes_on_after_the_files_ran_out() {
    let status = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 48 && exec \"$0\" --exact exhausted --ignored",
        ])
        .arg(std::env::current_exe().unwrap())
        .status();
    assert!(status.unwrap().success());
}

#[tokio::test]
#[ignore = "takes every file descriptor of its process; the test above runs it in one of its own"]
async fn exhausted() {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    let serving = tokio::spawn(server.serve_until(view(async |_| "hello"), std::future::pending()));
    let response = exchange(addr, Protocol::Http1, &WireRequest::get("/")).await;
    assert_eq!(response.unwrap().status, 200);
    // Nothing is accepted meanwhile: this thread is the runtime's only one.
    let clients = take_all(addr);
    assert!(!clients.is_empty());
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(!serving.is_finished());
    drop(clients);
    let response = exchange(addr, Protocol::Http1, &WireRequest::get("/")).await;
    assert_eq!(response.unwrap().status, 200);
    serving.abort();
}

/// Connects until there is no file descriptor left.
fn take_all(addr: SocketAddr) -> Vec<TcpStream> {
    let mut clients = Vec::new();
    while clients.len() < 1000 {
        match TcpStream::connect(addr) {
            Ok(client) => clients.push(client),
            Err(_) => return clients,
        }
    }
    Vec::new()
}
