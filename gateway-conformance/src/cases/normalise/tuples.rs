//! Cases of N3, N4, N5 and N9: tuples.

use gateway_core::{Error, Json, Replace, Response, TryIntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{HTML, returns};
use crate::case::Case;
use crate::check::Look as _;

type Form = fn() -> Result<Response, Error>;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = statuses();
    cases.extend(headers());
    cases.extend(single_fields());
    cases.extend(locations());
    cases
}

fn statuses() -> Vec<Case> {
    let answers = |name, clauses, code: u16, form: Form| {
        returns(name, clauses, form, move |response| {
            response.status(code)?.field("content-type", HTML)
        })
    };
    vec![
        answers("n3_a_status_overrides", &["N3", "N1"], 404, || {
            (("body", 201), 404).try_into_response()
        }),
        answers("n3_body_status_and_headers", &["N3", "N1"], 202, || {
            ("body", 202, [("x-a", "1")]).try_into_response()
        }),
        answers("n4_a_status_may_be_a_number", &["N4"], 418, || {
            ("body", 418).try_into_response()
        }),
        answers("n4_a_status_may_be_a_status_code", &["N4"], 409, || {
            ("body", StatusCode::CONFLICT).try_into_response()
        }),
        answers("n4_a_status_may_be_digits", &["N4"], 404, || {
            ("body", "404").try_into_response()
        }),
        answers("n4_a_status_may_have_a_phrase", &["N4"], 404, || {
            ("body", "404 Not Here").try_into_response()
        }),
        answers(
            "n4_a_phrase_with_no_number_is_an_error",
            &["N4", "B1"],
            500,
            || ("body", "Not Found").try_into_response(),
        ),
        answers(
            "n4_a_number_out_of_range_is_an_error",
            &["N4", "S5", "B1"],
            500,
            || ("body", 1000).try_into_response(),
        ),
        answers(
            "n4_an_informational_status_is_an_error",
            &["N4", "S5", "B1"],
            500,
            || ("body", "100 Continue").try_into_response(),
        ),
        answers(
            "n4_a_phrase_cannot_split_the_head",
            &["N4", "S6", "B1"],
            500,
            || ("body", "200 OK\r\nx-refused: evil".to_owned()).try_into_response(),
        ),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        returns(
            "n3_headers_of_a_tuple_add",
            &["N3", "S8"],
            || {
                (
                    ("body", [("x-my-header", "foo")]),
                    [("x-my-header", " bar")],
                )
            },
            |response| response.lines("x-my-header", &["foo", "bar"])?.body("body"),
        ),
        returns(
            "n3_cookies_of_a_tuple_add",
            &["N3", "S8"],
            || {
                let first = ("body", [("set-cookie", "a=1")]);
                (first, [("set-cookie", "b=2"), ("set-cookie", "c=3")])
            },
            |response| response.lines("set-cookie", &["a=1", "b=2", "c=3"]),
        ),
        returns(
            "n3_replace_replaces_by_name",
            &["N3"],
            || {
                let first = ("body", [("x-tag", "a"), ("x-tag", "b"), ("x-kept", "1")]);
                (first, Replace([("x-tag", "c"), ("x-tag", "d")]))
            },
            |response| response.lines("x-tag", &["c", "d"])?.field("x-kept", "1"),
        ),
        returns(
            "n3_a_header_map_is_headers",
            &["N3"],
            || {
                let mut map = HeaderMap::new();
                map.append("x-a", HeaderValue::from_static("1"));
                map.append("x-a", HeaderValue::from_static("2"));
                ("body", map)
            },
            |response| response.lines("x-a", &["1", "2"]),
        ),
        returns(
            "n3_an_invalid_header_of_a_tuple_is_a_500",
            &["N3", "S6"],
            || ("body", [("x-refused", "evil\r\nset-cookie: evil=1")]),
            |response| response.status(500)?.no("x-refused")?.no("set-cookie"),
        ),
        returns(
            "n3_a_hop_by_hop_field_of_a_tuple_is_a_500",
            &["N3", "S7"],
            || {
                (
                    "body",
                    [("x-refused", "1"), ("transfer-encoding", "chunked")],
                )
            },
            |response| response.status(500)?.no("x-refused"),
        ),
    ]
}

fn single_fields() -> Vec<Case> {
    vec![
        returns(
            "n5_an_explicit_type_wins",
            &["N5", "N3"],
            || ("body", [("Content-Type", "text/plain")]),
            |response| response.field("content-type", "text/plain")?.body("body"),
        ),
        returns(
            "n5_an_explicit_type_of_json_wins",
            &["N5", "N3"],
            || {
                (
                    Json([1]),
                    200,
                    [("content-type", "application/vnd.suite+json")],
                )
            },
            |response| {
                response
                    .field("content-type", "application/vnd.suite+json")?
                    .body("[1]\n")
            },
        ),
        returns(
            "n3_fields_allowed_once_replace",
            &["N3"],
            || {
                let first = [
                    ("etag", "\"1\""),
                    ("location", "/1"),
                    ("retry-after", "1"),
                    ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
                    ("content-disposition", "inline"),
                ];
                let then = [
                    ("ETag", "\"2\""),
                    ("Location", "/2"),
                    ("Retry-After", "2"),
                    ("Last-Modified", "Thu, 22 Oct 2015 07:28:00 GMT"),
                    ("Content-Disposition", "attachment"),
                ];
                (("body", first), then)
            },
            |response| {
                response
                    .field("etag", "\"2\"")?
                    .field("location", "/2")?
                    .field("retry-after", "2")?
                    .field("last-modified", "Thu, 22 Oct 2015 07:28:00 GMT")?
                    .field("content-disposition", "attachment")
            },
        ),
        returns(
            "n3_a_length_of_a_tuple_replaces",
            &["N3", "S9"],
            || {
                (
                    ("body", [("content-length", "9")]),
                    [("content-length", "4")],
                )
            },
            |response| {
                response
                    .status(200)?
                    .field("content-length", "4")?
                    .body("body")
            },
        ),
        returns(
            "n3_the_rule_is_the_same_for_streams",
            &["N3", "N5"],
            || {
                let body = crate::cases::sources::pieces(["a", "b"]);
                (body, 201, [("content-type", "text/plain"), ("x-a", "1")])
            },
            |response| {
                response
                    .status(201)?
                    .field("content-type", "text/plain")?
                    .field("x-a", "1")?
                    .body("ab")
            },
        ),
    ]
}

fn locations() -> Vec<Case> {
    let to = |name, location: &'static str| {
        returns(
            name,
            &["N9"],
            move || ("", 302, [("location", location)]),
            move |response| response.status(302)?.field("location", location),
        )
    };
    vec![
        to("n9_a_relative_location_is_sent_as_given", "../a/./b?q#f"),
        to(
            "n9_an_absolute_location_is_sent_as_given",
            "http://a.example/b%2Fc?d=%20",
        ),
        to("n9_a_location_of_a_query_is_sent_as_given", "?page=2"),
    ]
}
