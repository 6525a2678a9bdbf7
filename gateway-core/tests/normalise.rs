//! N: what views return.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::error::Error as _;
use std::sync::Arc;

use bytes::Bytes;
use gateway_core::{
    AppExt, Body, Environ, Error, HttpError, Replace, Response, ResponseExt, TryIntoResponse,
    abort, view,
};
use http::{HeaderMap, HeaderValue, StatusCode};

#[path = "normalise/foreign.rs"]
mod foreign;
mod support;
#[path = "normalise/view_errors.rs"]
mod view_errors;
use support::{Answer, ask, get, head, logged, run};

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// What a view that returns the value is answered with.
fn returned<R>(value: R) -> Answer
where
    R: TryIntoResponse + Clone + Send + Sync + 'static,
{
    ask(view(move |_| std::future::ready(value.clone())), get("/"))
}

fn made(value: impl TryIntoResponse) -> Response {
    value.try_into_response().unwrap()
}

fn refused(value: impl TryIntoResponse) -> String {
    value.try_into_response().unwrap_err().to_string()
}

fn lines<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
    let lines = response.headers().get_all(name).iter();
    lines.map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn n1_text_and_bytes_are_html() {
    let answers = [
        returned("text"),
        returned(String::from("text")),
        returned(Cow::Borrowed("text")),
        returned(Cow::<'static, str>::Owned("text".into())),
        returned(Bytes::from_static(b"text")),
        returned(b"text".to_vec()),
        returned(&b"text"[..]),
        returned(b"text"),
    ];
    for answer in answers {
        assert_eq!((answer.status, &*answer.text()), (200, "text"));
        assert_eq!(answer.lines("content-type"), [HTML]);
        assert_eq!(answer.length, Some(4));
    }
    assert_eq!(returned("").length, Some(0));
}

#[test]
fn n1_streams_iterators_and_producers_are_html() {
    let bodies: [fn() -> Body; 4] = [
        || Body::from_chunks(["te", "xt"]),
        || Body::from_stream(futures_util::stream::iter([Ok::<_, Error>("te"), Ok("xt")])),
        || {
            Body::from_producer(async |mut writer| {
                writer.write("text").await?;
                Ok(())
            })
        },
        || Body::from("text"),
    ];
    for body in bodies {
        let answer = ask(view(move |_| std::future::ready(body())), get("/"));
        assert_eq!((answer.status, &*answer.text()), (200, "text"));
        assert_eq!(answer.lines("content-type"), [HTML]);
    }
}

#[cfg(feature = "json")]
#[test]
fn n1_maps_lists_and_values_are_json() {
    use gateway_core::Json;
    #[derive(serde::Serialize, Clone)]
    struct Item {
        id: u32,
    }
    let one = BTreeMap::from([("a", 1)]);
    for (answer, text) in [
        (returned(Json(Item { id: 7 })), "{\"id\":7}\n"),
        (returned(Json([1, 2])), "[1,2]\n"),
        (returned(Json(None::<u32>)), "null\n"),
        (returned(one.clone()), "{\"a\":1}\n"),
        (
            returned(one.into_iter().collect::<HashMap<_, _>>()),
            "{\"a\":1}\n",
        ),
        (
            returned(serde_json::json!({"a": [1, null]})),
            "{\"a\":[1,null]}\n",
        ),
        (returned(vec![serde_json::json!(1)]), "[1]\n"),
        (returned(Json("é</script>")), "\"é</script>\"\n"),
    ] {
        assert_eq!((answer.status, &*answer.text()), (200, text));
        assert_eq!(answer.lines("content-type"), ["application/json"]);
    }
    // A key that JSON cannot hold.
    let bad = view(async |_| Json(HashMap::from([((1, 2), 3)])));
    ask(bad, get("/")).assert_clean_500();
}

#[test]
fn n1_responses_and_results_are_themselves() {
    let response = || {
        let mut response = Response::new(Body::from("x"));
        *response.status_mut() = StatusCode::ACCEPTED;
        response
            .headers_mut()
            .insert("x-a", HeaderValue::from_static("1"));
        response
    };
    let answer = ask(view(move |_| std::future::ready(response())), get("/"));
    assert_eq!((answer.status, answer.header("x-a")), (202, Some("1")));
    assert_eq!(answer.header("content-type"), Some(PLAIN));
    let empty = ask(view(async |_| Response::new(Body::empty())), get("/"));
    assert_eq!(empty.header("content-type"), None);
    let ok: Result<&str, Error> = Ok("text");
    assert_eq!(made(ok).status(), 200);
    assert_eq!(made(Some("text")).status(), 200);
    let answer = ask(
        view(async |_| Err::<&str, _>(HttpError::new(418))),
        get("/"),
    );
    assert_eq!(answer.status, 418);
    let (answer, log) = logged(|| {
        ask(
            view(async |_| Err::<&str, _>(Error::msg("private"))),
            get("/"),
        )
    });
    answer.assert_clean_500();
    log.assert_one("B1", "private");
}

#[test]
fn n1_another_apps_response_is_a_return_value() {
    let outer = view(async |environ: Environ| {
        let response = view(async |_| ("inner", 201)).respond(environ).await?;
        Ok::<_, Error>((response, [("x-a", "1")]))
    });
    let answer = ask(outer, get("/"));
    assert_eq!((answer.status, &*answer.text()), (201, "inner"));
    assert_eq!(answer.header("content-type"), Some(HTML));
    assert_eq!(answer.header("x-a"), Some("1"));
}

#[test]
fn n2_none_is_never_a_silent_200() {
    let (answer, log) = logged(|| returned(None::<&str>));
    answer.assert_clean_500();
    if cfg!(feature = "tracing") {
        let text = "the view did not return a valid response: it returned `None`";
        assert!(log.faults()[0].contains(text), "{log:?}");
        assert_eq!(log.faults().len(), 1);
    }
    assert!(refused((None::<&str>, 204)).contains("valid response"));
}

#[test]
fn n3_a_tuples_status_overrides() {
    assert_eq!(made(("text", 201)).status(), 201);
    assert_eq!(made((("text", 201), "202 Accepted")).status(), 202);
    assert_eq!(made((HttpError::not_found(), 200)).status(), 200);
    assert_eq!(
        made((Ok::<_, Error>("text"), StatusCode::ACCEPTED)).status(),
        202
    );
}

#[test]
fn n3_a_tuples_headers_add_to_those_that_are_there() {
    let first = || ("text", [("set-cookie", "a=1"), ("x-a", "1"), ("vary", "a")]);
    let second = [("Set-Cookie", "b=2"), ("X-A", "2"), ("Vary", "b")];
    for response in [
        made((first(), second)),
        made((first(), 200, second)),
        made((first(), second.to_vec())),
        made((first(), &second[..])),
        made((first(), BTreeMap::from(second))),
        made((first(), HashMap::from(second))),
        made((first(), to_map(&second))),
    ] {
        assert_eq!(lines(&response, "set-cookie"), ["a=1", "b=2"]);
        assert_eq!(lines(&response, "x-a"), ["1", "2"]);
        assert_eq!(lines(&response, "vary"), ["a", "b"]);
        assert_eq!(lines(&response, "content-type"), [HTML]);
    }
}

fn to_map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_static(value));
    }
    map
}

#[test]
fn n3_a_field_that_http_allows_once_replaces() {
    for name in [
        "content-type",
        "content-length",
        "location",
        "etag",
        "last-modified",
        "retry-after",
        "content-range",
        "content-disposition",
        "age",
        "date",
        "expires",
        "server",
    ] {
        let bodies: [fn() -> Body; 3] =
            [Body::empty, || Body::from("x"), || Body::from_chunks(["x"])];
        for body in bodies {
            let once = (body(), [(name, "1")]);
            assert_eq!(lines(&made((once, [(name, "2")])), name), ["2"]);
            let twice = made((body(), [(name, "1"), (name, "2")]));
            assert_eq!(lines(&twice, name), ["2"], "the last one counts");
        }
    }
}

#[test]
fn n3_replace_replaces_by_name() {
    let first = ("text", [("x-a", "1"), ("x-a", "2"), ("x-b", "1")]);
    let response = made((first, Replace([("x-a", "3"), ("x-a", "4")])));
    assert_eq!(lines(&response, "x-a"), ["3", "4"]);
    assert_eq!(lines(&response, "x-b"), ["1"]);
}

#[test]
fn n4_a_status_is_a_number_or_begins_with_one() {
    for response in [
        made(("", 404)),
        made(("", "404")),
        made(("", "404 Not Found")),
        made(("", " 404 Not Found ")),
        made(("", String::from("404 Nope"))),
        made(("", StatusCode::NOT_FOUND)),
        made(("", 404, [("x", "1")])),
        made(("", "404", [("x", "1")])),
    ] {
        assert_eq!(response.status(), 404);
    }
    for text in [
        "",
        "Not Found",
        "4o4",
        "-1",
        "404Not Found",
        "404 Not\nFound",
    ] {
        assert!(
            refused(("", text)).contains("does not begin with a number"),
            "{text:?}"
        );
    }
    for status in [0, 99, 1000, 65535] {
        assert!(refused(("", status)).contains("out of range"), "{status}");
    }
    assert!(refused(("", 100)).contains("informational"));
    assert!(refused(("", "99999999999999999999999")).contains("out of range"));
    let (answer, _) = logged(|| returned(("text", 99)));
    answer.assert_clean_500();
}

#[test]
fn n5_an_explicit_type_wins_and_is_never_doubled() {
    let plain = [("Content-Type", "text/plain")];
    for response in [
        made(("text", plain)),
        made(("text", 200, plain)),
        made((Body::from("text"), plain)),
        made((HttpError::not_found(), plain)),
        made((made("text"), plain)),
        #[cfg(feature = "json")]
        made((gateway_core::Json(1), plain)),
    ] {
        assert_eq!(lines(&response, "content-type"), ["text/plain"]);
    }
    let mut response = made("text");
    response.set_mimetype("text/css").unwrap();
    assert_eq!(
        lines(&response, "content-type"),
        ["text/css; charset=utf-8"]
    );
    for (mimetype, sent) in [
        ("image/png", "image/png"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        (
            "application/atom+xml",
            "application/atom+xml; charset=utf-8",
        ),
        ("text/plain; charset=latin-1", "text/plain; charset=latin-1"),
    ] {
        response.set_mimetype(mimetype).unwrap();
        assert_eq!(lines(&response, "content-type"), [sent]);
    }
    assert!(response.set_mimetype("text/\nplain").is_err());
}

#[test]
fn n5_what_has_no_content_has_no_type_by_default() {
    for status in [204, 304] {
        assert!(lines(&made(("", status)), "content-type").is_empty());
        let tagged = made(("", status, [("etag", "\"a\"")]));
        assert!(lines(&tagged, "content-type").is_empty());
        assert_eq!(lines(&tagged, "etag"), ["\"a\""]);
        // What the app gives stays.
        let given = made(("", status, [("content-type", "text/x")]));
        assert_eq!(lines(&given, "content-type"), ["text/x"]);
    }
    assert_eq!(lines(&made(("", 200)), "content-type"), [HTML]);
    assert_eq!(lines(&made(("text", 204)), "content-type"), [HTML]);
}

#[test]
fn n6_returned_raised_and_mounted_errors_have_one_page() {
    let error = || HttpError::not_found().with_description("no <item> & \"co\"");
    let answers = [
        ask(view(move |_| std::future::ready(error())), get("/")),
        ask(
            view(move |_| std::future::ready(Err::<&str, _>(error()))),
            get("/"),
        ),
        ask(
            view(move |_| std::future::ready(Err::<&str, _>(Error::from(error())))),
            get("/"),
        ),
        ask(error(), get("/")),
        ask(
            view(async |_| Ok::<_, HttpError>(abort(404, "no <item> & \"co\"")?)),
            get("/"),
        ),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 404);
        assert_eq!(answer.lines("content-type"), [HTML]);
        assert_eq!(answer.text(), answers[0].text());
        assert!(answer.text().contains("no &lt;item&gt; &amp; &#34;co&#34;"));
    }
}

#[test]
fn n6_headers_of_an_error_are_sent_one_line_each() {
    let error = || {
        HttpError::unauthorized()
            .with_headers([
                ("www-authenticate", "Basic"),
                ("www-authenticate", "Bearer"),
                ("content-length", "3"),
            ])
            .unwrap()
    };
    let answer = ask(
        view(move |_| std::future::ready(Err::<&str, _>(error()))),
        get("/"),
    );
    assert_eq!(answer.lines("www-authenticate"), ["Basic", "Bearer"]);
    // The host says how long the page is.
    assert!(answer.lines("content-length").is_empty());

    let hop = || {
        HttpError::new(426)
            .with_headers([("upgrade", "x")])
            .unwrap()
    };
    let (answer, log) = logged(|| {
        ask(
            view(move |_| std::future::ready(Err::<&str, _>(hop()))),
            get("/"),
        )
    });
    answer.assert_clean_500();
    log.assert_one("S7", "upgrade");
    assert!(HttpError::not_found().with_headers([("x", "\n")]).is_err());
}

#[test]
fn n6_the_source_is_logged_and_never_sent() {
    let error = || HttpError::new(503).with_source(Error::msg("private").into_boxed());
    let (answer, log) = logged(|| {
        ask(
            view(move |_| std::future::ready(Err::<&str, _>(error()))),
            get("/"),
        )
    });
    assert_eq!(answer.status, 503);
    assert!(!answer.text().contains("private"));
    log.assert_one("N6", "private");
    assert!(error().source().is_some());
    // One that is buried in another error is none.
    #[derive(Debug)]
    struct Wrapped(HttpError);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrapped")
        }
    }
    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let buried = view(async |_| Err::<&str, Error>(Wrapped(HttpError::not_found()).into()));
    ask(buried, get("/")).assert_clean_500();
}

#[test]
fn n6_head_of_an_error_has_no_page() {
    let answer = ask(HttpError::not_found(), head("/"));
    assert_eq!(answer.status, 404);
    assert!(answer.is_bodyless);
}

#[cfg(feature = "cookies")]
#[test]
fn n7_cookies_are_validated_whole() {
    use gateway_core::cookie::{Cookie, SameSite};
    let set = |cookie: Cookie<'static>| {
        let mut response = Response::new(Body::empty());
        let outcome = response.set_cookie(cookie).map(|_| ());
        outcome.map(|()| lines(&response, "set-cookie").join("\n"))
    };
    assert_eq!(set(Cookie::new("a", "1")).unwrap(), "a=1; Path=/");
    assert_eq!(set(Cookie::new("a", "")).unwrap(), "a=; Path=/");
    assert_eq!(set(Cookie::new("a", "\"1\"")).unwrap(), "a=\"1\"; Path=/");
    assert_eq!(set(Cookie::new("a", "x=y")).unwrap(), "a=x=y; Path=/");
    let full = Cookie::build(("a", "1"))
        .path("/x")
        .domain("a.example")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::None)
        .partitioned(true)
        .max_age(gateway_core::cookie::time::Duration::seconds(60))
        .build();
    let line = set(full).unwrap();
    for part in [
        "Path=/x",
        "Domain=a.example",
        "Secure",
        "HttpOnly",
        "SameSite=None",
        "Partitioned",
        "Max-Age=60",
    ] {
        assert!(line.contains(part), "{line}");
    }
    for name in ["", "a b", "a;b", "a=b", "é", "a\r\nb", "a,b", "\"a\""] {
        let error = set(Cookie::new(name, "1")).unwrap_err();
        assert!(error.to_string().contains("the name"), "{name:?}");
    }
    for value in [
        "a b",
        "a;b",
        "a,b",
        "a\\b",
        "é",
        "a\r\nSet-Cookie: x=1",
        "\"",
        "\"a",
        "a\"b",
        "\0",
    ] {
        let error = set(Cookie::new("a", value)).unwrap_err();
        assert!(error.to_string().contains("the value"), "{value:?}");
    }
    for path in ["/;Secure", "/\n", "/é"] {
        let error = set(Cookie::build(("a", "1")).path(path).build()).unwrap_err();
        assert!(error.to_string().contains("the path"), "{path:?}");
    }
    for domain in ["a;b", "a b", "a,b", "a\r\n"] {
        let error = set(Cookie::build(("a", "1")).domain(domain).build()).unwrap_err();
        assert!(error.to_string().contains("the domain"), "{domain:?}");
    }
}

#[cfg(feature = "cookies")]
#[test]
fn n7_two_cookies_are_two_lines_and_a_refused_one_is_none() {
    let mut response = made("text");
    response
        .set_cookie(("a", "1"))
        .unwrap()
        .set_cookie(("b", "2"))
        .unwrap();
    let refused = response.set_cookie(("c", "\n")).unwrap_err();
    assert_eq!(HttpError::from(refused).status(), 500);
    assert_eq!(
        lines(&response, "set-cookie"),
        ["a=1; Path=/", "b=2; Path=/"]
    );
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
}

#[test]
fn a_view_borrows_its_environ_over_an_await() {
    let app = Arc::new(view(async |environ: Environ| {
        let path = environ.path_info();
        support::yield_now().await;
        path.to_string()
    }));
    let response = run(app.respond(Environ::from_request(get("/x")))).unwrap();
    assert_eq!(run(response.into_body().bytes()).unwrap(), "/x");
}

#[test]
fn n2_n4_and_s6_are_logged_with_their_rule() {
    let (_, log) = logged(|| returned(None::<&str>));
    log.assert_one("N2", "did not return a valid response");
    let (_, log) = logged(|| returned(("text", 99)));
    log.assert_one("N4", "out of range");
    let (_, log) = logged(|| returned(("text", [("x", "1\n")])));
    log.assert_one("S6", "header x");
}

#[test]
fn n6_the_source_is_logged_however_the_error_is_answered() {
    let error = || HttpError::new(503).with_source(Error::msg("private").into_boxed());
    let (_, log) = logged(|| ask(view(move |_| std::future::ready(error())), get("/")));
    log.assert_one("N6", "private");
    let (_, log) = logged(|| ask(error(), get("/")));
    log.assert_one("N6", "private");
    let client = || HttpError::new(404).with_source(Error::msg("private").into_boxed());
    let (_, log) = logged(|| ask(client(), get("/")));
    log.assert_no_fault();
}
