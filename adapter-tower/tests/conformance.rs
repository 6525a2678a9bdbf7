//! The adapter is held to the specification: every case over HTTP/1.1 and HTTP/2, under axum.

use std::net::SocketAddr;

use adapter_tower::service;
use axum::Router;
use gateway_conformance::{Capability, CaseOutcome, Suite, Via, app};

/// What hyper's parser refuses never reaches the adapter.
const BEFORE: &str = "hyper answers by itself, with an empty 400";

/// `axum::serve` closes a socket with bytes unread, which resets the connection. Whether the client has read
/// the farewell by then is a matter of time, so that the case passes now and then.
const IS_RESET: (&str, Via) = (
    "u8_what_nobody_reads_does_not_cost_the_farewell",
    Via::Http1,
);

#[tokio::test(flavor = "multi_thread")]
async fn m3_an_app_under_axum_keeps_the_specification() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback_service(service(app()));
    let served = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, served).await });
    let report = Suite::new()
        // Small answers wait for each other on these sockets: one by one it would take long.
        .at_once(8)
        .lacks(
            Capability::LocalAddress,
            "axum::serve tells the peer's address only",
        )
        .excuses_on(
            "i2_a_last_coding_that_is_not_chunked_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .excuses_on(
            "i2_a_coding_in_http_1_0_gets_the_gateways_page",
            Via::Http1,
            BEFORE,
        )
        .run_both(address)
        .await;
    let is_reset = |name, via| (name, via) == IS_RESET;
    let failed = |outcome: &CaseOutcome| matches!(outcome, CaseOutcome::Failed(_));
    let rows = report.rows();
    assert!(rows.iter().any(|row| is_reset(row.name, row.via)));
    let is_right = rows
        .iter()
        .all(|row| !failed(&row.outcome) || is_reset(row.name, row.via));
    assert!(is_right && report.problems().is_empty(), "{report}");
}
