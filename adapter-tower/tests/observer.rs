//! Observers of a service: told of everything, also of what reaches no app.

mod support;

use adapter_tower::TowerService;
use axum::Router;
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Ended, Outcome, RequestSummary, view};
use support::{TestResult, axum_serve};
use tokio::sync::mpsc;

/// A request with a malformed host, in the field or, over HTTP/2, in `:authority`.
fn malformed(protocol: Protocol, path: &str) -> WireRequest {
    match protocol {
        Protocol::Http1 => WireRequest::get(path).header("host", "a/b"),
        Protocol::Http2 => WireRequest::get(path).authority("u@a.example"),
    }
}

#[tokio::test]
async fn l8_a_service_tells_of_what_was_refused_before_the_app() -> TestResult {
    for protocol in Protocol::ALL {
        let (sender, mut told) = mpsc::unbounded_channel();
        let observer = move |request: &RequestSummary, outcome: &Outcome| {
            let status = outcome.status().map(|status| status.as_u16());
            let _ = sender.send((request.path().to_owned(), status, outcome.ended()));
        };
        let service = TowerService::new(view(async |_| "hello")).with_observer(observer);
        let address = axum_serve(Router::new().nest_service("/app", service)).await;
        let malformed = malformed(protocol, "/app/refused");
        let response = exchange(address, protocol, &malformed).await?;
        assert_eq!(response.status, 400, "{protocol:?}");
        let refused = ("/app/refused".to_owned(), Some(400), Ended::Refused);
        assert_eq!(told.recv().await, Some(refused));
        let response = exchange(address, protocol, &WireRequest::get("/app/a")).await?;
        assert_eq!(response.text(), "hello");
        let completed = ("/app/a".to_owned(), Some(200), Ended::Completed);
        assert_eq!(told.recv().await, Some(completed));
    }
    Ok(())
}
