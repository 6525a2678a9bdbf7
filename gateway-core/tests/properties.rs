//! What holds for whatever a client sends and an app answers.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use bytes::Bytes;
use futures_util::FutureExt;
use gateway_core::{Body, EnvValue, Environ, Gateway, HttpError, Input, StartResponse, app_fn};
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use proptest::prelude::*;

/// Pieces of a path, joined.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/"),
        Just("//"),
        Just("%2F"),
        Just("%2f"),
        Just("%252F"),
        Just("%FF"),
        Just("%zz"),
        Just("%"),
        Just("%4"),
        Just("."),
        Just(".."),
        Just("a"),
        Just("api"),
        Just("%61pi"),
        Just(";x=1"),
        Just("+"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

/// E4: what is encoded is decoded once.
fn decoded(raw: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = match rest {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = std::str::from_utf8(&rest[1..3]).unwrap();
                Some(u8::from_str_radix(digits, 16).unwrap())
            }
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &rest[3..] } else { after };
    }
    bytes
}

fn environ(target: &str) -> Environ {
    Environ::from_request(Request::get(target).body(()).unwrap())
}

/// RFC 9112 section 3.2, RFC 3986 section 3.2.2, in the words of the grammar; no literals.
fn is_name_and_port(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let is_right = match byte {
            b'%' => {
                bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
                    && bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !is_right {
            return false;
        }
    }
    port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_refused(host: &[u8]) -> bool {
    let mut request = Request::new(());
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_bytes(host).unwrap());
    let (parts, ()) = request.into_parts();
    let gateway = Gateway::new(HttpError::not_found());
    gateway.refuses(&gateway.environ(parts, Input::empty()))
}

proptest! {
    #[test]
    fn e2_to_e7_a_path_is_cut_at_a_slash_and_decoded_once(path in path(), prefix in path()) {
        let mut environ = environ(&path);
        let is_mounted = environ.mount(&prefix);
        let (script_name, path_info) = (environ.raw_script_name(), environ.raw_path_info());
        prop_assert_eq!(format!("{script_name}{path_info}"), &*path);
        prop_assert!(path_info.is_empty() || path_info.starts_with('/'));
        prop_assert!(!script_name.ends_with('/'));
        let is_decoded = |value: EnvValue<'_>, raw| value.as_bytes() == decoded(raw);
        prop_assert!(is_decoded(environ.script_name(), script_name));
        prop_assert!(is_decoded(environ.path_info(), path_info));
        if is_mounted {
            let script_name = decoded(script_name);
            prop_assert_eq!(script_name, prefix.trim_end_matches('/').as_bytes());
        } else {
            prop_assert_eq!(script_name, "");
        }
    }

    #[test]
    fn e12_a_host_is_refused_by_the_grammar(host in "[a-z0-9.:%_@/ ,\\[\\]-]{1,12}") {
        prop_assume!(!host.contains(['[', ']']) && host.trim() == host);
        prop_assert_eq!(is_refused(host.as_bytes()), !is_name_and_port(&host), "{}", host);
    }

    #[test]
    fn e12_any_bytes_are_a_host_or_refused(host in proptest::collection::vec(0x20_u8..0x7f, 0..40)) {
        let is_refused = is_refused(&host);
        let has_delimiter = host.iter().any(|byte| b"/@\\?# \"<>".contains(byte));
        prop_assert!(is_refused || !has_delimiter);
    }

    #[test]
    fn s6_s7_s9_a_head_that_is_sent_is_one(
        lines in proptest::collection::vec(
            (
                prop_oneof![
                    Just("x-a".to_owned()),
                    Just("content-length".to_owned()),
                    Just("connection".to_owned()),
                    Just("transfer-encoding".to_owned()),
                    Just("trailer".to_owned()),
                    "[ -~]{0,6}",
                ],
                prop_oneof![
                    Just("5".to_owned()),
                    Just("5, 5".to_owned()),
                    Just("close".to_owned()),
                    Just("a\r\nx-evil: b".to_owned()),
                    "[\\x00-\\x7f]{0,6}",
                ],
            ),
            0..4,
        ),
    ) {
        let gateway = Gateway::new(app_fn(move |_: Environ, start_response: StartResponse| {
            let lines = lines.clone();
            async move {
                start_response.start(200, lines)?;
                Ok(Body::from_chunks(["he", "llo"]))
            }
        }));
        let (parts, ()) = Request::new(()).into_parts();
        let answer = gateway.handle(gateway.environ(parts, Input::empty()));
        let response = answer.now_or_never().unwrap();
        let headers = response.headers().clone();
        for name in ["connection", "transfer-encoding", "x-evil"] {
            prop_assert!(!headers.contains_key(name));
        }
        for value in headers.values() {
            let value = value.as_bytes();
            prop_assert!(!value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'));
            prop_assert_eq!(value.trim_ascii(), value);
        }
        prop_assert!(headers.get_all("content-length").iter().count() <= 1);
        let body = response.into_body().collect().now_or_never();
        if let Some(Ok(body)) = body {
            let body: Bytes = body.to_bytes();
            let length = headers.get("content-length").map(|length| length.to_str().unwrap());
            prop_assert!(length.is_none_or(|length| length == body.len().to_string()));
        }
    }
}
