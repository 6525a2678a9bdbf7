//! A tonic service as an app, and an app beside tonic services: the proof for trailers.

mod support;

use std::net::SocketAddr;

use adapter_tower::{service, tower_app};
use gateway_conformance::wire::{End, Protocol, WireRequest, exchange, http2};
use gateway_core::{App, view};
use gateway_util::Mount;
use support::{TestResult, axum_serve, hyper_serve};
use tonic_health::server::health_reporter;

/// A gRPC message with nothing in it, with its prefix.
const EMPTY: &[u8] = &[0, 0, 0, 0, 0];
/// `HealthCheckResponse { status: SERVING }`.
const SERVING: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

fn call(path: &str, message: &'static [u8]) -> WireRequest {
    WireRequest::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(message)
}

/// tonic's health service as an app.
fn health_app() -> impl App {
    let (_, health) = health_reporter();
    tower_app(health)
}

async fn assert_checks(address: SocketAddr, prefix: &str) -> TestResult {
    let request = call(&format!("{prefix}/grpc.health.v1.Health/Check"), EMPTY);
    let response = exchange(address, Protocol::Http2, &request).await?;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/grpc"));
    assert_eq!(response.body, SERVING);
    assert_eq!(response.trailer("grpc-status"), Some("0"));
    assert_eq!(response.end, End::Complete);
    // An unknown service: the status is in the head, there is no body.
    let unknown: &[u8] = &[0, 0, 0, 0, 3, 10, 1, b'x'];
    let request = call(&format!("{prefix}/grpc.health.v1.Health/Check"), unknown);
    let response = exchange(address, Protocol::Http2, &request).await?;
    assert_eq!(response.header("grpc-status"), Some("5"));
    assert!(response.body.is_empty());
    Ok(())
}

#[tokio::test]
async fn b11_a_tonic_service_is_an_app() -> TestResult {
    let address = hyper_serve(service(health_app())).await;
    assert_checks(address, "").await
}

#[tokio::test]
async fn b11_a_tonic_service_beside_an_app_under_a_prefix() -> TestResult {
    let site = Mount::new()
        .at("/rpc", health_app())
        .fallback(view(async |_| "page"));
    let address = hyper_serve(service(site)).await;
    assert_checks(address, "/rpc").await?;
    for protocol in Protocol::ALL {
        let response = exchange(address, protocol, &WireRequest::get("/")).await?;
        assert_eq!(response.body, "page");
    }
    Ok(())
}

#[tokio::test]
async fn b11_tonics_router_is_an_app_and_takes_one() -> TestResult {
    let (_, health) = health_reporter();
    let routes = tonic::service::Routes::new(health);
    assert_checks(hyper_serve(service(tower_app(routes.clone()))).await, "").await?;

    let router = routes.into_axum_router().nest_service(
        "/page",
        service(view(async |environ: gateway_core::Environ| {
            environ.script_name().to_string()
        })),
    );
    let address = axum_serve(router).await;
    assert_checks(address, "").await?;
    let response = exchange(address, Protocol::Http2, &WireRequest::get("/page/x")).await?;
    assert_eq!(response.body, "/page");
    Ok(())
}

#[tokio::test]
async fn b1_b3_a_server_stream_flows_while_it_is_open() -> TestResult {
    let (reporter, health) = health_reporter();
    let address = hyper_serve(service(tower_app(health))).await;
    let mut connection = http2::Http2Connection::open(address).await?;
    let watch = call("/grpc.health.v1.Health/Watch", EMPTY);
    let mut stream = connection.open_stream(&watch).await?;
    assert_eq!(stream.head().await?.status, 200);
    assert_eq!(stream.chunk().await?.unwrap(), SERVING);
    let down = tonic_health::ServingStatus::NotServing;
    reporter.set_service_status("", down).await;
    assert_eq!(stream.chunk().await?.unwrap()[..], [0, 0, 0, 0, 2, 8, 2]);
    Ok(())
}
