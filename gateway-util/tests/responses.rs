//! Redirects, cookies, fields, streams.

mod common;

use std::time::Duration;

use common::{answer, get};
use futures_util::{StreamExt, stream};
use gateway_core::cookie::{Cookie, SameSite, time};
use gateway_core::{
    Body, Environ, Error, HttpError, Json, Response, ResponseExt, TryIntoResponse, view,
};
use gateway_util::{
    CacheControl, Either, Event, EventStream, JsonLines, ResponseFields, abort_with, read_body,
    read_exactly, redirect,
};

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

#[expect(clippy::unwrap_used, reason = "a helper of tests is one")]
async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().bytes().await.unwrap().into()).unwrap()
}

#[tokio::test]
async fn test_redirect() {
    for (code, expected) in [(201, 201), (300, 300), (301, 301), (302, 302), (303, 303)]
        .into_iter()
        .chain([(305, 305), (307, 307), (308, 308)])
    {
        let response = redirect("/füübär")
            .status(code)
            .try_into_response()
            .unwrap();
        assert_eq!(response.status(), expected);
        assert_eq!(
            header(&response, "location"),
            Some("/f%C3%BC%C3%BCb%C3%A4r")
        );
        assert_eq!(
            header(&response, "content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(
            text(response).await,
            "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n\
             <h1>Redirecting...</h1>\n<p>You should be redirected automatically to the target URL: \
             <a href=\"/füübär\">/füübär</a>. If not, click the link.\n"
        );
    }
    assert_eq!(redirect("/").try_into_response().unwrap().status(), 303);
    assert_eq!(
        redirect("/").found().try_into_response().unwrap().status(),
        302
    );
    assert_eq!(
        redirect("/")
            .moved_permanently()
            .try_into_response()
            .unwrap()
            .status(),
        301
    );
    assert_eq!(
        redirect("/")
            .temporary()
            .try_into_response()
            .unwrap()
            .status(),
        307
    );
    assert_eq!(
        redirect("/")
            .permanent()
            .try_into_response()
            .unwrap()
            .status(),
        308
    );
}

#[tokio::test]
async fn test_redirect_xss() {
    let response = redirect("http://example.com/?xss=\"><script>alert(1)</script>&a='b'")
        .try_into_response()
        .unwrap();
    let page = text(response).await;
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert!(!page.contains("'b'"), "{page}");
}

#[test]
fn n9_location_is_sent_as_given_and_encoded_where_needed() {
    for (given, expected) in [
        ("/a", "/a"),
        ("a/b", "a/b"),
        ("../x", "../x"),
        ("", ""),
        ("?a=1&b=2#c", "?a=1&b=2#c"),
        ("//host/path", "//host/path"),
        (
            "http://[::1]:8000/a;b=c[0]",
            "http://[::1]:8000/a;b=c%5B0%5D",
        ),
        ("//[::1]?[", "//[::1]?%5B"),
        ("http://[::1]", "http://[::1]"),
        ("/a//[b]", "/a//%5Bb%5D"),
        ("a//[b]", "a//%5Bb%5D"),
        ("/a%20b%zz", "/a%20b%zz"),
        ("/a b\"<>\\^`{|}", "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/x\r\nSet-Cookie: a=b", "/x%0D%0ASet-Cookie:%20a=b"),
        ("/\0\u{7f}\tx", "/%00%7F%09x"),
        (" /padded ", "/padded"),
    ] {
        let response = redirect(given).try_into_response().unwrap();
        assert_eq!(header(&response, "location"), Some(expected), "{given:?}");
    }
}

#[test]
fn a_redirect_with_another_status_is_an_error() {
    for status in [200, 204, 299, 304, 306, 309, 404, 99, 1000] {
        let redirect = redirect("/").status(status);
        assert!(redirect.clone().try_into_response().is_err(), "{status}");
        assert_eq!(redirect.into_error().status(), 500, "{status}");
    }
    assert!(
        redirect("/")
            .status("no number")
            .try_into_response()
            .is_err()
    );
}

#[tokio::test]
async fn n6_abort_with_an_answer_is_that_answer() {
    async fn inner(environ: Environ) -> Result<&'static str, Error> {
        match &*environ.path_info().to_string() {
            "/redirect" => match abort_with(redirect("/login"))? {},
            "/tuple" => match abort_with((Json(["a"]), 418, [("x-a", "1")]))? {},
            "/error" => match abort_with(HttpError::not_found())? {},
            "/raised" => match abort_with(Err::<&str, _>(HttpError::gone()))? {},
            "/invalid" => match abort_with(("x", 99))? {},
            "/stream" => match abort_with(Body::from_chunks(["a"]))? {},
            _ => Ok("here"),
        }
    }
    for (path, status) in [
        ("/redirect", 303),
        ("/tuple", 418),
        ("/error", 404),
        ("/raised", 410),
        ("/invalid", 500),
        ("/stream", 500),
        ("/", 200),
    ] {
        assert_eq!(
            answer(view(inner), get(path)).await.status,
            status,
            "{path}"
        );
    }
    let tuple = answer(view(inner), get("/tuple")).await;
    assert_eq!(tuple.header("content-type"), Some("application/json"));
    assert_eq!(
        (tuple.header("x-a"), tuple.text()),
        (Some("1"), "[\"a\"]\n")
    );
}

#[test]
fn n7_set_cookie_writes_every_attribute() {
    let cookie = Cookie::build(("foo", "bar"))
        .max_age(time::Duration::seconds(60))
        .expires(time::OffsetDateTime::UNIX_EPOCH)
        .path("/blub")
        .domain("example.org")
        .same_site(SameSite::Strict)
        .secure(true)
        .http_only(true)
        .partitioned(true);
    let mut response = "Foo".try_into_response().unwrap();
    response.set_cookie(cookie).unwrap();
    let line = header(&response, "set-cookie").unwrap();
    for part in [
        "foo=bar;",
        "; Max-Age=60",
        "; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "; Path=/blub",
        "; Domain=example.org",
        "; SameSite=Strict",
        "; Secure",
        "; HttpOnly",
        "; Partitioned",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[test]
fn n10_delete_cookie_matches_path_and_domain() {
    let mut response = "Foo".try_into_response().unwrap();
    response.set_cookie(("a", "1")).unwrap();
    response.delete_cookie("a").unwrap();
    let own = Cookie::build("b")
        .path("/shop")
        .domain("example.org")
        .secure(true);
    response.delete_cookie(own).unwrap();
    let lines: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(lines.len(), 3);
    let lines: Vec<_> = lines.iter().map(|line| line.to_str().unwrap()).collect();
    assert_eq!(lines[0], "a=1; Path=/");
    assert!(lines[1].starts_with("a=; "), "{}", lines[1]);
    assert!(
        lines[1].contains("Path=/;") || lines[1].contains("Path=/"),
        "{}",
        lines[1]
    );
    for line in &lines[1..] {
        assert!(line.contains("Max-Age=0"), "{line}");
        assert!(line.contains("Expires="), "{line}");
    }
    assert!(lines[2].contains("Path=/shop"), "{}", lines[2]);
    assert!(lines[2].contains("Domain=example.org"), "{}", lines[2]);
    assert!(lines[2].contains("Secure"), "{}", lines[2]);
}

#[test]
fn n10_delete_cookie_refuses_what_a_cookie_cannot_carry() {
    let mut response = "Foo".try_into_response().unwrap();
    assert!(response.delete_cookie("a b").is_err());
    assert!(response.delete_cookie("").is_err());
    assert!(
        response
            .delete_cookie(Cookie::build("a").path("/x;y"))
            .is_err()
    );
    assert!(
        response
            .delete_cookie(Cookie::build("a").domain("x;y"))
            .is_err()
    );
    assert!(
        response
            .delete_cookie(Cookie::build("a").domain("x\r\ny"))
            .is_err()
    );
    assert!(!response.headers().contains_key("set-cookie"));
}

#[test]
fn vary_names_each_field_once() {
    let mut response = "x".try_into_response().unwrap();
    response.vary("Accept").unwrap().vary("ORIGIN").unwrap();
    response.vary("accept").unwrap().vary("origin").unwrap();
    let lines: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(lines, ["accept", "origin"]);
    let mut all = ("x", [("vary", "Cookie, *")]).try_into_response().unwrap();
    all.vary("accept").unwrap();
    assert_eq!(header(&all, "vary"), Some("Cookie, *"));
    assert_eq!(all.headers().get_all("vary").iter().count(), 1);
    assert!(all.vary("a b").is_err());
    assert!(all.vary("a\r\nb").is_err());
}

#[test]
fn cache_control_writes_what_was_set_and_replaces_what_was_there() {
    let all = CacheControl::new()
        .private()
        .no_cache()
        .no_store()
        .no_transform()
        .must_revalidate()
        .proxy_revalidate()
        .max_age(Duration::from_millis(1999))
        .s_maxage(Duration::from_secs(2))
        .stale_while_revalidate(Duration::from_secs(3))
        .stale_if_error(Duration::ZERO);
    let expected = "private, no-cache, no-store, no-transform, must-revalidate, proxy-revalidate, \
                    max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=0";
    assert_eq!(all.to_string(), expected);
    assert_eq!(CacheControl::new().to_string(), "");
    let mut response = ("x", [("cache-control", "public")])
        .try_into_response()
        .unwrap();
    response.set_cache_control(&all);
    assert_eq!(header(&response, "cache-control"), Some(expected));
    assert_eq!(
        response.headers().get_all("cache-control").iter().count(),
        1
    );
}

#[tokio::test]
async fn events_end_lines_at_every_kind_of_line_end() {
    let event = Event::data("a\r\nb\rc\nd\n");
    assert_eq!(
        event.to_string(),
        "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"
    );
    assert_eq!(Event::data("").to_string(), "data: \n\n");
    assert_eq!(Event::comment("a\nb").to_string(), ": a\n: b\n\n");
    assert_eq!(
        Event::json(&["a\nb"]).unwrap().to_string(),
        "data: [\"a\\nb\"]\n\n"
    );
    for bad in ["a\nb", "a\rb"] {
        assert!(Event::default().id(bad).is_err());
        assert!(Event::default().event(bad).is_err());
    }
    assert!(Event::default().id("a\0b").is_err());
}

#[tokio::test(start_paused = true)]
async fn event_streams_are_kept_alive_while_they_are_quiet() {
    let events = stream::unfold(0, async |n| {
        // The clock is paused: it jumps.
        tokio::time::sleep(Duration::from_secs(if n == 0 { 1 } else { 25 })).await;
        (n < 2).then(|| (Ok::<_, Error>(Event::data(n.to_string())), n + 1))
    })
    .map(|event| event.map_err(Error::into_boxed));
    let stream = EventStream::new(events).keep_alive(Duration::from_secs(10));
    let response = stream.try_into_response().unwrap();
    assert_eq!(header(&response, "cache-control"), Some("no-cache"));
    assert_eq!(
        text(response).await,
        "data: 0\n\n: keep-alive\n\n: keep-alive\n\ndata: 1\n\n: keep-alive\n\n: keep-alive\n\n"
    );
}

#[tokio::test]
async fn b1_the_head_of_an_event_stream_goes_out_before_the_first_event() {
    let app = view(async |_| EventStream::new(stream::pending::<Result<Event, std::io::Error>>()));
    let gateway = gateway_core::Gateway::new(app);
    let (parts, ()) = get("/").into_parts();
    let environ = gateway.environ(parts, gateway_core::Input::empty());
    let response = tokio::time::timeout(Duration::from_secs(30), gateway.handle(environ)).await;
    let response = response.expect("the head waits for an event that never comes");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn an_error_between_lines_of_json_is_the_bodys_error() {
    let rows = stream::iter([Ok(vec![1]), Err(std::io::Error::other("gone"))]);
    let response = JsonLines::new(rows).try_into_response().unwrap();
    assert!(response.into_body().bytes().await.is_err());
    let unsayable = stream::iter([Ok::<_, std::io::Error>(std::collections::BTreeMap::from([
        (vec![1], 1),
    ]))]);
    let response = JsonLines::new(unsayable).try_into_response().unwrap();
    assert!(response.into_body().bytes().await.is_err());
}

#[tokio::test]
async fn readers_become_bodies() {
    let content = vec![b'x'; 300_000];
    let body = read_body(std::io::Cursor::new(content.clone()));
    assert_eq!(body.known_len(), None);
    assert!(body.bytes().await.unwrap() == content);
    let body = read_exactly(std::io::Cursor::new(content.clone()), 200_000);
    assert_eq!(body.known_len(), Some(200_000));
    assert_eq!(body.bytes().await.unwrap().len(), 200_000);
    let body = read_exactly(std::io::Cursor::new(content), 300_001);
    assert!(body.bytes().await.is_err());
    assert!(read_exactly(tokio::io::empty(), 0).is_known_empty());
}

#[tokio::test]
async fn either_is_what_is_in_it() {
    async fn one(environ: Environ) -> impl TryIntoResponse {
        if environ.path_info() == "/left" {
            Either::Left(("x", 201))
        } else {
            Either::Right(HttpError::not_found())
        }
    }
    assert_eq!(answer(view(one), get("/left")).await.status, 201);
    assert_eq!(answer(view(one), get("/right")).await.status, 404);
}
