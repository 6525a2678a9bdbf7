//! `test_http.py`: cookies. What a cookie cannot carry is an error here (N7), where Werkzeug has an
//! encoding of its own that other servers and scripts cannot read.

use gateway_core::cookie::{Cookie, SameSite, time};
use gateway_core::{Response, ResponseExt};
use gateway_util::{EnvironExt, Pairs};

use crate::common::{environ, with};

fn parse(line: &str) -> Pairs {
    environ(with("/", &[("cookie", line)])).cookies()
}

fn dump<'c>(cookie: impl Into<Cookie<'c>>) -> Option<String> {
    let mut response = Response::default();
    response.set_cookie(cookie).ok()?;
    let line = response.headers().get("set-cookie")?;
    Some(line.to_str().ok()?.to_owned())
}

fn pairs(line: &str) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    parse(line).iter().map(owned).collect()
}

#[test]
fn test_parse_cookie() {
    let cookies = parse(
        "dismiss-top=6; CP=null*; PHPSESSID=0a539d42abc001cdc762809248d4beed;a=42; ; \
         fo234{=bar;blub=Blah; \"__Secure-c\"=d;==__Host-eq=bad;__Host-eq=good;",
    );
    for (name, value) in [
        ("CP", "null*"),
        ("PHPSESSID", "0a539d42abc001cdc762809248d4beed"),
        ("a", "42"),
        ("dismiss-top", "6"),
        ("fo234{", "bar"),
        ("blub", "Blah"),
        ("\"__Secure-c\"", "d"),
        ("__Host-eq", "good"),
    ] {
        assert_eq!(cookies.get(name), Some(value), "{name}");
    }
    // What tries to look like another cookie is none.
    assert_eq!(cookies.get_all("__Host-eq").count(), 1);
}

#[test]
fn test_dump_cookie() {
    let cookie = Cookie::build(("foo", "bar")).http_only(true);
    let line = dump(cookie.max_age(time::Duration::seconds(360))).unwrap();
    let mut parts: Vec<&str> = line.split("; ").collect();
    parts.sort_unstable();
    assert_eq!(parts, ["HttpOnly", "Max-Age=360", "Path=/", "foo=bar"]);
    assert_eq!(dump(("key", "xxx/")).as_deref(), Some("key=xxx/; Path=/"));
    assert_eq!(dump(("key", "xxx=")).as_deref(), Some("key=xxx=; Path=/"));
}

#[test]
fn test_bad_cookies() {
    let cookies = parse("first=IamTheFirst ; a=1; oops ; a=2 ;second = andMeTwo;");
    assert_eq!(cookies.get("first"), Some("IamTheFirst"));
    assert_eq!(cookies.get("a"), Some("1"));
    assert_eq!(cookies.get_all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(cookies.get("second"), Some("andMeTwo"));
    // RFC 6265 section 5.2: what has no `=` is no cookie.
    assert_eq!(cookies.get("oops"), None);
}

#[test]
fn test_empty_keys_are_ignored() {
    let expected = [("spam", "ham"), ("duck", "mallard")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs("spam=ham; duck=mallard; ; "), expected);
    assert!(pairs("=x; =").is_empty());
}

#[test]
fn test_cookie_quoting() {
    assert_eq!(dump(("foo", "?foo")).as_deref(), Some("foo=?foo; Path=/"));
    assert_eq!(parse("foo=?foo").get("foo"), Some("?foo"));
    assert_eq!(parse("foo=\"?foo\"").get("foo"), Some("?foo"));
    // No codes of one server's own.
    assert_eq!(parse("foo=\"foo\\054bar\"").get("foo"), Some("foo\\054bar"));
    for value in ["a b", "a;b", "a,b", "a\"b", "a\\b", "a\nb"] {
        assert_eq!(dump(("foo", value)), None, "{value:?}");
    }
}

#[test]
fn test_parse_set_cookie_directive() {
    let cookies = parse("foo=\"?foo\"; version=\"0.1\";");
    assert_eq!(cookies.get("foo"), Some("?foo"));
    assert_eq!(cookies.get("version"), Some("0.1"));
}

#[test]
fn test_cookie_unicode_dumping() {
    assert_eq!(dump(("foo", "\u{2603}")), None);
}

#[test]
fn test_cookie_unicode_keys() {
    assert_eq!(dump(("f\u{f6}", "x")), None);
}

#[test]
fn test_cookie_unicode_parsing() {
    let mut request = with("/", &[]);
    let line = http::HeaderValue::from_bytes("f\u{f6}=f\u{f6}".as_bytes()).unwrap();
    request.headers_mut().insert("cookie", line);
    assert_eq!(environ(request).cookies().get("f\u{f6}"), Some("f\u{f6}"));
}

#[test]
fn test_cookie_samesite_attribute() {
    for (same_site, line) in [
        (SameSite::Strict, "foo=bar; SameSite=Strict; Path=/"),
        (SameSite::Lax, "foo=bar; SameSite=Lax; Path=/"),
    ] {
        let cookie = Cookie::build(("foo", "bar")).same_site(same_site);
        assert_eq!(dump(cookie).as_deref(), Some(line));
    }
    // Browsers refuse `None` without `Secure`.
    let none = dump(Cookie::build(("foo", "bar")).same_site(SameSite::None)).unwrap();
    assert!(
        none.contains("SameSite=None") && none.contains("Secure"),
        "{none}"
    );
    assert_eq!(dump(("foo", "bar")).as_deref(), Some("foo=bar; Path=/"));
}

/// There is no other value to be named.
#[test]
fn test_cookie_samesite_invalid() {
    let parsed = Cookie::parse("foo=bar; SameSite=invalid").unwrap();
    assert_eq!(parsed.same_site(), None);
}

#[test]
fn test_cookie_partitioned() {
    let cookie = Cookie::build(("foo", "bar")).partitioned(true).secure(true);
    let line = dump(cookie).unwrap();
    assert!(
        line.contains("; Secure") && line.contains("; Partitioned"),
        "{line}"
    );
}

#[test]
fn test_cookie_partitioned_sets_secure() {
    let line = dump(Cookie::build(("foo", "bar")).partitioned(true)).unwrap();
    assert!(
        line.contains("; Secure") && line.contains("; Partitioned"),
        "{line}"
    );
}
