//! S6 to S9: what a head may hold.

use gateway_core::{Body, BoxApp, Environ, StartError, StartResponse};

use super::clean_500;
use crate::capability::Capability;
use crate::case::{Case, Draft};
use crate::check::{Failure, Look as _, equal};
use crate::client::Client;
use crate::facts::Run;
use crate::via::Via;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = refusals();
    cases.extend(allowed());
    cases.extend(connection());
    cases.extend(repeated());
    cases.extend(lengths());
    cases
}

type Pairs = Vec<(&'static str, &'static str)>;

/// A head that is refused at the call, by this clause, and of which nothing is sent.
fn refused(name: &'static str, clause: &'static [&'static str], heads: fn() -> Vec<Pairs>) -> Case {
    Case::new(name, clause)
        .app(
            move |environ: Environ, start_response: StartResponse| async move {
                let at = environ.query_string().parse::<usize>()?;
                let mut pairs = heads().swap_remove(at);
                pairs.insert(0, ("x-refused", "1"));
                let outcome: Result<(), StartError> = start_response.start(200, pairs);
                let run = Run::of(&environ);
                run.note(outcome.map_or_else(|error| error.clause(), |()| "started"));
                Ok(Body::from("refused"))
            },
        )
        .sees(move |client: Client| async move {
            let count = heads().len();
            for at in 0..count {
                clean_500(&client, &format!("/?{at}"))
                    .await
                    .map_err(|error| error.at(format!("{:?}", heads()[at])))?;
            }
            equal(
                "what the app noted",
                client.facts().await?,
                vec![clause[0]; count],
            )
        })
}

fn refusals() -> Vec<Case> {
    vec![
        refused("s6_a_line_end_in_a_value_is_refused", &["S6"], || {
            vec![
                vec![("x-split", "a\r\nset-cookie: evil=1")],
                vec![("x-split", "a\nset-cookie: evil=1")],
                vec![("x-split", "a\rb")],
                vec![("x-split", "a\r\n")],
                vec![("x-split", "a\r\n\r\n<html>evil")],
            ]
        }),
        refused(
            "s6_control_characters_in_a_value_are_refused",
            &["S6"],
            || {
                vec![
                    vec![("x-control", "a\0b")],
                    vec![("x-control", "\u{1}")],
                    vec![("x-control", "a\u{1b}[1m")],
                    vec![("x-control", "a\u{7f}")],
                ]
            },
        ),
        refused("s6_a_name_that_is_no_token_is_refused", &["S6"], || {
            vec![
                vec![("x bad", "1")],
                vec![("", "1")],
                vec![("x-bad:", "1")],
                vec![("x-bad\r\nset-cookie", "evil=1")],
                vec![("x-b\u{e9}d", "1")],
                vec![("x\0", "1")],
            ]
        }),
        refused("s7_connection_is_refused", &["S7"], || {
            vec![
                vec![("connection", "close")],
                vec![("Connection", "keep-alive")],
                vec![("connection", "upgrade")],
            ]
        }),
        refused("s7_keep_alive_is_refused", &["S7"], || {
            vec![
                vec![("keep-alive", "timeout=5")],
                vec![("proxy-connection", "close")],
            ]
        }),
        refused("s7_transfer_encoding_is_refused", &["S7"], || {
            vec![
                vec![("transfer-encoding", "chunked")],
                vec![("Transfer-Encoding", "gzip, chunked")],
                vec![("te", "trailers")],
            ]
        }),
        refused("s7_upgrade_is_refused", &["S7"], || {
            vec![vec![("upgrade", "websocket")]]
        }),
        refused(
            "s7_trailer_of_framing_fields_is_refused",
            &["S7", "B11"],
            || {
                vec![
                    vec![("trailer", "content-length")],
                    vec![("trailer", "transfer-encoding")],
                ]
            },
        ),
        refused("s9_a_length_that_is_no_number_is_refused", &["S9"], || {
            vec![
                vec![("content-length", "abc")],
                vec![("content-length", "-1")],
                vec![("content-length", "+7")],
                vec![("content-length", "7.0")],
                vec![("content-length", "")],
                vec![("content-length", "99999999999999999999999")],
            ]
        }),
        refused("s9_two_lengths_that_differ_are_refused", &["S9"], || {
            vec![
                vec![("content-length", "7"), ("content-length", "8")],
                vec![("content-length", "7, 8")],
            ]
        }),
    ]
}

/// An app that starts with these headers and has a body.
fn sends(
    name: &'static str,
    clauses: &'static [&'static str],
    pairs: fn() -> Pairs,
) -> Draft<BoxApp> {
    Case::new(name, clauses).app(
        move |_: Environ, start_response: StartResponse| async move {
            start_response.start(200, pairs())?;
            Ok(Body::from("content"))
        },
    )
}

fn allowed() -> Vec<Case> {
    vec![
        Case::new("s6_tabs_and_bytes_above_ascii_pass", &["S6"])
            .needs(Capability::BytesAboveAscii)
            .app(async |_: Environ, start_response: StartResponse| {
                let value = bytes::Bytes::from_static(b"a\tb \xE9\xFF");
                start_response.start(200, vec![("x-bytes", value)])?;
                Ok(Body::empty())
            })
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(200)?;
                let value = response.headers.iter().find(|(name, _)| name == "x-bytes");
                let value = value.map(|(_, value)| value.escape_ascii().to_string());
                equal("x-bytes", value.as_deref(), Some(r"a\tb \xe9\xff"))
            }),
        sends("s6_a_value_may_be_empty", &["S6"], || vec![("x-empty", "")]).sees(
            async |client: Client| {
                client.get("/").await?.status(200)?.field("x-empty", "")?;
                Ok(())
            },
        ),
        sends("s7_fields_of_proxies_and_trailer_pass", &["S7"], || {
            vec![
                ("proxy-authenticate", "Basic realm=\"p\""),
                ("trailer", "x-sum"),
            ]
        })
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?.body("content")?;
            response.field("proxy-authenticate", "Basic realm=\"p\"")?;
            Ok(())
        }),
    ]
}

fn connection() -> Vec<Case> {
    let closes = async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [("content-type", "text/plain")])?;
        start_response.close_connection();
        Ok(Body::from("last"))
    };
    vec![
        Case::new("s7_an_app_may_close_the_connection", &["S7"])
            .needs(Capability::CloseConnection)
            .only(&[Via::Http1])
            .app(closes)
            .sees(async |client: Client| {
                let mut connection = client.http1().await?;
                let response = connection.request(&client.request("GET", "/")).await?;
                response
                    .status(200)?
                    .body("last")?
                    .field("connection", "close")?;
                match connection.closed().await {
                    true => Ok(()),
                    false => Err(Failure::new("the connection stays open")),
                }
            }),
        Case::new("s7_http2_has_no_connection_field", &["S7"])
            .only(&[Via::Http2])
            .app(closes)
            .sees(async |client: Client| {
                let response = client.get("/").await?.status(200)?.body("last")?;
                response.no("connection")?;
                Ok(())
            }),
    ]
}

fn repeated() -> Vec<Case> {
    let lines = |name, pairs: fn() -> Pairs, field: &'static str| {
        sends(name, &["S8"], pairs).sees(move |client: Client| async move {
            let response = client.get("/").await?.status(200)?.body("content")?;
            let given: Vec<&str> = pairs()
                .into_iter()
                .filter_map(|(name, value)| (name == field).then_some(value))
                .collect();
            response.lines(field, &given)?;
            Ok(())
        })
    };
    vec![
        lines(
            "s8_cookies_go_out_as_lines",
            || {
                vec![
                    ("set-cookie", "b=2; Path=/"),
                    ("x-between", "1"),
                    ("set-cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
                    ("set-cookie", "b=3"),
                ]
            },
            "set-cookie",
        ),
        lines(
            "s8_challenges_go_out_as_lines",
            || {
                vec![
                    ("www-authenticate", "Basic realm=\"a, b\""),
                    ("www-authenticate", "Bearer realm=\"c\", scope=\"d e\""),
                ]
            },
            "www-authenticate",
        ),
        lines(
            "s8_links_go_out_as_lines",
            || {
                vec![
                    ("link", "</b>; rel=next"),
                    ("link", "</a>; rel=prev, </c>; rel=up"),
                ]
            },
            "link",
        ),
        lines(
            "s8_vary_goes_out_as_lines",
            || vec![("vary", "cookie"), ("vary", "accept, origin")],
            "vary",
        ),
    ]
}

fn lengths() -> Vec<Case> {
    vec![
        sends("s9_equal_lengths_become_one", &["S9"], || {
            vec![("content-length", "7"), ("Content-Length", "7")]
        })
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?.body("content")?;
            response.field("content-length", "7")?;
            Ok(())
        }),
        sends("s9_a_list_of_equal_lengths_becomes_one", &["S9"], || {
            vec![("content-length", "7, 7")]
        })
        .sees(async |client: Client| {
            let response = client.get("/").await?.status(200)?.body("content")?;
            response.field("content-length", "7")?;
            Ok(())
        }),
    ]
}
