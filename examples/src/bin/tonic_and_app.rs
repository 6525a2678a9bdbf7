//! `cargo run -p examples --features integrations --bin tonic_and_app`: gRPC beside an app, on one port.
//!
//! `grpcurl -plaintext -proto health.proto 127.0.0.1:8000 grpc.health.v1.Health/Check` asks the one,
//! a browser the other.

use adapter_hyper::Server;
use adapter_tower::tower_app;
use gateway_core::{App, Body, BoxError, Environ, Error, StartResponse, view};
use tonic_health::server::health_reporter;

/// Calls the one app for gRPC, the other for everything else.
struct Beside<G, P> {
    grpc: G,
    page: P,
}

impl<G: App, P: App> App for Beside<G, P> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let content_type = environ.content_type();
        if content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc")) {
            self.grpc.call(environ, start_response).await
        } else {
            self.page.call(environ, start_response).await
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        self.grpc.startup().await?;
        self.page.startup().await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.page.shutdown().await?;
        self.grpc.shutdown().await
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (reporter, health) = health_reporter();
    let served = tonic_health::ServingStatus::Serving;
    reporter.set_service_status("showcase", served).await;
    let site = Beside {
        grpc: tower_app(health),
        page: view(async |environ: Environ| format!("a page at {}\n", environ.path_info())),
    };
    Server::from_std(examples::listen()?)?.serve(site).await?;
    Ok(())
}
