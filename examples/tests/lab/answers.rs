//! Answers that are whole: status, fields, body.

use gateway_conformance::wire::{Framing, Protocol, WireRequest};

use crate::{ERROR_PAGE, HTML, JSON, Server, TEXT, expected_fields, fields, send};

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Body {
    /// With its length.
    Sized(&'static str),
    /// With the protocol's own framing.
    Streamed(&'static str),
    None,
}

type Row = (
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    Body,
);

const ROWS: &[Row] = &[
    (
        "/lab/ignore-body",
        200,
        &[HTML, ("content-length", "9")],
        Body::Sized("not read\n"),
    ),
    (
        "/lab/stream?chunks=3&size=4&delay_ms=1",
        200,
        &[TEXT],
        Body::Streamed("...\n...\n...\n"),
    ),
    (
        "/lab/stream?chunks=0",
        200,
        &[TEXT, ("content-length", "0")],
        Body::Sized(""),
    ),
    (
        "/lab/events?n=2&delay_ms=1",
        200,
        &[
            ("cache-control", "no-store"),
            ("content-type", "text/event-stream"),
        ],
        Body::Streamed("id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n"),
    ),
    (
        "/lab/push",
        200,
        &[TEXT],
        Body::Streamed("one\ntwo\nthree\n"),
    ),
    (
        "/lab/slow?ms=1",
        200,
        &[HTML, ("content-length", "11")],
        Body::Sized("after 1 ms\n"),
    ),
    (
        "/lab/cookies",
        200,
        &[
            HTML,
            ("content-length", "12"),
            ("set-cookie", "first=1; Path=/"),
            ("set-cookie", "second=2; HttpOnly; Path=/lab"),
        ],
        Body::Sized("two cookies\n"),
    ),
    (
        "/lab/late-start",
        200,
        &[TEXT],
        Body::Streamed("started from the body\n"),
    ),
    (
        "/lab/restart",
        503,
        &[TEXT, ("content-length", "16"), ("retry-after", "60")],
        Body::Sized("come back later\n"),
    ),
    (
        "/lab/status/200",
        200,
        &[JSON, ("content-length", "5")],
        Body::Sized("null\n"),
    ),
    ("/lab/status/204", 204, &[JSON], Body::None),
    (
        "/lab/status/205",
        205,
        &[JSON, ("content-length", "0")],
        Body::Sized(""),
    ),
    ("/lab/status/304", 304, &[JSON], Body::None),
    (
        "/lab/status/404",
        404,
        &[JSON, ("content-length", "5")],
        Body::Sized("null\n"),
    ),
    (
        "/lab/status/599",
        599,
        &[JSON, ("content-length", "5")],
        Body::Sized("null\n"),
    ),
    (
        "/lab/length/long",
        200,
        &[TEXT, ("content-length", "2")],
        Body::Sized("he"),
    ),
    (
        "/lab/length/stream-long",
        200,
        &[TEXT, ("content-length", "2")],
        Body::Sized("he"),
    ),
];

async fn each_answer_is_as_it_should_be(server: Server) {
    for (path, status, headers, body) in ROWS {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::get(path)).await;
            assert!(response.is_complete(), "{protocol:?} {path}");
            assert_eq!(response.status, *status, "{protocol:?} {path}");
            assert_eq!(
                fields(&response),
                expected_fields(headers),
                "{protocol:?} {path}"
            );
            let (text, framing) = match (body, protocol) {
                (Body::None, _) => ("", Framing::None),
                (Body::Sized(text), Protocol::Http1) => (*text, Framing::Length(text.len() as u64)),
                (Body::Streamed(text), Protocol::Http1) => (*text, Framing::Chunked),
                (Body::Sized(text) | Body::Streamed(text), Protocol::Http2) => {
                    (*text, Framing::Frames)
                }
            };
            assert_eq!(response.text(), text, "{protocol:?} {path}");
            assert_eq!(response.framing, framing, "{protocol:?} {path}");
        }
    }
}

/// Where the app goes wrong before anything was sent.
const FAULTS: &[&str] = &[
    "/lab/double-start",
    "/lab/no-start",
    "/lab/fail-first",
    "/lab/fail-after-empty",
    "/lab/panic",
    "/lab/error",
    "/lab/length/short",
    "/lab/hop-by-hop",
    "/lab/bad-header",
    "/lab/status/99",
    "/lab/status/100",
    "/lab/status/101",
    "/lab/status/1000",
];

async fn each_fault_is_one_generic_page(server: Server) {
    let length = ERROR_PAGE.len().to_string();
    let expected = expected_fields(&[HTML, ("content-length", &length)]);
    for path in FAULTS {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::get(path)).await;
            assert_eq!(response.status, 500, "{protocol:?} {path}");
            assert_eq!(fields(&response), expected, "{protocol:?} {path}");
            assert_eq!(response.text(), ERROR_PAGE, "{protocol:?} {path}");
        }
    }
}

async fn head_is_get_without_the_body(server: Server) {
    for path in [
        "/lab/environ",
        "/lab/push",
        "/lab/stream",
        "/lab/events",
        "/lab/late-start",
        "/lab/restart",
        "/lab/status/200",
        "/lab/status/204",
        "/lab/status/304",
        "/lab/length/long",
        "/lab/cookies",
    ] {
        for protocol in Protocol::ALL {
            let head = send(server, protocol, &WireRequest::head(path)).await;
            assert!(head.is_complete(), "{protocol:?} {path}");
            assert_eq!(head.framing, Framing::None, "{protocol:?} {path}");
            assert!(head.body.is_empty(), "{protocol:?} {path}");
            if matches!(path, "/lab/events" | "/lab/environ") {
                // The one has no end, the other tells of the method itself.
                assert_eq!(head.status, 200, "{protocol:?} {path}");
                continue;
            }
            let get = send(server, protocol, &WireRequest::get(path)).await;
            assert_eq!(head.status, get.status, "{protocol:?} {path}");
            assert_eq!(fields(&head), fields(&get), "{protocol:?} {path}");
        }
    }
}

async fn numbers_that_are_none_or_too_large_are_a_400(server: Server) {
    for (path, says) in [
        (
            "/lab/stream?chunks=x",
            "chunks is a number from 0 to 1048576.",
        ),
        (
            "/lab/stream?chunks=1048577",
            "chunks is a number from 0 to 1048576.",
        ),
        ("/lab/stream?size=0", "size is a number from 1 to 1048576."),
        (
            "/lab/stream?size=1048577",
            "size is a number from 1 to 1048576.",
        ),
        (
            "/lab/stream?delay_ms=60001",
            "delay_ms is a number from 0 to 60000.",
        ),
        ("/lab/slow?ms=-1", "ms is a number from 0 to 60000."),
        (
            "/lab/events?delay_ms=",
            "delay_ms is a number from 0 to 60000.",
        ),
    ] {
        for protocol in Protocol::ALL {
            let response = send(server, protocol, &WireRequest::get(path)).await;
            assert_eq!(response.status, 400, "{protocol:?} {path}");
            assert!(response.text().contains(says), "{}", response.text());
        }
    }
}

async fn other_paths_and_methods_are_refused(server: Server) {
    for protocol in Protocol::ALL {
        for path in [
            "/lab",
            "/lab/",
            "/lab/none",
            "/laboratory",
            "/lab/status/x",
            "/lab/status",
        ] {
            let response = send(server, protocol, &WireRequest::get(path)).await;
            assert_eq!(response.status, 404, "{protocol:?} {path}");
        }
        let response = send(server, protocol, &WireRequest::post("/string").body("x")).await;
        assert_eq!(response.status, 405, "{protocol:?}");
        assert_eq!(response.header("allow"), Some("GET, HEAD"), "{protocol:?}");
    }
}

on_every_stack! {
    each_answer_is_as_it_should_be,
    each_fault_is_one_generic_page,
    head_is_get_without_the_body,
    numbers_that_are_none_or_too_large_are_a_400,
    other_paths_and_methods_are_refused,
}
