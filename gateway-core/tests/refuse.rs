//! What never reaches the app: E12, E14, E17, I2.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use gateway_core::{Connection, Environ, Gateway, HttpError, Input, Outgoing, RefusedHead, view};
use http::{Method, Request, Response, Version};
use support::run;

type Lines = &'static [(&'static str, &'static str)];

/// Answers a request that a connection parsed.
fn answer(version: Version, method: &str, target: &str, lines: Lines) -> Response<Outgoing> {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .version(version);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let gateway = Gateway::new(view(async |_: Environ| ("called", 299)));
    let mut environ = gateway.environ(parts, Input::empty());
    environ.set_connection(Connection::new().with_required_host(true));
    run(gateway.handle(environ))
}

fn status(version: Version, method: &str, target: &str, lines: Lines) -> u16 {
    answer(version, method, target, lines).status().as_u16()
}

const A: Lines = &[("host", "a.example")];
const NONE: Lines = &[];

#[test]
fn e12_http_1_1_from_a_connection_needs_one_host() {
    assert_eq!(status(Version::HTTP_11, "GET", "/", A), 299);
    assert_eq!(status(Version::HTTP_11, "GET", "/", &[("host", "")]), 299);
    assert_eq!(status(Version::HTTP_11, "GET", "/", NONE), 400);
    assert_eq!(
        status(Version::HTTP_11, "GET", "http://a.example/", NONE),
        400
    );
    assert_eq!(status(Version::HTTP_10, "GET", "/", NONE), 299);
    assert_eq!(
        status(Version::HTTP_2, "GET", "http://a.example/", NONE),
        299
    );
    assert_eq!(status(Version::HTTP_2, "GET", "/", NONE), 299);
}

#[test]
fn e12_a_request_made_in_process_needs_no_host() {
    let gateway = Gateway::new(view(async |_| "served"));
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let response = run(gateway.handle(gateway.environ(parts, Input::empty())));
    assert_eq!(response.status(), 200);
}

#[test]
fn e12_two_hosts_and_a_malformed_one_are_refused_on_every_version() {
    let twice: Lines = &[("host", "a.example"), ("host", "a.example")];
    for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
        assert_eq!(status(version, "GET", "/", twice), 400);
        for host in [
            &[("host", "a/b")] as Lines,
            &[("host", "u@a")],
            &[("host", "a, b")],
            &[("host", "a:b")],
            &[("host", "::1")],
            &[("host", "a]b")],
            &[("host", "a:80:81")],
            &[("host", "%zz")],
        ] {
            assert_eq!(status(version, "GET", "/", host), 400, "{host:?}");
        }
    }
}

#[test]
fn e12_the_host_of_a_target_has_no_userinfo() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        assert_eq!(status(version, "GET", "http://u@a.example/", A), 400);
        // RFC 9112 section 3.2.2: the host of the target counts, and the other is ignored.
        assert_eq!(status(version, "GET", "http://b.example/", A), 299);
    }
}

#[test]
fn e14_a_target_without_a_path_is_refused() {
    assert_eq!(status(Version::HTTP_11, "GET", "a.example:80", A), 400);
    assert_eq!(status(Version::HTTP_11, "GET", "*", A), 400);
    assert_eq!(status(Version::HTTP_11, "OPTIONS", "*", A), 299);
    assert_eq!(status(Version::HTTP_11, "CONNECT", "a.example:443", A), 501);
}

#[test]
fn i2_a_transfer_coding_other_than_one_chunked_is_refused() {
    const HOST: (&str, &str) = ("host", "a.example");
    const TE: &str = "transfer-encoding";
    for (lines, expected) in [
        (&[HOST, (TE, "chunked")] as Lines, 299),
        (&[HOST, (TE, " Chunked ,")], 299),
        (&[HOST, (TE, "gzip, chunked")], 501),
        (&[HOST, (TE, "gzip, deflate, Chunked,")], 501),
        (&[HOST, (TE, "gzip"), (TE, "chunked")], 501),
        (&[HOST, (TE, ""), (TE, "chunked")], 501),
        (&[HOST, (TE, "gzip")], 400),
        (&[HOST, (TE, "identity")], 400),
        (&[HOST, (TE, "")], 400),
        (&[HOST, (TE, " , ")], 400),
        (&[HOST, (TE, "chunked;a=b")], 400),
        (&[HOST, (TE, "chunked, gzip")], 400),
        (&[HOST, (TE, "chunked"), (TE, "gzip")], 400),
        (&[HOST, (TE, "chunked"), (TE, "")], 400),
        (&[HOST, (TE, "chunked, chunked")], 400),
        (&[HOST, (TE, "chunked, gzip, chunked")], 400),
        (&[HOST, (TE, "chunked"), (TE, "chunked")], 400),
    ] {
        assert_eq!(
            status(Version::HTTP_11, "POST", "/", lines),
            expected,
            "{lines:?}"
        );
    }
    let chunked: Lines = &[HOST, (TE, "chunked")];
    assert_eq!(status(Version::HTTP_10, "POST", "/", chunked), 400);
}

#[test]
fn e17_a_refusal_is_the_gateways_page_and_closes_http_1() {
    let response = answer(Version::HTTP_11, "GET", "/", NONE);
    assert_eq!(response.headers()["connection"], "close");
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let page = response.into_body().try_into_bytes().unwrap();
    let page = std::str::from_utf8(&page).unwrap();
    assert!(
        page.contains("400 Bad Request") && page.contains("no Host"),
        "{page}"
    );

    let response = answer(Version::HTTP_2, "GET", "*", NONE);
    assert_eq!(response.status(), 400);
    assert!(!response.headers().contains_key("connection"));

    let response = answer(Version::HTTP_11, "HEAD", "/", NONE);
    assert!(http_body::Body::is_end_stream(response.body()));
    assert!(response.body().announced().unwrap() > 0);
}

#[test]
fn e17_a_refusal_is_logged() {
    let (_, log) = support::logged(|| answer(Version::HTTP_11, "GET", "/", NONE));
    log.assert_said("E12", "a request was refused before the app");
}

#[test]
fn e17_what_no_environ_can_express_is_refused_in_the_same_way() {
    let gateway = Gateway::new(view(async |_| "called"));
    let head = RefusedHead::new(Version::HTTP_11)
        .with_method(Method::GET.as_str())
        .with_target("?x");
    let response = gateway.refuse(&head, HttpError::bad_request());
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["connection"], "close");
    assert!(response.body().announced().unwrap() > 0);
}

#[test]
fn e17_a_refusal_of_http_1_0_is_a_response_of_that_version() {
    let keep_alive: Lines = &[("host", "a/b"), ("connection", "keep-alive")];
    let response = answer(Version::HTTP_10, "GET", "/", keep_alive);
    assert_eq!(response.status(), 400);
    assert_eq!(response.version(), Version::HTTP_10);
    assert_eq!(response.headers()["connection"], "close");
}
