//! The end of the server.

use actix_web::{App, HttpServer};
use adapter_actix::{ActixService, mount};
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Duplex, Environ, ShutdownSignal, view};
use tokio::sync::mpsc;

use crate::server::Server;
use crate::support::Served;

use super::client::{Client, Dropped, soon, switching};

/// A server of several workers, with a deadline of a second, and its signal.
fn serve(app: impl gateway_core::App) -> (Server, ShutdownSignal) {
    let service = ActixService::new(app);
    let signal = service.shutdown_signal();
    let served = Served::start(move || {
        let app = move || App::new().service(service.clone().mount(""));
        let server = HttpServer::new(app)
            .workers(3)
            .disable_signals()
            .shutdown_timeout(1)
            .bind("127.0.0.1:0")
            .unwrap();
        (server.addrs()[0], server.run())
    });
    (Server::from(served), signal)
}

#[tokio::test]
async fn u12_streams_of_all_workers_hear_that_the_server_closes() {
    let (server, signal) = serve(switching(async |mut stream: Duplex| {
        stream.write_all(b"here").await?;
        stream.closing().await;
        stream.write_all(b", bye").await?;
        Ok(())
    }));
    let mut clients = Vec::new();
    for _ in 0..9 {
        let mut client = Client::switched(&server).await;
        client.expect("here").await;
        clients.push(client);
    }
    signal.begin();
    let stopping = server.stop();
    for client in &mut clients {
        assert_eq!(client.rest().await, ", bye");
    }
    soon(stopping).await;
}

#[tokio::test]
async fn u12_a_stream_that_does_not_end_is_cut_at_the_deadline() {
    let (drops, mut dropped) = mpsc::unbounded_channel();
    let (server, signal) = serve(switching(move |mut stream: Duplex| {
        let dropped = Dropped(drops.clone());
        async move {
            stream.write_all(b"here").await?;
            stream.closing().await;
            stream.write_all(b", and staying").await?;
            std::future::pending::<()>().await;
            drop(dropped);
            Ok(())
        }
    }));
    let mut client = Client::switched(&server).await;
    client.expect("here").await;
    signal.begin();
    let stopping = server.stop();
    client.expect(", and staying").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(soon(dropped.recv()).await, Some("dropped"));
    soon(stopping).await;
}

#[tokio::test]
async fn services_share_a_signal() {
    let signal = ShutdownSignal::new();
    let shared = signal.clone();
    let server = Server::start(move |config| {
        let closing = async |mut environ: Environ| environ.closing().has_begun().to_string();
        config
            .service(mount("/a", view(closing)).with_shutdown_signal(shared.clone()))
            .default_service(ActixService::new(view(closing)).with_shutdown_signal(shared.clone()));
    });
    let ask = async |path: &str| {
        let answer = exchange(server.address, Protocol::Http1, &WireRequest::get(path)).await;
        answer.unwrap().text()
    };
    assert_eq!(
        (ask("/a").await, ask("/b").await),
        ("false".into(), "false".into())
    );
    signal.begin();
    assert_eq!(
        (ask("/a").await, ask("/b").await),
        ("true".into(), "true".into())
    );
}
