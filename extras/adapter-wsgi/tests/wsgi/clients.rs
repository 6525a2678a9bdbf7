//! Clients that leave, or stop reading.

use std::future::poll_fn;
use std::pin::Pin;

use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1};
use gateway_core::{AppExt, Environ};
use http_body::Body as _;

use crate::support::{Server, events, noted, release, unique, wsgi};

fn get(query: &str) -> Environ {
    Environ::from_request(http::Request::get(format!("/?{query}")).body(()).unwrap())
}

/// B3: a client that stops reading stops the iteration: one chunk is with it, one on its way, and one
/// in the hand of the callable.
#[tokio::test]
async fn b3_an_iterable_runs_as_far_as_it_is_read() {
    let query = unique();
    let app = wsgi("hostile:yields_for_ever");
    let mut body = app.respond(get(&query)).await.unwrap().into_body();
    for read in 1..5 {
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        assert!(frame.unwrap().is_ok());
        noted(&query, "chunk", read + 1).await;
        assert!(events(&query).len() <= read + 2);
    }
    drop(body);
    noted(&query, "closed", 1).await;
    assert!(events(&query).len() <= 7);
}

/// L3: what has no bytes for its client ends with it. actix tells of a client's end at a write only.
async fn l3_an_endless_nothing_ends_with_its_client(server: Server) {
    let query = unique();
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let request = WireRequest::get(format!("/hostile/yields_nothing_for_ever?{query}"));
    connection.send_request(&request).await.unwrap();
    noted(&query, "running", 1).await;
    drop(connection);
    if server.is_actix {
        release(&query);
    }
    noted(&query, "closed", 1).await;
}

/// L3: an endless body ends with its client, on every stack.
async fn l3_an_endless_body_ends_with_its_client(server: Server) {
    let query = unique();
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let request = WireRequest::get(format!("/hostile/yields_for_ever?{query}"));
    connection.send_request(&request).await.unwrap();
    connection.read_head("GET").await.unwrap();
    connection.read_chunk().await.unwrap();
    drop(connection);
    noted(&query, "closed", 1).await;
}

/// B6: to HEAD an endless body is closed.
async fn b6_head_ends_an_endless_body(server: Server) {
    for protocol in Protocol::ALL {
        let query = unique();
        let request = WireRequest::head(format!("/hostile/yields_for_ever?{query}"));
        let response = exchange(server.address, protocol, &request).await.unwrap();
        assert_eq!(response.status, 200);
        noted(&query, "closed", 1).await;
    }
}

/// L1: the iterable is closed by the thread that was busy when its client left.
#[tokio::test]
async fn l1_a_busy_call_is_closed_when_its_client_has_left() {
    leaves_a_busy_call("hostile:blocks").await;
}

/// L1: a generator that nobody waits for any more is closed, and never started.
#[tokio::test]
async fn l1_a_generator_without_a_client_is_closed_unstarted() {
    leaves_a_busy_call("hostile:blocks_and_generates").await;
}

/// The client leaves while the call blocks. The call runs, and its iterable is closed; nothing else.
async fn leaves_a_busy_call(callable: &str) {
    let query = unique();
    let app = wsgi(callable);
    let call = tokio::spawn({
        let (app, environ) = (app.clone(), get(&query));
        async move { app.respond(environ).await.map(drop) }
    });
    noted(&query, "running", 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    release(&query);
    noted(&query, "closed", 1).await;
    assert_eq!(events(&query), ["running", "closed"]);
}

on_every_stack! {
    b6_head_ends_an_endless_body,
    l3_an_endless_body_ends_with_its_client,
    l3_an_endless_nothing_ends_with_its_client,
}
