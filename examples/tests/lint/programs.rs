//! The lint over the small programs: what each answers is right on the wire.
//!
//! Not over that for gRPC, whose answers are those of another project to clients of its own;
//! `tests/integrations.rs` asks it.

use std::sync::Arc;

use adapter_tower::tower_app;
use gateway_core::{App, AppExt};

use crate::{Row, findings};

/// A program is a module here: what it serves is what is looked at.
macro_rules! programs {
    ($($(#[$attribute:meta])* $name:ident, $path:literal;)*) => {$(
        $(#[$attribute])*
        #[allow(dead_code, reason = "what only the program itself has a use for")]
        #[path = $path]
        mod $name;
    )*};
}

programs! {
    axum_in_actix, "../../src/bin/axum_in_actix.rs";
    compose, "../../src/bin/compose.rs";
    #[cfg(feature = "guestbook")]
    guestbook, "../../src/bin/guestbook.rs";
    static_site, "../../src/bin/static_site.rs";
}

/// A request: method, path, headers, and a body for what may have one.
type Asked = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

async fn assert_silent(app: impl App, requests: &[Asked]) {
    let app = Arc::new(app.boxed());
    for (method, path, headers, body) in requests {
        let headers = headers.iter();
        let row = Row {
            method: (*method).to_owned(),
            path: (*path).to_owned(),
            request_headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            request_body: Some((*body).to_owned()),
        };
        let found = findings(app.clone(), method, &row).await;
        assert!(found.is_empty(), "{method} {path}: {found:?}");
    }
}

const GZIP: (&str, &str) = ("accept-encoding", "gzip");
const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CREDENTIALS: (&str, &str) = ("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");

#[tokio::test]
async fn m2_compose() {
    let requests: &[Asked] = &[
        ("GET", "/", &[], ""),
        ("HEAD", "/", &[], ""),
        ("GET", "/", &[("if-none-match", "*")], ""),
        ("GET", "/nope", &[("accept", "application/json")], ""),
        ("GET", "/notes", &[], ""),
        ("GET", "/notes", &[CREDENTIALS], ""),
        ("POST", "/notes", &[CREDENTIALS, JSON], "\"milk\""),
        ("POST", "/notes", &[CREDENTIALS, JSON], "milk"),
        ("OPTIONS", "/notes", &[CREDENTIALS], ""),
        ("PUT", "/notes", &[CREDENTIALS], ""),
        ("HEAD", "/clock", &[], ""),
    ];
    assert_silent(compose::site(), requests).await;
}

#[tokio::test]
async fn m2_static_site() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/public");
    let requests: &[Asked] = &[
        ("GET", "/", &[], ""),
        ("HEAD", "/", &[GZIP], ""),
        ("GET", "/poem.txt", &[GZIP], ""),
        ("GET", "/poem.txt", &[("range", "bytes=0-8"), GZIP], ""),
        ("GET", "/poem.txt", &[("range", "bytes=999-")], ""),
        ("GET", "/poem.txt", &[("if-none-match", "*"), GZIP], ""),
        ("GET", "/poem.txt", &[("if-match", "\"x\"")], ""),
        ("POST", "/poem.txt", &[], ""),
        ("GET", "/nope", &[GZIP], ""),
    ];
    assert_silent(static_site::site(directory).unwrap(), requests).await;
}

#[tokio::test]
async fn m2_axum_in_actix() {
    let requests: &[Asked] = &[
        ("GET", "/", &[], ""),
        ("HEAD", "/items/7", &[], ""),
        ("GET", "/items/x", &[], ""),
        ("POST", "/items/7", &[], ""),
        ("POST", "/upper", &[], "shout"),
        ("GET", "/nope", &[], ""),
    ];
    assert_silent(tower_app(axum_in_actix::old()), requests).await;
}

#[cfg(feature = "guestbook")]
#[tokio::test]
async fn m2_guestbook() {
    let book = guestbook::GuestBook::open(":memory:").unwrap();
    let requests: &[Asked] = &[
        ("GET", "/", &[], ""),
        ("POST", "/", &[FORM], "name=Ada&words=Hello"),
        ("POST", "/", &[FORM], "name=&words="),
        ("POST", "/", &[FORM], "nothing"),
        ("GET", "/", &[("cookie", "flash=signed; name=Ada")], ""),
        ("HEAD", "/", &[], ""),
        ("PUT", "/", &[], ""),
        ("GET", "/nope", &[], ""),
    ];
    assert_silent(guestbook::site(book), requests).await;
}
