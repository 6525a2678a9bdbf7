//! The answers that servers by themselves get wrong, one by one, over HTTP/1.1 and HTTP/2: each is
//! right, and the connection is in step behind it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests have in common may fail like a test"
)]

mod support;

use std::io;

use futures_util::stream;
use gateway_conformance::wire::{End, Framing, Protocol, Reason, Request, Response, http1, http2};
use gateway_core::{Body, Environ, Error, StartResponse};
use support::{start, twice};

const NONE: [(&str, &str); 0] = [];

async fn app(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let start = |status: u16, length: &'static str| {
        start_response.start(status, [("content-length", length)])
    };
    let path = environ.raw_path_info().to_owned();
    let hello = || Body::from_chunks(["hel", "lo"]);
    let failing = |first: &'static str| {
        let error = io::Error::other("the private reason");
        Body::from_stream(stream::iter([Ok(first), Err(error)]))
    };
    Ok(match path.as_str() {
        "/probe" => {
            start_response.start(200, [("x-probe", "1")])?;
            Body::from("probe")
        }
        "/full" => {
            start_response.start(200, [("content-type", "text/plain")])?;
            Body::from("hello")
        }
        "/stream" => {
            start_response.start(200, [("content-type", "text/plain")])?;
            hello()
        }
        "/204/body" => {
            start_response.start(204, NONE)?;
            Body::from("null\n")
        }
        "/204/length" => {
            start(204, "5")?;
            Body::from("null\n")
        }
        "/204/stream" => {
            start_response.start(204, NONE)?;
            hello()
        }
        "/205/body" => {
            start_response.start(205, NONE)?;
            Body::from("null\n")
        }
        "/205/stream" => {
            start_response.start(205, NONE)?;
            hello()
        }
        "/304/body" => {
            start(304, "5")?;
            Body::from("null\n")
        }
        "/304/stream" => {
            start_response.start(304, NONE)?;
            hello()
        }
        "/short" => {
            start(200, "10")?;
            Body::from("hello")
        }
        "/long" => {
            start(200, "2")?;
            Body::from("hello")
        }
        "/stream-short" => {
            start(200, "10")?;
            hello()
        }
        "/stream-long" => {
            start(200, "2")?;
            hello()
        }
        "/stream-long-later" => {
            start(200, "3")?;
            hello()
        }
        "/fail-first" => {
            start_response.start(200, NONE)?;
            failing("")
        }
        "/fail-late" => {
            start_response.start(200, NONE)?;
            failing("hello")
        }
        "/panic" => panic!("the private reason"),
        "/panic-first" => {
            start_response.start(200, NONE)?;
            Body::from_chunks((0..1).map(|_| -> &str { panic!("the private reason") }))
        }
        "/panic-late" => {
            start_response.start(200, NONE)?;
            Body::from_chunks(["hello", ""].into_iter().map(|text| match text {
                "" => panic!("the private reason"),
                text => text,
            }))
        }
        "/100" => {
            start_response.start(100, NONE)?;
            Body::from("hello")
        }
        "/upgrade" => {
            start_response.start(200, [("connection", "upgrade")])?;
            Body::from("hello")
        }
        other => panic!("no such path: {other}"),
    })
}

/// The answer over both protocols, each followed by a probe that has its own answer.
async fn answers(request: &Request) -> [Response; 2] {
    let server = start(app).await;
    let [one, two] = Protocol::ALL.map(|protocol| {
        let probe = Request::get("/probe");
        let addr = server.addr;
        async move { twice(addr, protocol, request, &probe).await }
    });
    let answers = [one.await, two.await].map(|(first, second)| {
        assert_eq!((second.status, second.text().as_str()), (200, "probe"));
        assert_eq!(second.header("x-probe"), Some("1"));
        assert!(first.is_complete() && second.is_complete());
        assert_eq!(first.count("x-probe"), 0);
        first
    });
    server.stop().await;
    answers
}

/// A generic page that says nothing of the reason.
async fn is_500(path: &str) {
    for response in answers(&Request::get(path)).await {
        assert_eq!(response.status, 500, "{path}");
        assert!(!response.body.is_empty());
        assert!(!response.text().contains("private"), "{}", response.text());
        assert_eq!(
            response.header("content-length"),
            Some(&*response.body.len().to_string())
        );
        assert_eq!(response.count("upgrade"), 0);
        assert_ne!(response.header("connection"), Some("upgrade"));
    }
}

/// A head and a chunk that the client has seen, and an end that it can tell from a good one.
async fn is_broken_off(path: &str, framing: Framing) {
    let server = start(app).await;
    let mut connection = http1::Connection::open(server.addr).await.unwrap();
    let response = connection.request(&Request::get(path)).await.unwrap();
    assert_eq!(
        (response.status, response.text().as_str()),
        (200, "hello"),
        "{path}"
    );
    assert_eq!((response.framing, response.end), (framing, End::Truncated));

    let mut connection = http2::Connection::open(server.addr).await.unwrap();
    let response = connection.request(&Request::get(path)).await.unwrap();
    assert_eq!(
        (response.status, response.text().as_str()),
        (200, "hello"),
        "{path}"
    );
    assert_eq!(response.end, End::Reset(Some(Reason::INTERNAL_ERROR)));
    // Only the stream is at an end.
    let probe = connection.request(&Request::get("/probe")).await.unwrap();
    assert_eq!(probe.text(), "probe");
    server.stop().await;
}

#[tokio::test]
async fn b7_204_has_no_body_and_no_length() {
    for path in ["/204/body", "/204/length", "/204/stream"] {
        for response in answers(&Request::get(path)).await {
            assert_eq!(response.status, 204, "{path}");
            assert_eq!(response.count("content-length"), 0);
            assert_eq!(response.count("transfer-encoding"), 0);
            assert!(response.body.is_empty());
        }
    }
}

#[tokio::test]
async fn b7_205_has_no_body_and_says_so() {
    for path in ["/205/body", "/205/stream"] {
        for response in answers(&Request::get(path)).await {
            assert_eq!(response.status, 205, "{path}");
            assert_eq!(response.header_all("content-length"), ["0"]);
            assert_eq!(response.count("transfer-encoding"), 0);
            assert!(response.body.is_empty());
        }
    }
}

#[tokio::test]
async fn b7_304_has_no_body_and_no_length() {
    for path in ["/304/body", "/304/stream"] {
        for response in answers(&Request::get(path)).await {
            assert_eq!(response.status, 304, "{path}");
            assert_eq!(response.count("content-length"), 0);
            assert_eq!(response.count("transfer-encoding"), 0);
            assert!(response.body.is_empty());
        }
    }
}

#[tokio::test]
async fn b6_head_has_the_fields_of_get_and_no_body() {
    for response in answers(&Request::head("/full")).await {
        assert_eq!(response.status, 200);
        assert_eq!(response.header_all("content-length"), ["5"]);
        assert_eq!(response.header("content-type"), Some("text/plain"));
        assert!(response.body.is_empty());
    }
}

#[tokio::test]
async fn b6_head_on_a_stream_has_no_body_and_no_invented_length() {
    for response in answers(&Request::head("/stream")).await {
        assert_eq!(response.status, 200);
        assert_eq!(response.count("content-length"), 0);
        assert_eq!(response.header("content-type"), Some("text/plain"));
        assert!(response.body.is_empty());
    }
}

#[tokio::test]
async fn b5_bytes_in_hand_that_are_too_few_are_a_500() {
    is_500("/short").await;
}

#[tokio::test]
async fn b5_bytes_in_hand_that_are_too_many_are_cut() {
    for response in answers(&Request::get("/long")).await {
        assert_eq!((response.status, response.text().as_str()), (200, "he"));
        assert_eq!(response.header_all("content-length"), ["2"]);
    }
}

#[tokio::test]
async fn b5_a_stream_that_is_too_long_is_cut() {
    for (path, text) in [("/stream-long", "he"), ("/stream-long-later", "hel")] {
        for response in answers(&Request::get(path)).await {
            assert_eq!((response.status, response.text().as_str()), (200, text));
            assert_eq!(
                response.header_all("content-length"),
                [&*text.len().to_string()]
            );
        }
    }
}

#[tokio::test]
async fn b5_a_stream_that_is_too_short_is_broken_off() {
    is_broken_off("/stream-short", Framing::Length(10)).await;
}

#[tokio::test]
async fn b4_a_known_length_is_declared_and_a_stream_is_framed() {
    let [over_1, over_2] = answers(&Request::get("/stream")).await;
    assert_eq!(
        (over_1.text().as_str(), over_1.framing),
        ("hello", Framing::Chunked)
    );
    assert_eq!(
        (over_2.text().as_str(), over_2.framing),
        ("hello", Framing::Frames)
    );
    for response in answers(&Request::get("/full")).await {
        assert_eq!(response.header_all("content-length"), ["5"]);
    }
}

#[tokio::test]
async fn b1_a_stream_that_fails_before_its_first_byte_is_a_500() {
    is_500("/fail-first").await;
}

#[tokio::test]
async fn b8_a_stream_that_fails_later_is_broken_off() {
    is_broken_off("/fail-late", Framing::Chunked).await;
}

#[tokio::test]
async fn b9_a_panic_before_commit_is_a_500() {
    is_500("/panic").await;
    is_500("/panic-first").await;
}

#[tokio::test]
async fn b9_a_panic_after_commit_breaks_the_response_off() {
    is_broken_off("/panic-late", Framing::Chunked).await;
}

#[tokio::test]
async fn s5_status_100_is_refused() {
    is_500("/100").await;
}

#[tokio::test]
async fn s7_a_connection_field_of_the_app_is_refused() {
    is_500("/upgrade").await;
}
