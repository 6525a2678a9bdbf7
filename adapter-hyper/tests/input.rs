//! Request bodies and request heads, as bytes and frames.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use gateway_conformance::wire::{Protocol, WireRequest, exchange, http1, http2};
use gateway_core::{Body, Environ, Error, Input, StartResponse, app_fn};
use gateway_util::MiddlewareExt as _;
use http_body_util::BodyExt;
use support::{reports, start, twice};

const NONE: [(&str, &str); 0] = [];
const MIB: u64 = 1024 * 1024;

/// `/read` answers with CONTENT_LENGTH, the body and its trailers; `/ignore` reads nothing.
async fn app(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let text = match environ.raw_path_info() {
        "/ignore" => "ignored".to_owned(),
        _ => {
            let length = environ
                .get("CONTENT_LENGTH")
                .map(|length| length.to_string());
            let mut input: Input = environ.take_input();
            let text = input.text(MIB).await?;
            // I1: the end stays the end.
            assert_eq!(input.chunk().await?, None);
            let trailer = input.trailers().and_then(|trailers| trailers.get("x-sum"));
            format!("{length:?} {text:?} {trailer:?}")
        }
    };
    start_response.start(200, NONE)?;
    Ok(Body::from(text))
}

async fn read(request: WireRequest) -> [String; 2] {
    let server = start(app).await;
    let mut texts = Vec::new();
    for protocol in Protocol::ALL {
        let (first, second) = twice(
            server.addr,
            protocol,
            &request,
            &WireRequest::get("/ignore"),
        )
        .await;
        assert_eq!(second.text(), "ignored");
        texts.push(first.text());
    }
    server.stop().await;
    texts.try_into().unwrap()
}

#[tokio::test]
async fn i1_the_input_ends_at_its_length() {
    let seen = r#"Some("5") "hello" None"#;
    assert_eq!(
        read(WireRequest::post("/read").body("hello")).await,
        [seen, seen]
    );
}

#[tokio::test]
async fn i1_a_request_without_a_body_ends_at_once() {
    let seen = r#"None "" None"#;
    assert_eq!(read(WireRequest::get("/read")).await, [seen, seen]);
}

#[tokio::test]
async fn i2_an_undeclared_body_is_read_to_its_end() {
    let seen = r#"None "hello" None"#;
    assert_eq!(
        read(WireRequest::post("/read").chunked(["hel", "lo"])).await,
        [seen, seen]
    );
}

#[tokio::test]
async fn i7_request_trailers_follow_the_end() {
    let request = WireRequest::post("/read")
        .chunked(["hello"])
        .header("trailer", "x-sum");
    let seen = r#"None "hello" Some("7")"#;
    assert_eq!(read(request.trailers([("x-sum", "7")])).await, [seen, seen]);
}

#[tokio::test]
async fn i2_a_chunked_body_has_no_content_length_whatever_was_sent() {
    let server = start(app).await;
    for fields in [
        "transfer-encoding: chunked\r\ncontent-length: 3",
        "content-length: 3\r\ntransfer-encoding: chunked",
    ] {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        let head = format!("POST /read HTTP/1.1\r\nhost: a.example\r\n{fields}\r\n\r\n");
        connection
            .send(head + "5\r\nhello\r\n0\r\n\r\n")
            .await
            .unwrap();
        let response = connection.read_response("POST").await.unwrap();
        assert_eq!(response.text(), r#"None "hello" None"#, "{fields}");
        // RFC 9112 section 6.1: the connection is not used again.
        assert_eq!(response.header("connection"), Some("close"));
        assert!(connection.rest().await.unwrap().is_empty());
    }
    server.stop().await;
}

/// What the protocol forbids is answered with 400, and what follows is not a request.
async fn is_refused(head: &str) {
    let (sender, calls) = reports::<()>();
    let server = start(app_fn(move |_, start_response: StartResponse| {
        let _ = sender.send(());
        async move {
            start_response.start(200, NONE)?;
            Ok(Body::from("reached"))
        }
    }))
    .await;
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let next = "GET /next HTTP/1.1\r\nhost: a.example\r\n\r\n";
    connection
        .send(format!("{head}\r\n\r\n{next}"))
        .await
        .unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.status, 400, "{head}");
    assert_eq!(response.header("connection"), Some("close"));
    assert!(connection.rest().await.unwrap().is_empty());
    server.stop().await;
    assert!(calls.rest().await.is_empty(), "{head} reached the app");
}

#[tokio::test]
async fn i1_two_lengths_that_differ_are_refused() {
    is_refused("POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\ncontent-length: 9")
        .await;
}

#[tokio::test]
async fn e12_no_host_two_hosts_and_what_is_none_are_refused() {
    is_refused("GET / HTTP/1.1").await;
    is_refused("GET http://a.example/ HTTP/1.1").await;
    is_refused("GET / HTTP/1.1\r\nhost: a.example\r\nhost: a.example").await;
    is_refused("GET / HTTP/1.1\r\nhost: a.example\r\nhost: b.example").await;
    is_refused("GET / HTTP/1.0\r\nhost: a.example\r\nhost: b.example").await;
    is_refused("GET / HTTP/1.1\r\nhost: a.example, b.example").await;
}

#[tokio::test]
async fn e12_http_10_needs_no_host_and_http_2_has_an_authority() {
    let server = start(app).await;
    let old = WireRequest::get("/ignore").http10().without_host();
    let response = exchange(server.addr, Protocol::Http1, &old).await.unwrap();
    assert_eq!(response.text(), "ignored");
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let response = connection
        .request(&WireRequest::get("/ignore"))
        .await
        .unwrap();
    assert_eq!(response.text(), "ignored");
    server.stop().await;
}

#[tokio::test]
async fn i3_a_body_cut_short_is_an_error() {
    let (sender, mut outcomes) = reports();
    let server = start(app_fn(
        move |mut environ: Environ, start_response: StartResponse| {
            let sender = sender.clone();
            async move {
                let read = environ.take_input().bytes(MIB).await;
                let _ = sender.send(read.map_err(|error| error.is_transport()));
                start_response.start(200, NONE)?;
                Ok(Body::empty())
            }
        },
    ))
    .await;
    for rest in [
        "content-length: 10\r\n\r\nhello",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        let head = "POST / HTTP/1.1\r\nhost: a.example\r\n";
        connection.send(format!("{head}{rest}")).await.unwrap();
        connection.half_close().await.unwrap();
        assert_eq!(outcomes.next().await, Err(true));
    }
    // HTTP/2: a stream that ends before its declared length is malformed, whoever notices.
    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let request = WireRequest::post("/")
        .header("content-length", "10")
        .chunked(["hello"]);
    match connection.request(&request).await {
        Ok(response) => assert_ne!(response.status, 200),
        Err(error) => assert!(error.is_reset(), "{error:?}"),
    }
    server.stop().await;
    assert!(!outcomes.rest().await.iter().any(Result::is_ok));
}

#[tokio::test]
async fn i4_a_body_over_the_limit_is_413() {
    let server = start(app.limit_input(4)).await;
    for protocol in Protocol::ALL {
        for request in [
            WireRequest::post("/read").body("hello"),
            WireRequest::post("/read").chunked(["hel", "lo"]),
        ] {
            let response = exchange(server.addr, protocol, &request).await.unwrap();
            assert_eq!(response.status, 413);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn i5_a_small_unread_body_leaves_the_connection_in_step() {
    let server = start(app).await;
    for request in [
        WireRequest::post("/ignore").body("GET /smuggled HTTP/1.1\r\n\r\n"),
        WireRequest::post("/ignore").chunked(["GET /smuggled HTTP/1.1\r\n\r\n"]),
    ] {
        for protocol in Protocol::ALL {
            let probe = WireRequest::post("/read").body("own");
            let (first, second) = twice(server.addr, protocol, &request, &probe).await;
            assert_eq!(first.text(), "ignored");
            assert_eq!(second.text(), r#"Some("3") "own" None"#);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn i5_a_large_unread_body_closes_the_connection_and_loses_no_response() {
    let server = start(app).await;
    let large = vec![b'x'; 4 * 1024 * 1024];
    for _ in 0..20 {
        let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
        let request = WireRequest::post("/ignore").body(large.clone());
        let response = connection.request(&request).await.unwrap();
        assert_eq!(
            (response.status, response.text().as_str()),
            (200, "ignored")
        );
        assert!(response.is_complete());
        assert!(connection.closed().await);
    }
    // A client that sends everything before it reads.
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    let request = WireRequest::post("/ignore").body(large.clone());
    connection.send_request(&request).await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.text(), "ignored");

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let request = WireRequest::post("/ignore").body(large);
    let response = connection.request(&request).await.unwrap();
    assert_eq!(response.text(), "ignored");
    let probe = connection
        .request(&WireRequest::get("/ignore"))
        .await
        .unwrap();
    assert_eq!(probe.text(), "ignored");
    server.stop().await;
}

#[tokio::test]
async fn i6_continue_is_sent_at_the_first_read_and_not_without() {
    let server = start(app).await;
    let expecting = |path: &str| {
        let request = WireRequest::post(path).header("expect", "100-continue");
        request.header("content-length", "5").streamed()
    };
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection.send_request(&expecting("/read")).await.unwrap();
    assert_eq!(
        connection.read_interim().await.unwrap().unwrap().status,
        100
    );
    connection.send("hello").await.unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(response.text(), r#"Some("5") "hello" None"#);

    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection
        .send_request(&expecting("/ignore"))
        .await
        .unwrap();
    let response = connection.read_response("POST").await.unwrap();
    assert_eq!(
        (response.interim.len(), response.text().as_str()),
        (0, "ignored")
    );
    // The body may come or not: nothing after this head can be told from it.
    assert!(connection.closed().await);
    server.stop().await;
}

#[tokio::test]
async fn i2_a_body_is_echoed_as_it_arrives() {
    let server = start(app_fn(
        async |mut environ: Environ, start_response: StartResponse| {
            start_response.start(200, NONE)?;
            Ok(Body::new(environ.take_input().map_err(Error::from)))
        },
    ))
    .await;
    let request = WireRequest::post("/").streamed();
    let mut connection = http1::Http1Connection::open(server.addr).await.unwrap();
    connection.send_request(&request).await.unwrap();
    for (number, chunk) in ["one", "two"].into_iter().enumerate() {
        connection.send_chunk(chunk).await.unwrap();
        if number == 0 {
            assert_eq!(connection.read_head("POST").await.unwrap().status, 200);
        }
        assert_eq!(connection.read_chunk().await.unwrap().unwrap(), chunk);
    }
    connection.send_last_chunk().await.unwrap();
    assert!(connection.finish().await.unwrap().is_complete());

    let mut connection = http2::Http2Connection::open(server.addr).await.unwrap();
    let mut stream = connection.open_stream(&request).await.unwrap();
    for chunk in ["one", "two"] {
        stream.send(chunk).unwrap();
        assert_eq!(stream.chunk().await.unwrap().unwrap(), chunk);
    }
    stream.end().unwrap();
    assert!(stream.finish().await.unwrap().is_complete());
    server.stop().await;
}
