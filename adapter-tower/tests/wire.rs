//! Apps under axum and under hyper-util, looked at byte by byte.

#![expect(clippy::panic, reason = "an app may, and the gateway answers")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use adapter_tower::{TowerService, service};
use axum::Router;
use axum::routing::get_service;
use futures_util::StreamExt;
use gateway_conformance::wire::{End, Framing, Protocol, WireRequest, exchange};
use gateway_conformance::wire::{http1, http2};
use gateway_core::{App, Body, Environ, Error, HttpError, app_fn, view};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use support::{Dropped, TestResult, axum_serve, hyper_serve};

/// Answers as its path says.
fn laboratory() -> impl App {
    app_fn(|mut environ: Environ, start| async move {
        let path = environ.path_info().to_string();
        let plain = [("content-type", "text/plain")];
        let status = |status: u16| start.start(status, [("content-type", "text/plain")]);
        Ok(match &*path {
            "/text" => {
                start.start(200, plain)?;
                Body::from("hello")
            }
            "/204" => {
                status(204)?;
                Body::from("stray")
            }
            "/204-length" => {
                start.start(204, [("content-length", "5")])?;
                Body::from("stray")
            }
            "/205" => {
                status(205)?;
                Body::from("stray")
            }
            "/304" => {
                status(304)?;
                Body::from("stray")
            }
            "/304-stream" => {
                status(304)?;
                Body::from_chunks(["stray"])
            }
            "/stream" => {
                start.start(200, plain)?;
                Body::from_chunks(["one", "", "two"])
            }
            "/long" => {
                start.start(200, [("content-length", "2")])?;
                Body::from("hello")
            }
            "/short" => {
                start.start(200, [("content-length", "10")])?;
                Body::from("hello")
            }
            "/fails" => return Err(Error::msg("before anything")),
            "/panics" => panic!("an app may"),
            "/fails-first" => {
                start.start(200, plain)?;
                Body::from_stream(futures_util::stream::iter([Err::<&str, _>(
                    std::io::Error::other("broken"),
                )]))
            }
            "/fails-late" => {
                start.start(200, plain)?;
                let chunks = [Ok("one"), Err(std::io::Error::other("broken"))];
                Body::from_stream(futures_util::stream::iter(chunks))
            }
            "/echo" => {
                let bytes = environ.take_input().bytes(1 << 20).await?;
                start.start(200, plain)?;
                Body::from(bytes)
            }
            "/trailers" => {
                start.start(200, [("trailer", "x-sum")])?;
                let mut trailers = HeaderMap::new();
                trailers.insert("x-sum", HeaderValue::from_static("42"));
                let frames = [Frame::data("data".into()), Frame::trailers(trailers)];
                let frames = frames.map(Ok::<Frame<bytes::Bytes>, Error>);
                Body::new(StreamBody::new(futures_util::stream::iter(frames)))
            }
            "/close" => {
                start.start(200, plain)?;
                start.close_connection();
                Body::from("bye")
            }
            _ => return Err(HttpError::not_found().into()),
        })
    })
}

/// The ways to run an app as a tower service.
async fn hosts() -> Vec<(&'static str, SocketAddr)> {
    let routed = Router::new()
        .route_service("/{path}", TowerService::new(laboratory()))
        .layer(tower_http::trace::TraceLayer::new_for_http());
    // A method router touches HEAD itself.
    let method = Router::new().route("/{path}", get_service(TowerService::new(laboratory())));
    vec![
        (
            "axum fallback",
            axum_serve(Router::new().fallback_service(service(laboratory()))).await,
        ),
        ("axum route and trace", axum_serve(routed).await),
        ("axum get_service", axum_serve(method).await),
        ("hyper-util", hyper_serve(service(laboratory())).await),
        (
            "hyper-util, boxed",
            hyper_serve(TowerService::new(laboratory())).await,
        ),
    ]
}

#[tokio::test]
async fn b7_204_205_and_304_have_no_body() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            for path in ["/204", "/204-length", "/304", "/304-stream"] {
                // `exchange` refuses stray bytes.
                let response = exchange(address, protocol, &WireRequest::get(path)).await?;
                let case = format!("{host} {protocol:?} {path}");
                assert_eq!(response.status, path[1..4].parse::<u16>()?, "{case}");
                assert_eq!(response.framing, Framing::None, "{case}");
                assert_eq!(response.count("content-length"), 0, "{case}");
                assert_eq!(response.count("transfer-encoding"), 0, "{case}");
                assert!(response.is_complete(), "{case}");
            }
            let response = exchange(address, protocol, &WireRequest::get("/205")).await?;
            assert_eq!(response.header("content-length"), Some("0"), "{host}");
            assert!(response.body.is_empty(), "{host}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn b7_the_frames_of_204_are_one_head() -> TestResult {
    for (host, address) in hosts().await {
        let mut connection = http2::Http2Connection::open(address).await?;
        let response = connection.request(&WireRequest::get("/204")).await?;
        connection.assert_clean(&response).await?;
        let stream = response.stream.unwrap();
        let data = connection
            .frames_of(stream)
            .iter()
            .filter(|frame| frame.kind == http2::FrameKind::Data)
            .count();
        assert_eq!(data, 0, "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn b6_head_has_the_fields_of_get_and_no_body() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            let case = format!("{host} {protocol:?}");
            let response = exchange(address, protocol, &WireRequest::head("/text")).await?;
            assert_eq!(response.status, 200, "{case}");
            assert_eq!(response.header("content-length"), Some("5"), "{case}");
            assert_eq!(
                response.header("content-type"),
                Some("text/plain"),
                "{case}"
            );
            let response = exchange(address, protocol, &WireRequest::head("/stream")).await?;
            assert_eq!(response.status, 200, "{case}");
            assert_eq!(response.count("content-length"), 0, "{case}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn b2_b4_streams_are_framed_and_lengths_known() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            let response = exchange(address, protocol, &WireRequest::get("/stream")).await?;
            assert_eq!(response.body, "onetwo", "{host}");
            assert_eq!(response.count("content-length"), 0, "{host}");
            let response = exchange(address, protocol, &WireRequest::get("/text")).await?;
            assert_eq!(response.header("content-length"), Some("5"), "{host}");
            assert_eq!(response.body, "hello", "{host}");
        }
        let old = WireRequest::get("/stream").http10();
        let response = exchange(address, Protocol::Http1, &old).await?;
        assert_eq!(response.framing, Framing::CloseDelimited, "{host}");
        assert_eq!(response.body, "onetwo", "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn b1_errors_before_the_first_byte_are_500() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            for path in ["/fails", "/panics", "/fails-first", "/short"] {
                let response = exchange(address, protocol, &WireRequest::get(path)).await?;
                assert_eq!(response.status, 500, "{host} {path}");
                assert!(response.is_complete(), "{host} {path}");
            }
            let response = exchange(address, protocol, &WireRequest::get("/long")).await?;
            assert_eq!(response.body, "he", "{host}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn b8_a_late_error_breaks_the_response_off() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            let response = exchange(address, protocol, &WireRequest::get("/fails-late")).await?;
            assert_eq!(response.status, 200, "{host} {protocol:?}");
            assert_eq!(response.body, "one", "{host} {protocol:?}");
            assert_ne!(response.end, End::Complete, "{host} {protocol:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn b11_trailers_pass() -> TestResult {
    for (host, address) in hosts().await {
        for protocol in Protocol::ALL {
            let request = WireRequest::get("/trailers").header("te", "trailers");
            let response = exchange(address, protocol, &request).await?;
            assert_eq!(response.body, "data", "{host}");
            assert_eq!(response.trailer("x-sum"), Some("42"), "{host} {protocol:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn i1_i2_input_arrives_whole() -> TestResult {
    for (host, address) in hosts().await {
        if host == "axum get_service" {
            continue;
        }
        for protocol in Protocol::ALL {
            let request = WireRequest::post("/echo").body("a=b");
            let response = exchange(address, protocol, &request).await?;
            assert_eq!(response.body, "a=b", "{host}");
            let request = WireRequest::post("/echo").chunked(["a", "=", "b"]);
            let response = exchange(address, protocol, &request).await?;
            assert_eq!(response.body, "a=b", "{host}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn i5_unread_input_does_not_spoil_the_connection() -> TestResult {
    for (host, address) in hosts().await {
        let mut connection = http1::Http1Connection::open(address).await?;
        let request = WireRequest::new("GET", "/text").body("GET /204 HTTP/1.1\r\n\r\n");
        let response = connection.request(&request).await?;
        assert_eq!(response.body, "hello", "{host}");
        let probe = connection
            .assert_in_step(&WireRequest::get("/stream"))
            .await?;
        assert_eq!(probe.body, "onetwo", "{host}");
    }
    Ok(())
}

/// Under axum and hyper-util the one who reads next writes to a connection that is gone, unless it is
/// told.
#[tokio::test]
async fn i5_rfc_9112_9_6_a_response_whose_request_body_is_not_read_says_close() -> TestResult {
    for (host, address) in hosts().await {
        for (length, closes) in [(100, false), (200_000, true)] {
            for (path, status) in [("/text", 200), ("/missing", 404), ("/fails", 500)] {
                let case = format!("{host} {path} {length}");
                let mut connection = http1::Http1Connection::open(address).await?;
                let first = WireRequest::new("GET", path).body("x".repeat(length));
                let mut bytes = first.to_http1("a.example").to_vec();
                bytes.extend_from_slice(&WireRequest::get("/text").to_http1("a.example"));
                // The server may close before it has read everything.
                let _ = connection.send(bytes).await;
                let response = connection.read_response("GET").await?;
                assert_eq!(response.status, status, "{case}");
                assert_eq!(
                    response.header("connection") == Some("close"),
                    closes,
                    "{case}"
                );
                if !closes {
                    let second = connection.read_response("GET").await?;
                    assert_eq!(second.body, "hello", "{case}");
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn s7_close_connection_closes() -> TestResult {
    for (host, address) in hosts().await {
        let mut connection = http1::Http1Connection::open(address).await?;
        let response = connection.request(&WireRequest::get("/close")).await?;
        assert_eq!(response.header("connection"), Some("close"), "{host}");
        assert!(connection.closed().await, "{host}");
        let response = exchange(address, Protocol::Http2, &WireRequest::get("/close")).await?;
        assert_eq!(response.count("connection"), 0, "{host}");
        assert_eq!(response.body, "bye", "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn i4_a_limit_of_the_host_is_413() -> TestResult {
    let router = Router::new()
        .fallback_service(service(laboratory()))
        .layer(tower_http::limit::RequestBodyLimitLayer::new(3));
    let address = axum_serve(router).await;
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/echo").chunked(["four"]);
        let response = exchange(address, protocol, &request).await?;
        assert_eq!(response.status, 413, "{protocol:?}");
        let request = WireRequest::post("/echo").body("abc");
        let response = exchange(address, protocol, &request).await?;
        assert_eq!(response.body, "abc", "{protocol:?}");
    }
    Ok(())
}

#[tokio::test]
async fn b6_a_middleware_that_makes_head_of_get_is_followed() -> TestResult {
    let head = tower::util::MapRequestLayer::new(|mut request: http::Request<_>| {
        *request.method_mut() = http::Method::HEAD;
        request
    });
    let service = tower::ServiceBuilder::new()
        .layer(head)
        .service(TowerService::new(laboratory()));
    let request = http::Request::get("/text").body(Body::empty())?;
    let response = tower::ServiceExt::oneshot(service, request).await?;
    assert_eq!(response.headers()["content-length"], "5");
    assert!(Body::new(response.into_body()).bytes().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_timeout_around_an_app_answers_in_its_place() -> TestResult {
    let never = view(async |_| {
        std::future::pending::<()>().await;
        "never"
    });
    let status = http::StatusCode::GATEWAY_TIMEOUT;
    let layer = tower_http::timeout::TimeoutLayer::with_status_code(status, Duration::ZERO);
    let service = tower::ServiceBuilder::new()
        .layer(layer)
        .service(TowerService::new(never));
    let request = http::Request::get("/").body(Body::empty())?;
    let response = tower::ServiceExt::oneshot(service, request).await?;
    assert_eq!(response.status(), 504);
    Ok(())
}

/// An event stream whose head has to go out before its first event.
fn events(dropped: Dropped, flush: bool) -> impl App {
    app_fn(move |_, start| {
        let guard = dropped.guard();
        async move {
            start.start(200, [("content-type", "text/event-stream")])?;
            if flush {
                start.commit_early();
            }
            let silence = futures_util::stream::pending::<Result<&str, Error>>();
            let silence = silence.inspect(move |_| {
                let _ = &guard;
            });
            Ok(Body::from_stream(silence))
        }
    })
}

#[tokio::test]
async fn b1_l3_a_flushed_head_goes_out_and_a_client_that_leaves_ends_the_body() -> TestResult {
    for protocol in Protocol::ALL {
        let dropped = Dropped::default();
        let router = Router::new().nest_service("/events", service(events(dropped.clone(), true)));
        let address = axum_serve(router).await;
        let request = WireRequest::get("/events");
        match protocol {
            Protocol::Http1 => {
                let mut connection = http1::Http1Connection::open(address).await?;
                connection.send_request(&request).await?;
                assert_eq!(connection.read_head("GET").await?.status, 200);
                assert_eq!(dropped.count(), 0);
                drop(connection);
            }
            Protocol::Http2 => {
                let mut connection = http2::Http2Connection::open(address).await?;
                let mut stream = connection.open_stream(&request).await?;
                assert_eq!(stream.head().await?.status, 200);
                assert_eq!(dropped.count(), 0);
                drop(stream);
            }
        }
        // L1: closed, and once.
        dropped.wait().await;
        assert_eq!(dropped.count(), 1, "{protocol:?}");
    }
    Ok(())
}

#[tokio::test]
async fn l3_a_client_that_leaves_before_the_head_ends_the_app() -> TestResult {
    let dropped = Dropped::default();
    let app = {
        let dropped = dropped.clone();
        view(move |_| {
            let guard = dropped.guard();
            async move {
                std::future::pending::<()>().await;
                drop(guard);
                "never"
            }
        })
    };
    let address = axum_serve(Router::new().fallback_service(service(app))).await;
    let mut connection = http2::Http2Connection::open(address).await?;
    let stream = connection.open_stream(&WireRequest::get("/")).await?;
    connection.ping().await?;
    drop(stream);
    dropped.wait().await;
    Ok(())
}
