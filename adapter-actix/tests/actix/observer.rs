//! Observers of a service: told of everything, also of what reaches no app.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use actix_web::{App, HttpServer};
use adapter_actix::ActixService;
use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{Ended, Observer, Outcome, RequestSummary, view};

use crate::server::Server;
use crate::support::Served;

/// Longer than any machine needs.
const WAIT: Duration = Duration::from_secs(20);

type Told = (String, Option<u16>, Ended);

fn observer() -> (impl Observer, Receiver<Told>) {
    let (sender, told) = mpsc::channel();
    let observer = move |request: &RequestSummary, outcome: &Outcome| {
        let status = outcome.status().map(|status| status.as_u16());
        let _ = sender.send((request.path().to_owned(), status, outcome.ended()));
    };
    (observer, told)
}

/// A request with a malformed host, in the field or, over HTTP/2, in `:authority`.
fn malformed(protocol: Protocol, path: &str) -> WireRequest {
    match protocol {
        Protocol::Http1 => WireRequest::get(path).header("host", "a/b"),
        Protocol::Http2 => WireRequest::get(path).authority("u@a.example"),
    }
}

#[actix_web::test]
async fn l8_a_mount_and_a_service_tell_of_what_was_refused_before_the_app() {
    for protocol in Protocol::ALL {
        let (observer, told) = observer();
        let service = ActixService::new(view(async |_| "hello")).with_observer(observer);
        let server = Server::start(move |config| {
            config
                .service(service.clone().mount("/app"))
                .default_service(service.clone());
        });
        for place in ["/app", ""] {
            let path = format!("{place}/refused");
            let malformed = malformed(protocol, &path);
            let response = exchange(server.address, protocol, &malformed).await;
            assert_eq!(response.unwrap().status, 400, "{protocol:?}");
            assert_eq!(
                told.recv_timeout(WAIT).unwrap(),
                (path, Some(400), Ended::Refused)
            );
            let path = format!("{place}/a");
            let response = exchange(server.address, protocol, &WireRequest::get(&path)).await;
            assert_eq!(response.unwrap().text(), "hello");
            assert_eq!(
                told.recv_timeout(WAIT).unwrap(),
                (path, Some(200), Ended::Completed)
            );
        }
    }
}

/// What a mount registers is one observer, whose state all workers share.
#[actix_web::test]
async fn the_observer_is_one_for_all_workers() {
    let (observer, told) = observer();
    let alive = Arc::new(());
    let counted = alive.clone();
    let counting = move |request: &RequestSummary, outcome: &Outcome| {
        let _ = &counted;
        observer.observe(request, outcome);
    };
    let service = ActixService::new(view(async |_| "hello")).with_observer(counting);
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
    for _ in 0..6 {
        let response = exchange(served.address, Protocol::Http1, &WireRequest::get("/a")).await;
        assert_eq!(response.unwrap().status, 200);
        assert_eq!(told.recv_timeout(WAIT).unwrap().2, Ended::Completed);
    }
    assert_eq!(Arc::strong_count(&alive), 2);
}
