//! The environ as PEP 3333 wants it.

use std::collections::BTreeMap;

use gateway_conformance::wire::{Protocol, WireRequest, exchange};
use gateway_core::{AppExt, Environ, VarName};

use crate::support::{Server, wsgi};

/// The variables, as `repr` shows them.
fn variables(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .map(|line| line.split_once('=').unwrap())
        .collect()
}

async fn native_strings_below_a_mount(server: Server) {
    let request = WireRequest::get("/hostile/environ_of/caf%C3%A9/%2F?x=%20y")
        .header("X-Name", b"J\xfcrgen")
        .header("Accept", "a")
        .header("Accept", "b")
        .header("X_Name", "not this one")
        .header("Proxy", "evil");
    for protocol in Protocol::ALL {
        let response = exchange(server.address, protocol, &request).await.unwrap();
        let text = response.text();
        let variables = variables(&text);
        let port = format!("'{}'", server.address.port());
        let protocol = match protocol {
            Protocol::Http2 => "'HTTP/2.0'",
            _ => "'HTTP/1.1'",
        };
        for (key, value) in [
            ("REQUEST_METHOD", "'GET'"),
            ("SCRIPT_NAME", "'/hostile/environ_of'"),
            ("PATH_INFO", "'/cafÃ©//'"),
            ("QUERY_STRING", "'x=%20y'"),
            ("REQUEST_URI", "'/hostile/environ_of/caf%C3%A9/%2F?x=%20y'"),
            ("SERVER_NAME", "'127.0.0.1'"),
            ("SERVER_PORT", &port),
            ("SERVER_PROTOCOL", protocol),
            ("REMOTE_ADDR", "'127.0.0.1'"),
            ("HTTP_X_NAME", "'Jürgen'"),
            ("HTTP_ACCEPT", "'a, b'"),
            ("wsgi.version", "(1, 0)"),
            ("wsgi.url_scheme", "'http'"),
            ("wsgi.multithread", "True"),
            ("wsgi.multiprocess", "False"),
            ("wsgi.run_once", "False"),
            ("wsgi.input_terminated", "True"),
        ] {
            assert_eq!(variables.get(key), Some(&value), "{key}");
        }
        for absent in ["CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_PROXY"] {
            assert_eq!(variables.get(absent), None, "{absent}");
        }
    }
}

async fn a_body_has_its_type_and_length(server: Server) {
    for protocol in Protocol::ALL {
        let request = WireRequest::post("/hostile/environ_of")
            .header("Content-Type", "text/plain")
            .body("four");
        let response = exchange(server.address, protocol, &request).await.unwrap();
        let text = response.text();
        let variables = variables(&text);
        assert_eq!(variables["CONTENT_TYPE"], "'text/plain'");
        assert_eq!(variables["CONTENT_LENGTH"], "'4'");
        assert_eq!(variables["PATH_INFO"], "''");
        assert_eq!(variables.get("HTTP_CONTENT_TYPE"), None);
    }
}

/// E14: both halves of the path are empty.
#[tokio::test]
async fn e14_options_of_the_server() {
    let request = http::Request::options("*").body(()).unwrap();
    let text = of(Environ::from_request(request)).await;
    let variables = variables(&text);
    assert_eq!(
        (variables["SCRIPT_NAME"], variables["PATH_INFO"]),
        ("''", "''")
    );
}

/// What a middleware adds is there, and shows through the same bytes.
#[tokio::test]
async fn variables_of_middlewares_are_there() {
    let mut environ = Environ::from_request(http::Request::new(()));
    environ.set_var(VarName::new("REMOTE_USER"), "Jürgen");
    let text = of(environ).await;
    assert_eq!(variables(&text)["REMOTE_USER"], "'JÃ¼rgen'");
}

async fn of(environ: Environ) -> String {
    let response = wsgi("hostile:environ_of").respond(environ).await.unwrap();
    let bytes = response.into_body().bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

on_every_stack! {
    a_body_has_its_type_and_length,
    native_strings_below_a_mount,
}
