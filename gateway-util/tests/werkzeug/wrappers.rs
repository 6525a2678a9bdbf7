//! `test_wrappers.py`: heads of responses.

use std::time::{Duration, UNIX_EPOCH};

use gateway_core::cookie::{Cookie, CookieBuilder, SameSite, time};
use gateway_core::{Environ, Error, Json, Response, ResponseExt, TryIntoResponse, view};
use gateway_util::{Conditions, EnvironExt, ResponseFields, redirect};
use http::{HeaderValue, Request};
use serde_json::{Value, json};

use crate::common::{answer, get, post, with};

/// What all of Werkzeug's cookies have.
fn cookie() -> CookieBuilder<'static> {
    Cookie::build(("foo", "bar"))
        .max_age(time::Duration::seconds(60))
        .expires(time::OffsetDateTime::UNIX_EPOCH)
        .path("/blub")
        .domain("example.org")
}

/// The attributes of the line, sorted.
fn line<'c>(cookie: impl Into<Cookie<'c>>) -> Vec<String> {
    let mut response = Response::default();
    response.set_cookie(cookie).unwrap();
    attributes(&response)
}

fn attributes(response: &Response) -> Vec<String> {
    let line = response.headers()["set-cookie"].to_str().unwrap();
    let mut attributes: Vec<String> = line.split("; ").map(str::to_owned).collect();
    attributes.sort_unstable();
    attributes
}

fn expected(more: &[&str]) -> Vec<String> {
    let common = [
        "Domain=example.org",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Max-Age=60",
        "Path=/blub",
        "foo=bar",
    ];
    let all = common.iter().chain(more);
    let mut all: Vec<String> = all.map(|part| (*part).to_owned()).collect();
    all.sort_unstable();
    all
}

#[test]
fn test_secure() {
    assert_eq!(line(cookie().secure(true)), expected(&["Secure"]));
}

#[test]
fn test_httponly() {
    assert_eq!(line(cookie().http_only(true)), expected(&["HttpOnly"]));
}

#[test]
fn test_secure_and_httponly() {
    let both = cookie().secure(true).http_only(true);
    assert_eq!(line(both), expected(&["HttpOnly", "Secure"]));
}

#[test]
fn test_samesite() {
    let strict = cookie().same_site(SameSite::Strict);
    assert_eq!(line(strict), expected(&["SameSite=Strict"]));
}

#[tokio::test]
async fn test_base_response() {
    let text = answer(view(async |_| "\u{f6}\u{e4}\u{fc}"), get("/")).await;
    assert_eq!(text.text(), "\u{f6}\u{e4}\u{fc}");
    let mut response = Response::default();
    response.delete_cookie("foo").unwrap();
    let deleted = [
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Max-Age=0",
        "Path=/",
        "foo=",
    ];
    assert_eq!(attributes(&response), deleted);
}

#[tokio::test]
async fn test_response_set_status_code() {
    for code in [200, 404, 588, 999] {
        let answer = answer(view(move |_| async move { ("x", code) }), get("/")).await;
        assert_eq!(answer.status, code);
    }
}

#[test]
fn test_response_set_status() {
    for (status, code) in [
        ("404", 404),
        ("588", 588),
        ("999", 999),
        ("200 OK", 200),
        ("999 WTF", 999),
        ("200 TEA POT", 200),
    ] {
        let response = ("x", status).try_into_response().unwrap();
        assert_eq!(response.status(), code, "{status}");
    }
    // N4: no number is an error, and no answer with the status 0.
    assert!(("x", "wtf").try_into_response().is_err());
}

#[test]
fn test_response_init_status_empty_string() {
    for status in ["", " ", "\n"] {
        assert!(("x", status).try_into_response().is_err(), "{status:?}");
    }
}

#[test]
fn test_advertise_accept_ranges() {
    let conditions = Conditions::of(&Environ::from_request(Request::new(())));
    let response = conditions.apply_with_ranges("".try_into_response().unwrap());
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["accept-ranges"], "bytes");
    assert!(!response.headers().contains_key("content-range"));
}

#[test]
fn test_common_response_descriptors() {
    let mut response = "x".try_into_response().unwrap();
    response.set_mimetype("text/html").unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let line = "Sun, 09 Sep 2001 01:46:40 GMT";
    response.set_expires(then).set_last_modified(then);
    response.set_retry_after(then);
    for name in ["expires", "last-modified", "retry-after"] {
        assert_eq!(response.headers()[name], line, "{name}");
    }
    response.vary("Cookie").unwrap();
    response.vary("Content-Language").unwrap();
    response.vary("cookie").unwrap();
    let vary: Vec<&HeaderValue> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["cookie", "content-language"]);
}

#[tokio::test]
async fn test_location_header_autocorrect() {
    for (location, expected) in [
        ("/test", "/test"),
        ("/\\\\test.example?q", "/%5C%5Ctest.example?q"),
        // N9: relative ones are the client's to resolve.
        ("test", "test"),
        ("./test", "./test"),
        ("../test", "../test"),
    ] {
        let response = redirect(location).try_into_response().unwrap();
        assert_eq!(response.headers()["location"], expected);
    }
}

#[test]
fn test_urlfication() {
    let response = redirect("http://\u{fc}ser:p\u{e4}ssword@xn--n3h.net/p\u{e5}th");
    let response = response.try_into_response().unwrap();
    let encoded = "http://%C3%BCser:p%C3%A4ssword@xn--n3h.net/p%C3%A5th";
    assert_eq!(response.headers()["location"], encoded);
}

#[tokio::test]
async fn test_204_and_1xx_response_has_no_content_length() {
    let none = answer(view(async |_| ("", 204)), get("/")).await;
    assert_eq!(
        (none.status.as_u16(), none.header("content-length")),
        (204, None)
    );
    // S5: an answer is final.
    assert!(("", 100).try_into_response().is_err());
}

#[tokio::test]
async fn test_malformed_204_response_has_no_content_length() {
    let none = answer(view(async |_| ("test", 204)), get("/")).await;
    assert_eq!(none.header("content-length"), None);
    assert!(none.body.is_empty());
}

#[tokio::test]
async fn test_ranges() {
    let app = view(async |environ: Environ| {
        let response = "x".repeat(1000).try_into_response()?;
        Ok::<_, Error>(Conditions::of(&environ).apply_with_ranges(response))
    });
    let part = answer(app, with("/", &[("range", "bytes=0-499")])).await;
    assert_eq!(part.header("content-range"), Some("bytes 0-499/1000"));
    assert_eq!(part.body.len(), 500);
}

#[tokio::test]
async fn test_request() {
    let value: Value = post("application/json", "{\"\u{e4}\":\"b\"}")
        .json(100)
        .await
        .unwrap();
    assert_eq!(value, json!({ "\u{e4}": "b" }));
}

#[tokio::test]
async fn test_response() {
    let answer = answer(view(async |_| Json(json!({ "\u{e4}": "b" }))), get("/")).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(value, json!({ "\u{e4}": "b" }));
}

#[tokio::test]
async fn test_bad_content_type() {
    let error = post("text/plain", "[1]")
        .json::<Value>(100)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 415);
}

#[tokio::test]
async fn test_bad_data() {
    let error = post("application/json", "{\"a\":}")
        .json::<Value>(100)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 400);
}

/// The input is read once.
#[tokio::test]
async fn test_cache_disabled() {
    let mut environ = post("application/json", "[1,2,3]");
    assert!(environ.json::<Value>(100).await.is_ok());
    assert_eq!(environ.json::<Value>(100).await.unwrap_err().status(), 400);
}
