//! What each card answers.

use std::collections::BTreeSet;

use gateway_conformance::wire::Protocol;

use crate::card::Card;
use crate::{Server, send};

/// What a body is.
#[derive(Debug, Clone, Copy)]
enum Body {
    Is(&'static str),
    Has(&'static str),
    None,
}

use Body::{Has, Is};

/// A card, its status, fields that its answer has, and its body. A field that is `""` is not there.
type Row = (
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    Body,
);

const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
const JSON: (&str, &str) = ("content-type", "application/json");
const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
const EVENTS: (&str, &str) = ("content-type", "text/event-stream");
const DEBUG_PAGE: Body = match cfg!(debug_assertions) {
    true => Has("the private cause of util/debug"),
    false => Has("<h1>Internal Server Error</h1>"),
};

const ERRORS: &[Row] = &[
    ("code", 418, &[], Has("<h1>I&#39;m a teapot</h1>")),
    ("abort_early", 422, &[], Has("<p>Say who you are")),
    (
        "retry_after",
        503,
        &[("retry-after", "120")],
        Has("<p>We are moving house.</p>"),
    ),
    (
        "challenge",
        401,
        &[
            ("www-authenticate", "Bearer realm=\"shop\""),
            ("www-authenticate", "DPoP algs=\"ES256\""),
        ],
        Has("<h1>Unauthorized</h1>"),
    ),
    ("allow", 405, &[("allow", "GET, PUT")], Has("Not Allowed")),
    (
        "own_response",
        402,
        &[JSON],
        Is("{\"credit\":20,\"price\":30}\n"),
    ),
    ("gone", 410, &[], Has("<p>The shop has closed.</p>")),
    (
        "problem",
        409,
        &[PROBLEM, ("vary", "accept")],
        Is("{\"detail\":\"Sold already.\",\"status\":409,\"title\":\"Conflict\"}\n"),
    ),
    ("handlers_type", 400, &[TEXT], Is("How many is that?\n")),
    (
        "handlers_status",
        404,
        &[TEXT],
        Is("Nothing is not for sale.\n"),
    ),
    (
        "handlers_default",
        500,
        &[PROBLEM],
        Has("\"title\":\"Internal Server Error\""),
    ),
    ("debug", 500, &[], DEBUG_PAGE),
];

const ANSWERS: &[Row] = &[
    (
        "set_cookies",
        200,
        &[
            ("set-cookie", "theme=dark; Path=/util; Max-Age=3600"),
            (
                "set-cookie",
                "user=ada; HttpOnly; SameSite=Strict; Path=/util",
            ),
        ],
        Is("Two cookies are set.\n"),
    ),
    (
        "delete_cookie",
        200,
        &[(
            "set-cookie",
            "theme=; Path=/util; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        )],
        Is("The theme is forgotten.\n"),
    ),
    (
        "see_other",
        303,
        &[("location", "landing")],
        Has("<a href=\"landing\">"),
    ),
    ("moved", 308, &[("location", "landing")], Has("Redirecting")),
    (
        "etag",
        304,
        &[("etag", "\"v1\""), ("content-type", "")],
        Body::None,
    ),
    (
        "range",
        206,
        &[("content-range", "bytes 2-5/11"), ("content-length", "4")],
        Is("2345"),
    ),
    (
        "attachment",
        200,
        &[(
            "content-disposition",
            "attachment; filename=\"K_se 2026.csv\"; filename*=UTF-8''K%C3%A4se%202026.csv",
        )],
        Has("cheese"),
    ),
    (
        "cached",
        200,
        &[("cache-control", "public, max-age=3600")],
        Has("fresh"),
    ),
    (
        "vary",
        200,
        &[("vary", "accept-language")],
        Is("Guten Tag\n"),
    ),
    ("either", 200, &[JSON], Is("[\"milk\",\"bread\"]\n")),
    ("replace", 200, &[("link", "</three>")], Has("Link")),
    (
        "own_type",
        200,
        &[JSON, ("x-kind", "point")],
        Is("{\"x\":3,\"y\":4}\n"),
    ),
];

const FILES: &[Row] = &[
    (
        "send_file",
        206,
        &[TEXT, ("content-range", "bytes 0-8/148")],
        Is("The bytes"),
    ),
    (
        "download",
        200,
        &[(
            "content-disposition",
            "attachment; filename=\"Gedicht f_r Ada.txt\"; filename*=UTF-8''Gedicht%20f%C3%BCr%20Ada.txt",
        )],
        Has("and none came back"),
    ),
    ("static_dir", 200, &[], Has("<h1>A directory</h1>")),
    (
        "static_dir_slash",
        308,
        &[("location", "./public/")],
        Has("Redirecting"),
    ),
    ("static_dir_outside", 404, &[], Has("<h1>Not Found</h1>")),
    (
        "events",
        200,
        &[EVENTS, ("cache-control", "no-cache")],
        Has("id: 4\nretry: 5000\ndata: tick 4\n\n"),
    ),
    (
        "json_lines",
        200,
        &[("content-type", "application/x-ndjson")],
        Is("{\"n\":1,\"square\":1}\n{\"n\":2,\"square\":4}\n{\"n\":3,\"square\":9}\n"),
    ),
    ("reader", 200, &[TEXT], Has(".......\n")),
];

const REQUESTS: &[Row] = &[
    (
        "query",
        200,
        &[JSON],
        Is("{\"page\":2,\"sort\":\"name\",\"tags\":[\"a\",\"b\"]}\n"),
    ),
    ("form", 200, &[TEXT], Is("Ada Lovelace is 36\n")),
    (
        "upload",
        200,
        &[JSON],
        Is(
            "{\"bytes\":19,\"name\":\"poem.txt\",\"on_disk\":false,\"title\":\"A poem\",\"type\":\"text/plain\"}\n",
        ),
    ),
    ("json_in", 200, &[JSON], Is("{\"sum\":42}\n")),
    (
        "cookies",
        200,
        &[JSON],
        Is("{\"theme\":null,\"user\":null}\n"),
    ),
    (
        "negotiate",
        200,
        &[("content-type", "text/csv"), ("vary", "Accept")],
        Is("1,2\n"),
    ),
    ("basic", 200, &[TEXT], Is("Aladdin knocks\n")),
    ("bearer", 200, &[TEXT], Is("a token of 15 characters\n")),
    ("client", 200, &[TEXT], Is("127.0.0.1\n")),
    ("if_match", 412, &[], Has("<h1>Precondition Failed</h1>")),
];

const DISPATCH: &[Row] = &[
    (
        "prefixes",
        200,
        &[TEXT],
        Is("SCRIPT_NAME /util/dispatch/prefixes/shop/cart\nPATH_INFO /7\n"),
    ),
    ("hosts", 200, &[], Is("a part of the site\n")),
    (
        "methods",
        405,
        &[("allow", "GET, HEAD, POST, OPTIONS")],
        Has("Not Allowed"),
    ),
    (
        "methods_options",
        200,
        &[("allow", "GET, HEAD, POST, OPTIONS")],
        Is(""),
    ),
    ("method_override", 200, &[], Is("deleted\n")),
    (
        "head",
        200,
        &[("content-length", "13")],
        Is("thirteen byte"),
    ),
    ("cascade", 200, &[], Is("from the new app\n")),
];

const MIDDLEWARES: &[Row] = &[
    (
        "proxy",
        200,
        &[JSON],
        Is(
            "{\"client\":\"192.0.2.7\",\"host\":\"example.org\",\"scheme\":\"https\",\"script_name\":\"/shop/util/middlewares/proxy\"}\n",
        ),
    ),
    (
        "proxy_forwarded",
        200,
        &[JSON],
        Is(
            "{\"client\":\"2001:db8::7\",\"host\":\"example.org\",\"scheme\":\"https\",\"script_name\":\"/util/middlewares/proxy\"}\n",
        ),
    ),
    (
        "request_id",
        200,
        &[("x-request-id", "order-66")],
        Is("this is order-66\n"),
    ),
    ("runtime", 200, &[], Is("see X-Runtime\n")),
    ("auth", 200, &[], Is("welcome, Aladdin\n")),
    (
        "hooks",
        200,
        &[("x-frame-options", "DENY")],
        Is("the secret is 42\n"),
    ),
    ("limit", 200, &[], Is("sixteen bytes ok")),
    ("timeout", 503, &[], Has("<h1>Service Unavailable</h1>")),
    ("panic", 500, &[TEXT], Is("We are sorry.\n")),
    (
        "conditional",
        304,
        &[("etag", "W/\"e01d54e20d5a6dc24c3acb19784e0b2b\"")],
        Body::None,
    ),
    ("access_log", 200, &[TEXT], Has("\"ended\":\"completed\"")),
];

const WRAPPED: &[Row] = &[
    (
        "compressed",
        200,
        &[("vary", "accept-encoding"), ("content-encoding", "")],
        Has("All work and no play.\n"),
    ),
    ("compressed_events", 200, &[EVENTS], Has("data: tick 4")),
    ("blocking_app", 200, &[TEXT], Is("three\ntwo\none\n")),
    ("slow_writer", 200, &[TEXT], Is("line 1\nline 2\nline 3\n")),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    let groups = [
        ERRORS,
        ANSWERS,
        FILES,
        REQUESTS,
        DISPATCH,
        MIDDLEWARES,
        WRAPPED,
    ];
    groups.into_iter().flatten()
}

#[test]
fn every_card_has_its_row() {
    let cards: BTreeSet<String> = Card::all().into_iter().map(|card| card.id).collect();
    let rows: BTreeSet<String> = rows().map(|(id, ..)| format!("util_{id}")).collect();
    assert_eq!(cards, rows);
}

async fn each_answer_is_as_it_should_be(server: Server) {
    let cards = Card::all();
    for (id, status, fields, body) in rows() {
        let card = cards.iter().find(|card| card.id == format!("util_{id}"));
        let request = card.unwrap().request();
        for protocol in Protocol::ALL {
            let answer = send(server, protocol, &request).await;
            assert_eq!(answer.status, *status, "{protocol:?} {id}: {answer:?}");
            assert!(answer.is_complete(), "{protocol:?} {id}: {answer:?}");
            for (name, _) in *fields {
                let expected = fields.iter().filter(|(known, _)| known == name);
                let expected: Vec<&str> = expected.map(|(_, value)| *value).collect();
                let expected = if expected == [""] { vec![] } else { expected };
                assert_eq!(
                    answer.header_all(name),
                    expected,
                    "{protocol:?} {id} {name}"
                );
            }
            let text = answer.text();
            match body {
                Is(expected) => assert_eq!(text, *expected, "{protocol:?} {id}"),
                Has(part) => assert!(text.contains(part), "{protocol:?} {id}: {text}"),
                Body::None => assert!(text.is_empty(), "{protocol:?} {id}: {text}"),
            }
        }
    }
}

on_every_stack! {
    each_answer_is_as_it_should_be,
}
