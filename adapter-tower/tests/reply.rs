//! Return values across the border.

mod support;

use adapter_tower::{AxumReply, ViewReply};
use axum::Router;
use axum::response::{Html, Sse};
use axum::routing::{any, get};
use futures_util::StreamExt;
use gateway_conformance::wire::{End, Framing, Protocol, WireRequest, exchange, http1};
use gateway_core::{
    AppExt, Body, Environ, Error, HttpError, Json, Response, ResponseExt, TryIntoResponse, view,
};
use http::{HeaderMap, Request, StatusCode};
use support::{Dropped, TestResult, axum_serve, drive};

fn plain(body: impl Into<Body>) -> Response {
    Response::new(body.into())
}

fn handlers() -> Router {
    let none: Option<&str> = None;
    Router::new()
        .route("/text", any(async || AxumReply("hello")))
        .route(
            "/tuple",
            any(async || AxumReply((Json([1]), 201, [("x-a", "b")]))),
        )
        .route("/none", any(async move || AxumReply(none)))
        .route("/error", any(async || AxumReply(HttpError::not_found())))
        .route("/bad-status", any(async || AxumReply(("x", 99))))
        .route(
            "/bad-header",
            any(async || AxumReply(("x", [("x", "a\r\nb")]))),
        )
        .route("/hop", any(async || AxumReply(("x", [("upgrade", "h2c")]))))
        .route("/204", any(async || AxumReply(("stray", 204))))
        .route("/205", any(async || AxumReply(("stray", 205))))
        .route(
            "/304",
            any(async || AxumReply((Body::from_chunks(["stray"]), 304))),
        )
        .route(
            "/short",
            any(async || AxumReply(("x", [("content-length", "9")]))),
        )
        .route(
            "/long",
            any(async || AxumReply(("xyz", [("content-length", "1")]))),
        )
        .route(
            "/stream",
            any(async || AxumReply(Body::from_chunks(["a", "", "b"]))),
        )
        .route(
            "/first",
            any(async || {
                let chunks = [Err::<&str, _>(std::io::Error::other("broken"))];
                AxumReply(Body::from_stream(futures_util::stream::iter(chunks)))
            }),
        )
        .route(
            "/empty",
            any(async || AxumReply(Body::from_chunks(["", "x"].repeat(100)))),
        )
        .route(
            "/empties",
            any(async || AxumReply(Body::from_chunks([[""; 99].as_slice(), &["end"]].concat()))),
        )
        .route(
            "/late",
            any(async || {
                let chunks = [Ok("one"), Err(Error::msg("broken"))];
                let chunks = chunks.map(|chunk| chunk.map_err(Error::into_boxed));
                AxumReply(Body::from_stream(futures_util::stream::iter(chunks)))
            }),
        )
        .route(
            "/close",
            any(async || {
                let mut response = plain("bye");
                response.close_connection();
                AxumReply(response)
            }),
        )
}

#[tokio::test]
async fn n1_values_are_answered_as_views_are() -> TestResult {
    let address = axum_serve(handlers()).await;
    for protocol in Protocol::ALL {
        let ask = async |path: &str| exchange(address, protocol, &WireRequest::get(path)).await;
        let response = ask("/text").await?;
        assert_eq!(
            response.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(response.header("content-length"), Some("5"));
        assert_eq!(response.text(), "hello");
        let response = ask("/tuple").await?;
        assert_eq!(response.status, 201);
        assert_eq!(response.header("x-a"), Some("b"));
        assert_eq!(response.text(), "[1]\n");
        let response = ask("/stream").await?;
        assert_eq!(response.text(), "ab");
        assert_eq!(response.count("content-length"), 0);
        assert_eq!(ask("/error").await?.status, 404);
        for path in [
            "/none",
            "/bad-status",
            "/bad-header",
            "/hop",
            "/short",
            "/first",
        ] {
            let response = ask(path).await?;
            assert_eq!(response.status, 500, "{path}");
            assert_eq!(response.header_all("content-type").len(), 1, "{path}");
        }
        assert_eq!(ask("/long").await?.text(), "x");
        assert_eq!(ask("/empty").await?.text(), "x".repeat(100));
        assert_eq!(ask("/empties").await?.text(), "end");
        let response = ask("/late").await?;
        assert_eq!(response.text(), "one");
        assert_ne!(response.end, End::Complete);
    }
    Ok(())
}

#[tokio::test]
async fn b6_b7_bodies_that_must_not_be_are_not() -> TestResult {
    let address = axum_serve(handlers()).await;
    for protocol in Protocol::ALL {
        for path in ["/204", "/304"] {
            let response = exchange(address, protocol, &WireRequest::get(path)).await?;
            assert_eq!(response.framing, Framing::None, "{path}");
            assert_eq!(response.count("content-length"), 0, "{path}");
        }
        let response = exchange(address, protocol, &WireRequest::get("/205")).await?;
        assert_eq!(response.header("content-length"), Some("0"));
        let response = exchange(address, protocol, &WireRequest::head("/text")).await?;
        assert_eq!(response.header("content-length"), Some("5"));
        assert!(response.body.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn s7_close_connection_closes() -> TestResult {
    let address = axum_serve(handlers()).await;
    let mut connection = http1::Http1Connection::open(address).await?;
    let response = connection.request(&WireRequest::get("/close")).await?;
    assert_eq!(response.header("connection"), Some("close"));
    assert!(connection.closed().await);
    Ok(())
}

#[tokio::test]
async fn b1_l1_a_silent_stream_sends_its_head_and_is_closed_once() -> TestResult {
    let dropped = Dropped::default();
    let router = {
        let dropped = dropped.clone();
        Router::new().route(
            "/",
            get(async move || {
                let guard = dropped.guard();
                let silence = futures_util::stream::pending::<Result<&str, Error>>();
                let silence = silence.map(move |chunk| {
                    let _ = &guard;
                    chunk.map_err(Error::into_boxed)
                });
                AxumReply(Body::from_stream(silence))
            }),
        )
    };
    let address = axum_serve(router).await;
    let mut connection = http1::Http1Connection::open(address).await?;
    connection.send_request(&WireRequest::get("/")).await?;
    assert_eq!(connection.read_head("GET").await?.status, 200);
    assert_eq!(dropped.count(), 0);
    drop(connection);
    dropped.wait().await;
    assert_eq!(dropped.count(), 1);
    Ok(())
}

#[tokio::test]
async fn axum_s_values_are_views_return_values() -> TestResult {
    let app = view(async |environ: Environ| {
        if environ.query_string() == "events" {
            let events = futures_util::stream::pending::<Result<_, Error>>();
            let events = events.map(|event| event.map_err(Error::into_boxed));
            return ViewReply(axum::response::IntoResponse::into_response(Sse::new(
                events,
            )));
        }
        let mut headers = HeaderMap::new();
        headers.insert("connection", "close".parse().unwrap());
        headers.insert("x-a", "b".parse().unwrap());
        let value = (StatusCode::ACCEPTED, headers, Html("<p>"));
        ViewReply(axum::response::IntoResponse::into_response(value))
    });
    let request = |target: &str| Environ::from_request(Request::get(target).body(()).unwrap());
    let response = app.respond(request("/")).await?;
    assert_eq!(response.status(), 202);
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    assert_eq!(response.headers()["x-a"], "b");
    assert!(!response.headers().contains_key("connection"));
    assert!(response.closes_connection());
    assert_eq!(response.into_body().bytes().await?, "<p>");
    // B1: an event stream does not wait for its first event.
    let response = drive(app, support::get("/?events")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    // As any value, also in a tuple.
    let response = (ViewReply(Html("x")), 203).try_into_response()?;
    assert_eq!(response.status(), 203);
    Ok(())
}
