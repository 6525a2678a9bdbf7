//! The equivalents of the cases about the head of a response.

use crate::equivalents::{Answer, Content, Equivalent, Then, fields, text};

/// S, B7: the head.
pub(crate) fn answers(case: &str, query: &str) -> Option<Answer> {
    let content = || Content::Bytes(b"content");
    if let Some(rest) = case.strip_prefix("b7_") {
        let status = rest.get(..3)?.parse().ok()?;
        let mut head = fields(&[("etag", "\"1\"")]);
        if rest.ends_with("a_declared_length") {
            head.push(("content-length", b"5"));
        }
        if rest.ends_with("a_length_of_zero_has_none") {
            head.push(("content-length", b"0"));
        }
        let body = match rest {
            rest if rest.ends_with("drops_a_stream") => {
                Content::Pieces(text(&["nu", "ll\n"]), Then::End)
            }
            "204_does_not_wait_for_a_stream" => Content::Pieces(Vec::new(), Then::Wait),
            "304_drops_an_endless_stream" => Content::Pieces(text(&["endless "]), Then::Again),
            rest if rest.ends_with("has_none") => Content::Bytes(b""),
            _ => Content::Bytes(b"null\n"),
        };
        return Some((status, head, body));
    }
    let ok = |pairs: &[(&'static str, &'static str)]| Some((200, fields(pairs), content()));
    match case {
        "s5_custom_statuses_pass" => Some((
            query.parse().unwrap_or(0),
            fields(&[("x-kept", "1")]),
            Content::Bytes(b"custom"),
        )),
        "s6_tabs_and_bytes_above_ascii_pass" => Some((
            200,
            vec![("x-bytes", b"a\tb \xE9\xFF")],
            Content::Bytes(b""),
        )),
        "s6_a_value_may_be_empty" => ok(&[("x-empty", "")]),
        "s7_fields_of_proxies_and_trailer_pass" => ok(&[
            ("proxy-authenticate", "Basic realm=\"p\""),
            ("trailer", "x-sum"),
        ]),
        "s8_cookies_go_out_as_lines" => ok(&[
            ("set-cookie", "b=2; Path=/"),
            ("x-between", "1"),
            ("set-cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
            ("set-cookie", "b=3"),
        ]),
        "s8_challenges_go_out_as_lines" => ok(&[
            ("www-authenticate", "Basic realm=\"a, b\""),
            ("www-authenticate", "Bearer realm=\"c\", scope=\"d e\""),
        ]),
        "s8_links_go_out_as_lines" => ok(&[
            ("link", "</b>; rel=next"),
            ("link", "</a>; rel=prev, </c>; rel=up"),
        ]),
        "s8_vary_goes_out_as_lines" => ok(&[("vary", "cookie"), ("vary", "accept, origin")]),
        "s9_equal_lengths_become_one" => ok(&[("content-length", "7"), ("Content-Length", "7")]),
        "s9_a_list_of_equal_lengths_becomes_one" => ok(&[("content-length", "7, 7")]),
        _ => None,
    }
}

/// S6, S9: heads that must not be sent. The query says which.
pub(crate) fn refusals(case: &str, query: &str) -> Option<Equivalent> {
    let heads: &[&[(&'static str, &'static str)]] = match case {
        "s6_a_line_end_in_a_value_is_refused" => &[
            &[("x-split", "a\r\nset-cookie: evil=1")],
            &[("x-split", "a\nset-cookie: evil=1")],
            &[("x-split", "a\rb")],
            &[("x-split", "a\r\n")],
            &[("x-split", "a\r\n\r\n<html>evil")],
        ],
        "s6_control_characters_in_a_value_are_refused" => &[
            &[("x-control", "a\0b")],
            &[("x-control", "\u{1}")],
            &[("x-control", "a\u{1b}[1m")],
            &[("x-control", "a\u{7f}")],
        ],
        "s6_a_name_that_is_no_token_is_refused" => &[
            &[("x bad", "1")],
            &[("", "1")],
            &[("x-bad:", "1")],
            &[("x-bad\r\nset-cookie", "evil=1")],
            &[("x-b\u{e9}d", "1")],
            &[("x\0", "1")],
        ],
        "s9_a_length_that_is_no_number_is_refused" => &[
            &[("content-length", "abc")],
            &[("content-length", "-1")],
            &[("content-length", "+7")],
            &[("content-length", "7.0")],
            &[("content-length", "")],
            &[("content-length", "99999999999999999999999")],
        ],
        "s9_two_lengths_that_differ_are_refused" => &[
            &[("content-length", "7"), ("content-length", "8")],
            &[("content-length", "7, 8")],
        ],
        _ => return None,
    };
    let clause = if case.starts_with("s6") { "S6" } else { "S9" };
    let mut head = fields(&[("x-refused", "1")]);
    head.extend(fields(
        heads
            .get(query.parse().unwrap_or(0))
            .copied()
            .unwrap_or(&[]),
    ));
    Some(Equivalent::Refused(clause, head))
}
