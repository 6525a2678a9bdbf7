//! What the app of a case does, as data, for the cases that have an equivalent without a gateway:
//! the app sends a status, fields and a body, echoes, panics, or reports the request's path.
//!
//! Cases about what only a gateway has are left out: `start_response`, mounts, middlewares,
//! callbacks, early commits, CGI names of headers, limits, headers that are refused because the
//! gateway has another way to say it, and the defaults of this project's return values (all of N).
//! So are cases that need a capability which a host may lack.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use gateway_conformance::Case;
use gateway_conformance::facts::Run;
use serde_json::json;

use crate::heads;

/// Fields, in order.
pub(crate) type Fields = Vec<(&'static str, &'static [u8])>;

/// True if a case is one of those.
pub(crate) fn has_one(case: &Case) -> bool {
    case.needed().is_empty() && of(case.name(), "").is_some()
}

/// The target as it was sent. In HTTP/2 the URI is made from the scheme, the host and the path.
pub(crate) fn target(uri: &http::Uri, is_http2: bool) -> String {
    match uri.path_and_query().filter(|_| is_http2) {
        Some(target) => target.to_string(),
        None => uri.to_string(),
    }
}

/// What the handler of a case must do.
pub(crate) enum Equivalent {
    Answer(u16, Fields, Content),
    /// As above, and notes the clause if the framework refuses the head, `started` if not.
    Refused(&'static str, Fields),
    /// Responds with the [`report`] of the request.
    Report,
    Echo,
    Panic,
}

#[derive(Clone)]
pub(crate) enum Content {
    Bytes(&'static [u8]),
    /// The pieces, and what follows them.
    Pieces(Vec<Bytes>, Then),
}

#[derive(Clone, Copy)]
pub(crate) enum Then {
    End,
    Fail,
    Panic,
    /// The pieces again, forever.
    Again,
    /// Nothing, forever.
    Wait,
}

pub(crate) type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// The stream of the pieces. When it is closed, that is noted.
pub(crate) fn chunks(pieces: Vec<Bytes>, then: Then, run: &Run) -> Chunks {
    let guard = Arc::new(run.on_drop("closed"));
    let first = stream::iter(pieces.clone().into_iter().map(Ok));
    let stream: Chunks = match then {
        Then::End => first.boxed(),
        Then::Fail => first
            .chain(stream::iter([Err(io::Error::other("private"))]))
            .boxed(),
        #[expect(clippy::panic, reason = "B9: apps panic")]
        Then::Panic => first
            .chain(stream::once(async {
                panic!("a panic that the case asks for")
            }))
            .boxed(),
        // It yields, because a stream that is always ready may block a thread that other cases
        // need.
        Then::Again => stream::iter(pieces.into_iter().cycle())
            .then(async |piece| {
                tokio::task::yield_now().await;
                Ok(piece)
            })
            .boxed(),
        Then::Wait => first.chain(stream::pending()).boxed(),
    };
    stream
        .inspect(move |_| {
            let _held = &guard;
        })
        .boxed()
}

/// What the suite's app reports of a request, as far as every framework has it.
pub(crate) fn report(
    method: &str,
    target: &str,
    path: &str,
    raw_path: &str,
    query: &str,
) -> String {
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    json!({
        "REQUEST_METHOD": method.as_bytes().escape_ascii().to_string(),
        "REQUEST_URI": target.as_bytes().escape_ascii().to_string(),
        "SCRIPT_NAME": "",
        "PATH_INFO": decoded.escape_ascii().to_string(),
        "raw_path_info": raw_path,
        "QUERY_STRING": query.as_bytes().escape_ascii().to_string(),
    })
    .to_string()
}

/// The name of the case that a path belongs to, and what follows it.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_once('/').unwrap_or((path, ""))
}

pub(crate) fn text(pieces: &[&'static str]) -> Vec<Bytes> {
    pieces
        .iter()
        .map(|piece| Bytes::from_static(piece.as_bytes()))
        .collect()
}

pub(crate) fn fields(pairs: &[(&'static str, &'static str)]) -> Fields {
    pairs
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect()
}

const BYTES: &[u8] =
    b"\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n\n\r\0\xFF\x80end";

/// The equivalent of a case's app, if there is one, for a request with this query.
pub(crate) fn of(case: &str, query: &str) -> Option<Equivalent> {
    let is_of_path = ["e1_", "e4_", "e5_", "e6_", "e7_"]
        .iter()
        .any(|family| case.starts_with(family));
    if is_of_path && case != "e5_a_mount_does_not_change_the_target" {
        return Some(Equivalent::Report);
    }
    heads::answers(case, query)
        .or_else(|| bodies(case))
        .or_else(|| lengths(case))
        .map(|(status, fields, content)| Equivalent::Answer(status, fields, content))
        .or_else(|| heads::refusals(case, query))
        .or_else(|| match case {
            "e3_a_plain_path_is_path_info" | "e3_path_info_may_be_empty" => {
                Some(Equivalent::Report)
            }
            "b10_an_echo_gives_back_what_was_sent" => Some(Equivalent::Echo),
            "b9_a_panic_of_the_app_is_a_500" | "b9_a_panic_with_a_payload_of_any_type_is_a_500" => {
                Some(Equivalent::Panic)
            }
            _ => None,
        })
}

pub(crate) type Answer = (u16, Fields, Content);

/// B, L: the body.
fn bodies(case: &str) -> Option<Answer> {
    use Content::{Bytes as Held, Pieces};
    let end = |pieces: &[&'static str]| Pieces(text(pieces), Then::End);
    let fails = |pieces: &[&'static str]| Pieces(text(pieces), Then::Fail);
    let endless = || Pieces(text(&["endless "]), Then::Again);
    let mut status = 200;
    let mut head = fields(&[(
        "content-type",
        if case.starts_with("b6_") {
            "text/x-suite"
        } else {
            "text/plain"
        },
    )]);
    let body = match case {
        "b1_a_body_that_fails_first_is_a_500" | "l1_a_body_that_fails_first_is_closed" => {
            fails(&[])
        }
        "b1_an_empty_chunk_commits_nothing" => fails(&["", ""]),
        "b2_empty_chunks_are_not_sent" => end(&["", "a", "", "", "b", ""]),
        "b2_a_body_of_empty_chunks_is_empty" => end(&["", "", ""]),
        "b4_bytes_in_hand_get_a_length" | "b6_head_has_the_fields_of_get_and_no_body" => {
            Held(b"hello")
        }
        "b4_an_empty_body_has_the_length_zero" | "b6_head_of_an_empty_body" => Held(b""),
        "b4_a_stream_gets_the_protocols_framing"
        | "b4_an_offered_upgrade_does_not_change_the_framing" => end(&["Hello ", "World!\n"]),
        "b4_a_declared_length_of_a_stream_is_kept" => {
            head = fields(&[("content-length", "13")]);
            end(&["Hello ", "World!\n"])
        }
        "b6_head_of_a_stream_has_no_body" => end(&["not", "sent"]),
        "b6_head_does_not_wait_for_a_body" => Pieces(Vec::new(), Then::Wait),
        "b8_an_error_in_mid_stream_is_seen" => fails(&["begun"]),
        "b8_an_error_of_a_declared_length_is_seen" => {
            head.push(("content-length", b"100"));
            fails(&["begun"])
        }
        "b8_what_came_before_the_error_arrives" => fails(&["be", "", "g", "un"]),
        "b9_a_panic_in_mid_stream_is_seen" => Pieces(text(&["begun"]), Then::Panic),
        "b9_a_panic_of_the_first_chunk_is_a_500" => Pieces(Vec::new(), Then::Panic),
        "b10_bytes_in_hand_are_untouched" => Held(BYTES),
        "b10_bytes_of_a_stream_are_untouched" => {
            let all: Vec<u8> = (0..=255).collect();
            Pieces(
                vec![all.into(), BYTES.into(), Bytes::from_static(b"\r\n")],
                Then::End,
            )
        }
        "b10_a_large_body_arrives_whole" => {
            let chunk = |n: u32| Bytes::from(n.to_be_bytes().repeat(5000));
            Pieces((0..200).map(chunk).collect(), Then::End)
        }
        "l1_a_stream_is_closed_at_its_end" => end(&["a", "b"]),
        "l1_an_empty_body_is_closed" => end(&[]),
        "l1_a_body_that_fails_late_is_closed" => fails(&["a"]),
        "l1_a_body_that_panics_is_closed" => Pieces(text(&["a"]), Then::Panic),
        "l1_the_body_of_a_204_is_closed" => {
            status = 204;
            Pieces(Vec::new(), Then::Wait)
        }
        "l1_the_body_of_a_304_is_closed" => {
            status = 304;
            endless()
        }
        "b6_head_of_an_endless_body_ends"
        | "l1_the_body_of_head_is_closed"
        | "l3_a_client_that_leaves_stops_the_producer" => endless(),
        _ => return None,
    };
    Some((status, head, body))
}

/// B5: the body does not have the declared length.
fn lengths(case: &str) -> Option<Answer> {
    use Content::{Bytes as Held, Pieces};
    let (length, body): (&'static [u8], _) = match case {
        "b5_bytes_longer_than_declared_are_cut" => (b"2", Held(b"12345")),
        "b5_a_stream_longer_than_declared_is_cut" => {
            (b"4", Pieces(text(&["123", "45", "67"]), Then::End))
        }
        "b5_an_endless_stream_is_cut" => (b"9", Pieces(text(&["endless "]), Then::Again)),
        "b5_bytes_shorter_than_declared_are_a_500" | "b5_head_is_exempt" => (b"10", Held(b"12345")),
        "b5_nothing_where_a_length_was_declared_is_a_500" => (b"10", Held(b"")),
        "b5_a_stream_shorter_than_declared_aborts" => {
            (b"10", Pieces(text(&["123", "45"]), Then::End))
        }
        "b5_the_declared_length_is_kept" => (b"5", Held(b"12345")),
        _ => return None,
    };
    Some((
        200,
        vec![("content-length", length), ("x-refused", b"1")],
        body,
    ))
}
