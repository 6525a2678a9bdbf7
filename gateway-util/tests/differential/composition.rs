//! Composed apps, for us; `composition.py` beside this file has the same for Flask. And what they
//! are asked.

use gateway_core::{App, Environ, HttpError, TryIntoResponse, view};
use gateway_util::Mount;
use gateway_util::{Methods, MiddlewareExt};
use http::{HeaderValue, StatusCode};

use crate::cases::Case;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain")];

fn mounted(name: &'static str) -> impl App {
    view(move |environ: Environ| async move {
        let mut body = format!("{name} ").into_bytes();
        body.extend_from_slice(environ.script_name().as_bytes());
        body.push(b'|');
        body.extend_from_slice(environ.path_info().as_bytes());
        (body, TEXT)
    })
}

async fn seen(environ: Environ) -> impl TryIntoResponse {
    let mut keys = vec![
        "REMOTE_ADDR",
        "REQUEST_SCHEME",
        "HTTP_HOST",
        "SCRIPT_NAME",
        "PATH_INFO",
    ];
    if environ.query_string() == "server" {
        keys.extend(["SERVER_NAME", "SERVER_PORT"]);
    }
    let value = |key: &str| match key {
        "REQUEST_SCHEME" => environ.scheme().as_str().to_owned(),
        key => environ
            .get(key)
            .map_or("-".to_owned(), |value| value.to_string()),
    };
    let lines: Vec<String> = keys.into_iter().map(value).collect();
    (lines.join("\n"), TEXT)
}

fn hooked() -> impl App {
    Methods::new()
        .get(view(async |_| "in"))
        .on_request(async |environ: Environ| match environ.query_string() {
            "no" => Err(HttpError::forbidden().into()),
            _ => Ok(environ),
        })
        .on_response(|status, headers| {
            if *status == StatusCode::OK {
                headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
            }
        })
}

pub(super) fn compose(site: Mount) -> impl App {
    let method = || view(async |environ: Environ| environ.request_method().to_string());
    site.at("/mount", mounted("outer"))
        .at("/mount/deep", mounted("deep"))
        .at("/proxied", view(seen))
        .at("/proxied-twice", view(seen).proxy_fix().x_for(2))
        .at("/methods", Methods::new().get(method()).post(method()))
        .at("/hooked", hooked())
        .proxy_fix()
        .x_for(1)
        .x_proto(1)
        .x_host(1)
        .x_port(1)
        .x_prefix(1)
}

pub(super) fn cases(cases: &mut Vec<Case>) {
    for target in [
        "/mount",
        "/mount/",
        "/mount/a/b",
        "/mount//a",
        "/mount/a%20b/%C3%A4",
        "/mount/deeper",
        "/mount/deep",
        "/mount/deep/a?b",
    ] {
        cases.push(Case::get(target));
    }
    let proxied = |headers: &[(&str, &str)]| {
        let case = Case::get("/proxied/x").with("host", "inner.example");
        headers
            .iter()
            .fold(case, |case, (name, value)| case.with(name, value))
    };
    for value in ["192.0.2.7", "6.6.6.6, 192.0.2.7", "2001:db8::7"] {
        cases.push(proxied(&[("x-forwarded-for", value)]));
        let twice = Case::get("/proxied-twice").with("host", "inner.example");
        cases.push(twice.with("x-forwarded-for", value));
    }
    let unknown = proxied(&[("x-forwarded-for", "unknown")]);
    cases.push(unknown.differs("unknown-client"));
    for value in ["https", "http", "http, https"] {
        cases.push(proxied(&[("x-forwarded-proto", value)]));
    }
    for value in ["example.org", "example.org:8443", "a.example, b.example"] {
        cases.push(proxied(&[("x-forwarded-host", value)]));
        let server = Case::get("/proxied?server").with("host", "inner.example");
        cases.push(
            server
                .with("x-forwarded-host", value)
                .with("x-forwarded-port", "81"),
        );
    }
    cases.push(proxied(&[("x-forwarded-port", "8443")]));
    cases.push(proxied(&[
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "example.org"),
        ("x-forwarded-port", "8443"),
    ]));
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        cases.push(Case::new(method, "/methods/"));
    }
    cases.push(Case::new("OPTIONS", "/methods/").differs("typeless-options"));
    cases.push(Case::get("/hooked/"));
    cases.push(Case::get("/hooked/?no"));
}
