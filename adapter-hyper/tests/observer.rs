//! Observers of a server: told of everything, also of what reaches no app, and of what is cut.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::time::Duration;

use adapter_hyper::{HyperService, Server};
use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1, http2};
use gateway_core::{
    Body, Ended, Environ, Observer, Outcome, RequestSummary, StartResponse, app_fn, view,
};
use support::{Reports, reports, start_with};
use tokio::sync::mpsc::UnboundedSender;

/// Path, status and end of an exchange.
type Told = (String, Option<u16>, Ended);

fn telling(sender: UnboundedSender<Told>) -> impl Observer {
    move |request: &RequestSummary, outcome: &Outcome| {
        let status = outcome.status().map(|status| status.as_u16());
        let _ = sender.send((request.path().to_owned(), status, outcome.ended()));
    }
}

fn observer() -> (impl Observer, Reports<Told>) {
    let (sender, told) = reports();
    (telling(sender), told)
}

/// A request with a malformed host, in the field or, over HTTP/2, in `:authority`.
fn malformed(protocol: Protocol, path: &str) -> WireRequest {
    match protocol {
        Protocol::Http1 => WireRequest::get(path).header("host", "a/b"),
        Protocol::Http2 => WireRequest::get(path).authority("u@a.example"),
    }
}

#[tokio::test]
async fn l8_the_server_tells_of_what_was_refused_before_the_app() {
    for protocol in Protocol::ALL {
        let (observer, mut told) = observer();
        let app = view(async |_| "hello");
        let server = start_with(app, |server| server.with_observer(observer)).await;
        let malformed = malformed(protocol, "/refused");
        let response = exchange(server.addr, protocol, &malformed).await;
        assert_eq!(response.unwrap().status, 400, "{protocol:?}");
        let refused = ("/refused".to_owned(), Some(400), Ended::Refused);
        assert_eq!(told.next().await, refused);
        let response = exchange(server.addr, protocol, &WireRequest::get("/a")).await;
        assert_eq!(response.unwrap().text(), "hello");
        let completed = ("/a".to_owned(), Some(200), Ended::Completed);
        assert_eq!(told.next().await, completed);
        server.stop().await;
        assert!(told.rest().await.is_empty());
    }
}

#[tokio::test]
async fn l4_what_is_cut_at_the_deadline_has_ended_so() {
    let (observer, mut told) = observer();
    let (sender, mut called) = reports();
    let app = app_fn(move |environ: Environ, start_response: StartResponse| {
        let sender = sender.clone();
        async move {
            if environ.raw_path_info() == "/head" {
                let _ = sender.send(());
                return std::future::pending().await;
            }
            start_response.start(200, [("content-type", "text/plain")])?;
            Ok(Body::from_producer(async |mut writer| {
                writer.write("one").await?;
                std::future::pending().await
            }))
        }
    });
    let mut server = start_with(app, |server| {
        let deadline = Duration::from_millis(50);
        server.shutdown_deadline(deadline).with_observer(observer)
    })
    .await;
    let mut one = http1::Http1Connection::open(server.addr).await.unwrap();
    one.send_request(&WireRequest::get("/stream"))
        .await
        .unwrap();
    one.read_head("GET").await.unwrap();
    let mut two = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = two.open_stream(&WireRequest::get("/stream")).await.unwrap();
    stream.head().await.unwrap();
    let waiting = two.open_stream(&WireRequest::get("/head")).await.unwrap();
    called.next().await;
    server.tell();
    server.ended().await;
    let mut ends = [told.next().await, told.next().await, told.next().await];
    ends.sort_by(|one, two| one.0.cmp(&two.0));
    let cut = |path: &str, status| (path.to_owned(), status, Ended::Cut);
    assert_eq!(
        ends,
        [
            cut("/head", None),
            cut("/stream", Some(200)),
            cut("/stream", Some(200))
        ]
    );
    drop((one, stream, waiting));
    assert!(told.rest().await.is_empty());
}

/// L4: a server whose future is dropped is cut at once.
#[tokio::test]
async fn l4_what_a_dropped_server_cuts_has_ended_so() {
    let (observer, mut told) = observer();
    let (sender, mut called) = reports();
    let app = app_fn(move |_: Environ, _: StartResponse| {
        let _ = sender.send(());
        std::future::pending()
    });
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    let server = server.with_observer(observer);
    let task = tokio::spawn(server.serve_until(app, std::future::pending()));
    let mut one = http1::Http1Connection::open(addr).await.unwrap();
    one.send_request(&WireRequest::get("/")).await.unwrap();
    called.next().await;
    task.abort();
    assert_eq!(told.next().await, ("/".to_owned(), None, Ended::Cut));
}

#[tokio::test]
async fn the_services_observer_stays_when_the_server_has_one_too() {
    let (of_the_service, mut told) = observer();
    let (of_the_server, unheard) = observer();
    let service = HyperService::new(view(async |_| "hello")).with_observer(of_the_service);
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr().unwrap();
    let server = server.with_observer(of_the_server);
    let task = tokio::spawn(server.serve_service_until(service, std::future::pending()));
    exchange(addr, Protocol::Http1, &WireRequest::get("/a"))
        .await
        .unwrap();
    assert_eq!(told.next().await.2, Ended::Completed);
    assert!(unheard.rest().await.is_empty());
    task.abort();
}

#[tokio::test]
async fn l8_a_second_observer_of_a_server_is_told_nothing() {
    let (first, mut told) = observer();
    let (second, untold) = observer();
    let app = view(async |_| "hello");
    let configure = |server: Server| server.with_observer(first).with_observer(second);
    let server = start_with(app, configure).await;
    let response = exchange(server.addr, Protocol::Http1, &WireRequest::get("/a")).await;
    assert_eq!(response.unwrap().text(), "hello");
    assert_eq!(told.next().await.0, "/a");
    server.stop().await;
    assert!(untold.rest().await.is_empty());
}
