//! What clients send by mistake or with intent, byte by byte, and the right answer on every stack.
//! Each input was once answered wrongly.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use gateway_conformance::wire::{WireResponse, http1};

use common::{Exception, Server};

/// The bytes of an input.
macro_rules! input {
    ($name:literal) => {
        Input {
            name: $name,
            bytes: include_bytes!(concat!("inputs/", $name, ".http")),
        }
    };
}

#[derive(Debug, Clone, Copy)]
struct Input {
    name: &'static str,
    bytes: &'static [u8],
}

/// Sends an input, which asks for the end of the connection, and gives the answer.
async fn answer(server: Server, Input { name, bytes }: Input) -> WireResponse {
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    connection.send(bytes).await.unwrap();
    let response = connection.read_response("GET").await;
    let response = response.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(response.header("connection"), Some("close"), "{name}");
    let rest = connection.rest().await.unwrap();
    assert!(rest.is_empty(), "{name}: {rest:?}");
    response
}

async fn assert_answers(server: Server, rows: &[(Input, u16, &str)]) {
    for &(input, status, text) in rows {
        let response = answer(server, input).await;
        assert_eq!(response.status, status, "{}", input.name);
        assert_eq!(response.text().trim_end(), text, "{}", input.name);
    }
}

async fn assert_refused(server: Server, rows: &[(Input, u16)]) {
    for &(input, status) in rows {
        let response = answer(server, input).await;
        // Some of them actix refuses before the gateway, and with 400.
        let is_right = response.status == status || response.status == 400;
        assert!(is_right, "{}: {}", input.name, response.status);
    }
}

async fn rfc6265bis_5_6_a_cookie_keeps_white_space_of_unicode(server: Server) {
    let rows = [(
        input!("cookie-unicode-space"),
        200,
        r#"{"theme":null,"user":"good"}"#,
    )];
    assert_answers(server, &rows).await;
}

async fn rfc9110_12_5_1_what_java_accepts_by_default_is_not_406(server: Server) {
    let rows = [(input!("accept-java-default"), 200, "1 and 2")];
    assert_answers(server, &rows).await;
}

async fn rfc9110_5_6_6_a_content_type_may_have_white_space(server: Server) {
    let rows: [(Input, u16, &str); 3] = [
        (input!("json-ct-space-semicolon"), 200, r#"{"sum":3}"#),
        (input!("form-ct-space-semicolon"), 200, "Ada is 36"),
        (
            input!("multipart-ct-space-semicolon"),
            200,
            r#"{"bytes":1,"name":"a.txt","on_disk":false,"title":null,"type":null}"#,
        ),
    ];
    assert_answers(server, &rows).await;
}

/// What the showcase answers to a form with a file of one byte.
fn file(name: &str, title: &str) -> String {
    format!(r#"{{"bytes":1,"name":"{name}","on_disk":false,"title":{title},"type":null}}"#)
}

async fn rfc7578_4_2_a_file_stays_a_file(server: Server) {
    let rows: [(Input, &str); 5] = [
        (input!("filename-star-only"), "\u{20ac}.txt"),
        (input!("filename-star-before-filename"), "\u{20ac}.txt"),
        (input!("filename-latin1"), "caf\u{fffd}.txt"),
        // A name ends where a path of Windows ends: the backslash is a separator.
        (input!("filename-ends-in-escaped-backslash"), "a"),
        (input!("parameter-name-case"), "a.txt"),
    ];
    for (input, name) in rows {
        assert_answers(server, &[(input, 200, &file(name, "null"))]).await;
    }
}

async fn rfc2046_5_1_1_a_part_without_content_swallows_nothing(server: Server) {
    let expected = file("a.txt", r#""""#);
    assert_answers(server, &[(input!("part-without-body"), 200, &expected)]).await;
}

async fn rfc7578_4_5_a_part_is_decoded_from_its_charset(server: Server) {
    let expected = file("a.txt", "\"caf\u{e9}\"");
    assert_answers(server, &[(input!("part-charset"), 200, &expected)]).await;
}

async fn e14_a_target_that_is_a_host_or_an_asterisk_is_refused(server: Server) {
    let rows: [(Input, u16); 2] = [
        (input!("get-authority-form"), 400),
        (input!("get-asterisk"), 400),
    ];
    assert_refused(server, &rows).await;
}

async fn e12_a_malformed_host_two_and_none_are_refused(server: Server) {
    let rows: [(Input, u16); 3] = [
        (input!("host-bad-port"), 400),
        (input!("two-hosts"), 400),
        (input!("no-host"), 400),
    ];
    assert_refused(server, &rows).await;
}

async fn rfc7239_4_a_pair_that_is_empty_loses_nothing(server: Server) {
    let expected = r#"{"client":"192.0.2.1","host":"ex.example","scheme":"https","script_name":"/util/middlewares/proxy"}"#;
    let rows = [(input!("forwarded-trailing-semicolon"), 200, expected)];
    assert_answers(server, &rows).await;
}

async fn e13_a_prefix_that_a_browser_reads_as_a_host_is_not_believed(server: Server) {
    let expected = r#"{"client":"127.0.0.1","host":"h","scheme":"http","script_name":"/util/middlewares/proxy"}"#;
    let rows = [(input!("prefix-encoded-slashes"), 200, expected)];
    assert_answers(server, &rows).await;
}

async fn i2_a_coding_in_front_of_chunked_is_refused(server: Server) {
    assert_refused(server, &[(input!("te-gzip-chunked"), 501)]).await;
}

async fn b6_pipelined_answers_are_in_step(server: Server) {
    if server.is_excepted(Exception::Pipelining) {
        return;
    }
    for (Input { name, bytes }, first, second) in [
        (input!("head-then-get"), "HEAD", "GET"),
        (input!("get-then-head"), "GET", "HEAD"),
    ] {
        let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
        connection.send(bytes).await.unwrap();
        for method in [first, second] {
            let response = connection.read_response(method).await.unwrap();
            assert_eq!(response.status, 200, "{name}");
            assert!(response.is_complete(), "{name}");
            assert_eq!(response.body.is_empty(), method == "HEAD", "{name}");
        }
        assert!(connection.rest().await.unwrap().is_empty(), "{name}");
    }
}

/// RFC 9112 section 9.6.
async fn s7_a_request_behind_close_is_not_answered(server: Server) {
    if server.is_excepted(Exception::Pipelining) {
        return;
    }
    let response = answer(server, input!("request-after-close")).await;
    assert_eq!(response.status, 200);
}

/// SPEC's "Exceptions of hosts". The test fails when it is no longer so: the exception goes then.
async fn the_exception_of_a_bare_lf_behind_the_last_chunk_is_still_there(server: Server) {
    let mut connection = http1::Http1Connection::open(server.address).await.unwrap();
    let Input { bytes, .. } = input!("last-chunk-lf");
    connection.send(bytes).await.unwrap();
    let answers = connection.rest().await.unwrap();
    let answers = String::from_utf8_lossy(&answers);
    assert!(answers.contains(r#"{"length":0,"#), "{answers}");
    // It was taken for a trailer.
    assert!(!answers.contains("/lab/raw/second"), "{answers}");
    assert!(answers.contains("/lab/raw/third"), "{answers}");
}

on_every_stack!(
    the_exception_of_a_bare_lf_behind_the_last_chunk_is_still_there,
    rfc6265bis_5_6_a_cookie_keeps_white_space_of_unicode,
    rfc9110_12_5_1_what_java_accepts_by_default_is_not_406,
    rfc9110_5_6_6_a_content_type_may_have_white_space,
    rfc7578_4_2_a_file_stays_a_file,
    rfc2046_5_1_1_a_part_without_content_swallows_nothing,
    rfc7578_4_5_a_part_is_decoded_from_its_charset,
    e14_a_target_that_is_a_host_or_an_asterisk_is_refused,
    e12_a_malformed_host_two_and_none_are_refused,
    rfc7239_4_a_pair_that_is_empty_loses_nothing,
    e13_a_prefix_that_a_browser_reads_as_a_host_is_not_believed,
    i2_a_coding_in_front_of_chunked_is_refused,
    b6_pipelined_answers_are_in_step,
    s7_a_request_behind_close_is_not_answered,
);
