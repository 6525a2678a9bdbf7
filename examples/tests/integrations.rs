//! The program with a service of another project: started, and driven by a client of its protocol.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "common/process.rs"]
mod process;

use std::net::SocketAddr;

use gateway_conformance::wire::{End, Protocol, WireRequest, WireResponse, exchange};

use process::{Running, program};

/// Starts a program on a free port.
fn start(path: &str, arguments: &[&str]) -> Running {
    let mut command = program(path, arguments);
    command.env("PORT", "0");
    Running::start(command)
}

async fn ask(address: SocketAddr, protocol: Protocol, request: WireRequest) -> WireResponse {
    let answer = exchange(address, protocol, &request).await.unwrap();
    assert!(answer.is_complete(), "{answer:?}");
    answer
}

#[tokio::test]
async fn tonic_and_app_share_a_port() {
    let server = start(env!("CARGO_BIN_EXE_tonic_and_app"), &[]);
    for protocol in Protocol::ALL {
        let page = ask(server.address, protocol, WireRequest::get("/any")).await;
        assert_eq!(page.text(), "a page at /any\n");
    }
    // `HealthCheckRequest { service }`, with the prefix of a gRPC message.
    let check = |service: &str| {
        let length = u8::try_from(service.len()).unwrap();
        let mut message = vec![0, 0, 0, 0, length + 2, 10, length];
        message.extend_from_slice(service.as_bytes());
        WireRequest::post("/grpc.health.v1.Health/Check")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(message)
    };
    let served = ask(server.address, Protocol::Http2, check("showcase")).await;
    assert_eq!(served.header("content-type"), Some("application/grpc"));
    // `HealthCheckResponse { status: SERVING }`.
    assert_eq!(served.body[..], [0, 0, 0, 0, 2, 8, 1]);
    assert_eq!(served.trailer("grpc-status"), Some("0"));
    assert_eq!(served.end, End::Complete);
    let unknown = ask(server.address, Protocol::Http2, check("x")).await;
    assert_eq!(unknown.header("grpc-status"), Some("5"));
    let (status, log) = server.terminate().await;
    assert!(status.success(), "{log}");
}
