//! `Server::serve` ends on SIGTERM and Ctrl-C. In a process of its own: signals are the process's.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "what the tests use may fail like a test"
)]

use std::process::Command;

use adapter_hyper::Server;
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1};
use gateway_core::{Body, Environ, StartResponse, app_fn};

fn signal(name: &str) {
    let pid = std::process::id().to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn l4_sigterm_and_ctrl_c_end_a_server_and_a_second_one_cuts_it() {
    for name in ["TERM", "INT"] {
        let server = Server::bind("127.0.0.1:0").await.unwrap();
        let addr = server.local_addr().unwrap();
        let serving = tokio::spawn(server.serve(app_fn(
            async |environ: Environ, start_response: StartResponse| {
                start_response.start(200, [("x-a", "b")])?;
                if environ.raw_path_info() == "/endless" {
                    return Ok(Body::from_producer(async |mut writer| {
                        writer.write("one").await?;
                        std::future::pending().await
                    }));
                }
                Ok(Body::from("hello"))
            },
        )));
        // It serves, so it listens to signals.
        let response = exchange(addr, Protocol::Http1, &WireRequest::get("/")).await;
        assert_eq!(response.unwrap().text(), "hello");
        let mut endless = http1::Http1Connection::open(addr).await.unwrap();
        endless
            .send_request(&WireRequest::get("/endless"))
            .await
            .unwrap();
        endless.read_head("GET").await.unwrap();
        signal(name);
        while tokio::net::TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!serving.is_finished());
        signal(name);
        serving.await.unwrap().unwrap();
        assert!(!endless.finish().await.unwrap().is_complete());
    }
}
