//! The adapter is held to the specification: every case over HTTP/1.1 and HTTP/2, under axum.

use std::net::SocketAddr;

use adapter_tower::service;
use axum::Router;
use gateway_conformance::{Capability, Suite, Via, app};

#[tokio::test(flavor = "multi_thread")]
async fn m3_an_app_under_axum_keeps_the_specification() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback_service(service(app()));
    let served = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, served).await });
    Suite::new()
        // Small answers wait for each other on these sockets: one by one it would take long.
        .at_once(8)
        .lacks(
            Capability::LocalAddress,
            "axum::serve tells the peer's address only",
        )
        .excuses_on(
            "u8_what_nobody_reads_does_not_cost_the_farewell",
            Via::Http1,
            "axum::serve closes a socket with bytes unread, which resets it",
        )
        .run_both(address)
        .await
        .assert_passed();
}
