//! `test_http.py`: what clients accept, who they are, tags, dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_core::{Environ, Response};
use gateway_util::{
    Accept, Authorization, CacheControl, Conditions, ETag, EnvironExt, Precondition, ResponseFields,
};
use http::Request;

use crate::common::{environ, with};

fn accept(text: &str) -> Accept {
    Accept::parse(Some(text.as_bytes()))
}

#[test]
fn test_accept() {
    let languages = accept("en-us,ru;q=0.5");
    assert_eq!(languages.best_language(&["ru", "en-us"]), Some("en-us"));
    assert_eq!(languages.best_language(&["ru"]), Some("ru"));
    assert_eq!(languages.best_language(&["de"]), None);
}

#[test]
fn test_accept_parameter_with_space() {
    let special = accept("application/x-special; z=\"a b\";q=0.5");
    assert_eq!(special.quality("application/x-special; z=\"a b\""), 500);
}

#[test]
fn test_mime_accept() {
    let types = accept(
        "text/xml,application/xml,application/xhtml+xml,application/foo;quiet=no; bar=baz;q=0.6,\
         text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
    );
    for (media_type, quality) in [
        ("image/png", 1000),
        ("text/plain", 800),
        ("foo/bar", 500),
        ("application/foo;quiet=no; bar=baz", 600),
    ] {
        assert_eq!(types.quality(media_type), quality, "{media_type}");
    }
}

#[test]
fn test_accept_matches() {
    let types = accept(
        "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png",
    );
    let best = types.best(&["text/html", "application/xhtml+xml"]);
    assert_eq!(best, Some("application/xhtml+xml"));
    assert_eq!(types.best(&["text/html"]), Some("text/html"));
    assert_eq!(types.best(&["foo/bar"]), None);
    let first = types.best(&["application/xml", "text/xml"]);
    assert_eq!(first, Some("application/xml"));
}

#[test]
fn test_accept_mime_specificity() {
    let types = accept("text/html;level=1, text/html;q=0.7, text/*;q=0.3, */*;q=0.5");
    for (media_type, quality) in [
        ("text/html;level=1", 1000),
        ("text/html", 700),
        ("text/plain", 300),
        ("image/jpeg", 500),
    ] {
        assert_eq!(types.quality(media_type), quality, "{media_type}");
    }
}

#[test]
fn test_language_accept() {
    let languages = accept("de-AT,de;q=0.8,en;q=0.5");
    assert_eq!(languages.best_language(&["en", "de-AT"]), Some("de-AT"));
    assert_eq!(languages.best_language(&["en", "de-at"]), Some("de-at"));
    assert_eq!(languages.best_language(&["en", "de"]), Some("de"));
    assert_eq!(languages.best_language(&["fr", "en"]), Some("en"));
}

#[test]
fn test_accept_invalid_float() {
    // `.5` is read, other than in Werkzeug: Java's own client sends it.
    for quality in ["+0.5", "0.5_1", "x", "", "-1"] {
        let types = accept(&format!("a/a,b/b;q={quality}"));
        assert_eq!(types.quality("a/a"), 1000, "{quality}");
        assert_eq!(types.best(&["b/b"]), None, "{quality}");
    }
}

#[test]
fn test_accept_valid_int_one_zero() {
    assert_eq!(accept("en;q=1"), accept("en;q=1.0"));
    assert_eq!(accept("en;q=0"), accept("en;q=0.0"));
    assert_eq!(accept("a/a;q=0").quality("a/a"), 0);
}

#[test]
fn test_best_match_works() {
    let types = accept(
        "foo=,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
    );
    assert_eq!(types.best(&["foo/bar"]), Some("foo/bar"));
}

fn authorization(value: &str) -> Option<Authorization> {
    environ(with("/", &[("authorization", value)]))
        .authorization()
        .ok()
        .flatten()
}

/// The token of any scheme is kept as it was sent.
#[test]
fn test_authorization_token_padding() {
    for token in ["VGhpcyBoYXMgcGFkZGluZw==", "VGhpcyBoYXMgcGFkZGluZw1="] {
        let bearer = authorization(&format!("Bearer {token}"));
        assert_eq!(bearer, Some(Authorization::Bearer(token.into())));
        let other = authorization(&format!("Token {token}"));
        assert_eq!(
            other,
            Some(Authorization::Other("token".into(), token.into()))
        );
    }
}

#[test]
fn test_authorization_basic_incorrect_padding() {
    assert_eq!(authorization("Basic foo"), None);
}

#[test]
fn test_bad_authorization_header_encoding() {
    // 0xFF stands first.
    assert_eq!(authorization("Basic /3NlcjpwYXNz"), None);
}

#[test]
fn test_authorization_eq() {
    let basic = authorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(basic, authorization("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_ne!(basic, authorization("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_ne!(basic, authorization("Basic YTpi"));
}

#[test]
fn test_authorization_ignore_invalid_parameters() {
    let digest = authorization("Digest foo, bar=, =qux, =");
    let kept = Authorization::Other("digest".into(), "foo, bar=, =qux, =".into());
    assert_eq!(digest, Some(kept));
}

#[test]
fn test_www_authenticate_header() {
    let asked = environ(Request::new(()))
        .basic_auth("Foo \"Bar\"")
        .unwrap_err();
    assert_eq!(
        asked.headers()["www-authenticate"],
        "Basic realm=\"Foo \\\"Bar\\\"\""
    );
}

#[test]
fn test_cache_control_header() {
    let control = CacheControl::new().no_cache().private();
    assert_eq!(control.to_string(), "private, no-cache");
    let seconds = CacheControl::new()
        .max_age(Duration::from_millis(3100))
        .s_maxage(Duration::from_secs(3));
    assert_eq!(seconds.to_string(), "max-age=3, s-maxage=3");
    assert_eq!(CacheControl::new().to_string(), "");
}

#[test]
fn test_etags() {
    assert_eq!(ETag::strong("foo").unwrap().to_string(), "\"foo\"");
    assert_eq!(ETag::weak("foo").unwrap().to_string(), "W/\"foo\"");
    assert_eq!(ETag::parse(b"\"foo\""), ETag::strong("foo").ok());
    assert_eq!(ETag::parse(b"W/\"foo\""), ETag::weak("foo").ok());
    let asks = |name: &str, current: &str| {
        let list = "\"foo\", \"bar\", W/\"baz\"";
        let conditions = Conditions::of(&environ(with("/", &[(name, list)])));
        conditions.evaluate(ETag::strong(current).ok().as_ref(), None)
    };
    assert_eq!(asks("if-match", "foo"), Precondition::Proceed);
    assert_eq!(asks("if-match", "baz"), Precondition::PreconditionFailed);
    assert_eq!(asks("if-none-match", "baz"), Precondition::NotModified);
    assert_eq!(asks("if-none-match", "qux"), Precondition::Proceed);
}

#[test]
fn test_etags_nonzero() {
    let weak = Conditions::of(&environ(with("/", &[("if-none-match", "W/\"foo\"")])));
    let tag = ETag::strong("foo").unwrap();
    assert_eq!(weak.evaluate(Some(&tag), None), Precondition::NotModified);
}

/// A 304 keeps what caches go by, and loses what describes content.
#[test]
fn test_remove_entity_headers() {
    let conditions = Conditions::of(&environ(with("/", &[("if-none-match", "*")])));
    let mut response = Response::new("text".into());
    for (name, value) in [
        ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("content-type", "text/html"),
        ("content-length", "4"),
        ("content-language", "en"),
        ("cache-control", "no-cache"),
    ] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response.add_etag();
    let response = conditions.apply(response);
    let mut left: Vec<&str> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["cache-control", "date", "etag"]);
}

/// They are not removed here, they are an app's mistake (S7).
#[tokio::test]
async fn test_remove_hop_by_hop_headers() {
    for name in [
        "connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
        "te",
    ] {
        let app = gateway_core::view(move |_| async move { ("x", [(name, "x")]) });
        let gateway = gateway_core::Gateway::new(app);
        let (parts, ()) = Request::new(()).into_parts();
        let environ = gateway.environ(parts, gateway_core::Input::empty());
        assert_eq!(gateway.handle(environ).await.status(), 500, "{name}");
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A day in 2008, noon, and its line.
const NOON: u64 = 1_199_188_800;
const HALF_PAST: &str = "Tue, 01 Jan 2008 12:30:00 GMT";

#[test]
fn test_is_resource_modified() {
    let of = |headers: &[(&str, &str)]| Conditions::of(&environ(with("/", headers)));
    let tag = ETag::of(b"awesome");
    let same = of(&[("if-none-match", &tag.to_string())]);
    assert_eq!(same.evaluate(Some(&tag), None), Precondition::NotModified);
    assert_eq!(
        same.evaluate(Some(&ETag::of(b"other")), None),
        Precondition::Proceed
    );
    let since = of(&[("if-modified-since", HALF_PAST)]);
    assert_eq!(
        since.evaluate(None, Some(at(NOON))),
        Precondition::NotModified
    );
    assert_eq!(
        since.evaluate(None, Some(at(NOON + 3600))),
        Precondition::Proceed
    );
    // A method that changes something is not told that nothing has changed.
    let post = Request::post("/").header("if-modified-since", HALF_PAST);
    let post = Conditions::of(&Environ::from_request(post.body(()).unwrap()));
    assert_eq!(post.evaluate(None, Some(at(NOON))), Precondition::Proceed);
}

#[test]
fn test_parse_date() {
    let since = |value: &str| Conditions::of(&environ(with("/", &[("if-modified-since", value)])));
    let then = 784_111_777;
    for value in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        let since = since(value);
        assert_eq!(
            since.evaluate(None, Some(at(then))),
            Precondition::NotModified
        );
        assert_eq!(
            since.evaluate(None, Some(at(then + 1))),
            Precondition::Proceed
        );
    }
    for value in ["foo", "Thu, 33 Jan 1970 00:00:00 GMT", ""] {
        assert_eq!(
            since(value).evaluate(None, Some(at(0))),
            Precondition::Proceed,
            "{value}"
        );
    }
}

#[test]
fn test_http_date() {
    for (seconds, line) in [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_577_836_800, "Wed, 01 Jan 2020 00:00:00 GMT"),
    ] {
        let mut response = Response::default();
        response.set_last_modified(at(seconds));
        assert_eq!(response.headers()["last-modified"], line);
    }
}
