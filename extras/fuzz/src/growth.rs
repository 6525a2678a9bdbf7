//! What much of the same costs: `growth` counts the instructions at n, 2n and 4n.

use futures_executor::block_on;
use gateway_core::{AppExt, Environ, Gateway, HttpError, Input, view};
use gateway_util::{Accept, Conditions, EnvironExt, ETag, MiddlewareExt, Pairs, RangeOutcome};

/// A field, what it is filled with, and who reads it.
pub struct Row {
    pub field: &'static str,
    pub units: &'static [&'static str],
    pub read: fn(&str),
}

/// Each reader of what a client may send much of.
pub const ROWS: &[Row] = &[
    Row { field: "host", units: &["a", "a.", ":", "%41", "[", "1"], read: host },
    Row { field: "x-forwarded-host", units: &["a", "a.", ",", "a,", ":"], read: |value| proxied("x-forwarded-host", value) },
    Row { field: "forwarded", units: &["a", ";", ",", "for=a;", "for=\"[::1]\",", "\"", "\\", "a=\"\\"], read: |value| proxied("forwarded", value) },
    Row { field: "accept", units: &["a", ",", ";", "a/b,", "a/b;q=", "\"", "*/*,", "a/b;x=\"\\"], read: accept },
    Row { field: "cookie", units: &["a", ";", "a=b;", "=", "\"", " "], read: cookie },
    Row { field: "range", units: &["a", ",", "-", "1-2,", "bytes=", "9", " "], read: range },
    Row { field: "if-none-match", units: &["a", ",", "\"", "\"a\",", "W/", "W/\"", " "], read: if_none_match },
    Row { field: "query", units: &["a", "&", "a=b&", "=", "%", "%41", "+"], read: query },
    Row { field: "form names", units: &["a", "a&", "a=&", "%", "[]"], read: query },
];

fn environ(name: &'static str, value: &str) -> Option<Environ> {
    crate::request(name, value.as_bytes()).map(Environ::from_request)
}

fn host(value: &str) {
    let gateway = Gateway::new(HttpError::not_found());
    let Some(request) = crate::request("host", value.as_bytes()) else {
        return;
    };
    let (parts, ()) = request.into_parts();
    let environ = gateway.environ(parts, Input::empty());
    let _ = gateway.refuses(&environ);
    let hosts = gateway_util::Hosts::new().at("*.a.example", HttpError::gone());
    let _ = block_on(hosts.respond(environ));
}

fn proxied(name: &'static str, value: &str) {
    let app = view(async |_| "seen").proxy_fix();
    let app = app.x_for(1).x_host(1).x_prefix(1).forwarded(1);
    if let Some(environ) = environ(name, value) {
        let _ = block_on(app.respond(environ));
    }
}

fn accept(value: &str) {
    let accepted = Accept::parse(Some(value.as_bytes()));
    let _ = accepted.best(&["text/html", "text/plain"]);
    let _ = accepted.best_language(&["de", "en"]);
    let _ = accepted.best_encoding(&["gzip", "identity"]);
}

fn cookie(value: &str) {
    if let Some(environ) = environ("cookie", value) {
        let _ = environ.cookies().get("b");
    }
}

fn range(value: &str) {
    let _ = RangeOutcome::of(format!("bytes={value}").as_bytes(), 10);
    let _ = RangeOutcome::of(value.as_bytes(), 10);
}

fn if_none_match(value: &str) {
    if let (Some(environ), Ok(tag)) = (environ("if-none-match", value), ETag::strong("v1")) {
        let _ = Conditions::of(&environ).evaluate(Some(&tag), None);
    }
}

fn query(value: &str) {
    let pairs = Pairs::from_urlencoded(value.as_bytes());
    let _ = pairs.get("b");
    let _ = pairs.deserialize::<std::collections::HashMap<String, String>>();
}
