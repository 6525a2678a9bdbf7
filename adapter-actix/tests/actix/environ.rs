//! The environ below every kind of mount, against what RFC 3875 and the rules make of the target.

use actix_web::web;
use adapter_actix::{mount, service};
use gateway_conformance::wire::{Protocol, WireRequest, http1};
use gateway_core::{Environ, view};

use crate::server::Server;

/// Paths with their queries, as a client sends them.
const TARGETS: [&str; 48] = [
    "/",
    "//",
    "///",
    "/a",
    "/a/",
    "//a//b",
    "/a//",
    "/a/b/c",
    "/./a",
    "/a/./b",
    "/a/../b",
    "/..",
    "/a/.",
    "/a;x=1/b;y",
    "/;",
    "/a%2Fb",
    "/a%2fb",
    "/%2F",
    "/%2F/",
    "/a%2F%2Fb/c",
    "/%252F",
    "/a%25b",
    "/%25",
    "/a%2Bb",
    "/a+b",
    "/a%20b",
    "/%41%42",
    "/%E2%82%AC",
    "/%e2%82%ac/x",
    "/%FF",
    "/%FF/%FE",
    "/%C3/x",
    "/%E2%82/x",
    "/a%00b",
    "/a%0D%0Ab",
    "/%zz",
    "/%",
    "/a%2",
    "/a%3Fb",
    "/a%23b",
    "/~u:p@h,(x)!$&'*=",
    "/a|b",
    "/?",
    "/a?",
    "/a?x=1&y=%2F",
    "/a?b?c=/../%zz",
    "/?x=%FF+",
    "/a%5Cb",
];

/// Every place a mount can have, as prefixes that a client sends, and what matches them.
const PREFIXES: [&str; 9] = [
    "",
    "/ap",
    "/%61p",
    "/sp%20ace",
    "/outer/inner",
    "/outer/%69nner",
    "/u/7/app",
    "/u/a%2Fb/app",
    "/u/%FF%25/app",
];

async fn dump(environ: Environ) -> String {
    [
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "REQUEST_URI",
    ]
    .map(|key| match environ.get(key) {
        Some(value) => format!("{key}={}\n", value.as_bytes().escape_ascii()),
        None => format!("{key} is absent\n"),
    })
    .concat()
}

/// E4, without the crate that core decodes with.
fn decode(raw: &str) -> Vec<u8> {
    let bytes = raw.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = raw
            .get(at + 1..at + 3)
            .filter(|hex| bytes[at] == b'%' && hex.bytes().all(|b| b.is_ascii_hexdigit()))
            .map(|hex| u8::from_str_radix(hex, 16).unwrap());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    out
}

fn expected(method: &str, prefix: &str, target: &str, uri: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    format!(
        "REQUEST_METHOD={method}\nSCRIPT_NAME={}\nPATH_INFO={}\nQUERY_STRING={}\nREQUEST_URI={}\n",
        decode(prefix).escape_ascii(),
        decode(path).escape_ascii(),
        query.as_bytes().escape_ascii(),
        uri.as_bytes().escape_ascii(),
    )
}

fn server() -> Server {
    Server::start(|config| {
        config.service(mount("/ap", view(dump)));
        config.service(mount("/sp ace/", view(dump)));
        config.service(web::scope("/outer").service(mount("/inner", view(dump))));
        config.service(web::scope("/u/{id}").service(mount("/app", view(dump))));
        config.service(web::scope("/scoped").service(mount("", view(dump))));
        config.default_service(service(view(dump)));
    })
}

#[tokio::test]
async fn e3_to_e7_the_path_is_as_sent_below_every_mount() {
    let server = server();
    let mut first = http1::Http1Connection::open(server.address).await.unwrap();
    for prefix in PREFIXES.into_iter().chain(["/scoped"]) {
        for target in TARGETS {
            let uri = format!("{prefix}{target}");
            let response = first.request(&WireRequest::get(&uri)).await.unwrap();
            assert_eq!(response.status, 200, "{uri}");
            assert_eq!(
                response.text(),
                expected("GET", prefix, target, &uri),
                "{uri}"
            );
        }
    }
}

#[tokio::test]
async fn e3_to_e7_the_path_is_as_sent_on_http_2() {
    let server = server();
    let mut connection = gateway_conformance::wire::http2::Http2Connection::open(server.address)
        .await
        .unwrap();
    for prefix in PREFIXES.into_iter().chain(["/scoped"]) {
        for target in TARGETS {
            let uri = format!("{prefix}{target}");
            let response = connection.request(&WireRequest::get(&uri)).await.unwrap();
            assert_eq!(
                response.text(),
                expected("GET", prefix, target, &uri),
                "{uri}"
            );
        }
    }
}

#[tokio::test]
async fn e2_a_mount_without_a_slash_behind_it_has_an_empty_path_info() {
    let server = server();
    for protocol in Protocol::ALL {
        for prefix in PREFIXES.into_iter().skip(1).chain(["/scoped"]) {
            for query in ["", "?", "?a=/b"] {
                let uri = format!("{prefix}{query}");
                let response = server.answer(protocol, &WireRequest::get(&uri)).await;
                assert_eq!(response.text(), expected("GET", prefix, query, &uri));
            }
        }
    }
}

#[tokio::test]
async fn e3_a_prefix_matches_whole_segments() {
    let server = server();
    for target in [
        "/apple",
        "/ap%2Fx",
        "/a",
        "/outer",
        "/outer/innermost",
        "/u/7/apple",
    ] {
        let response = server
            .answer(Protocol::Http1, &WireRequest::get(target))
            .await;
        assert_eq!(response.text(), expected("GET", "", target, target));
    }
}

#[tokio::test]
async fn e5_an_absolute_target_is_whole_and_names_the_host() {
    let server = Server::of(view(async |environ: Environ| {
        let host = environ.get("HTTP_HOST").map(|host| host.to_string());
        format!("{}{host:?}", dump(environ).await)
    }));
    for (target, path) in [
        ("http://other.example:81/a%2Fb?x=1", "/a%2Fb?x=1"),
        ("http://other.example:81//a/../b", "//a/../b"),
    ] {
        let request = WireRequest::get(target).header("host", "ignored.example");
        let response = server.answer(Protocol::Http1, &request).await;
        let expected = expected("GET", "", path, target);
        assert_eq!(
            response.text(),
            format!("{expected}Some(\"other.example:81\")")
        );
    }
}

#[tokio::test]
async fn e1_methods_keep_their_case() {
    let server = Server::of(view(dump));
    for protocol in Protocol::ALL {
        for method in [
            "get",
            "PROPFIND",
            "x",
            "A-VERY-LONG-METHOD-OF-ITS-OWN",
            "M!*+-.^_`|~",
        ] {
            let response = server
                .answer(protocol, &WireRequest::new(method, "/"))
                .await;
            assert_eq!(
                response.text(),
                expected(method, "", "/", "/"),
                "{protocol:?}"
            );
        }
    }
}

#[tokio::test]
async fn e14_options_star_reaches_the_default_service_with_an_empty_path() {
    let server = server();
    for protocol in Protocol::ALL {
        let response = server
            .answer(protocol, &WireRequest::new("OPTIONS", "*"))
            .await;
        assert_eq!(
            response.text(),
            expected("OPTIONS", "", "", "*"),
            "{protocol:?}"
        );
    }
}

#[tokio::test]
async fn e14_connect_is_501() {
    let server = server();
    let request = WireRequest::new("CONNECT", "a.example:443");
    for protocol in Protocol::ALL {
        let response = server.broken(protocol, &request).await;
        assert_eq!(response.status, 501, "{protocol:?}");
    }
}

#[tokio::test]
async fn e5_a_very_long_target_is_whole() {
    let server = server();
    let target = format!("/{}?{}", "x%2F".repeat(3_000), "y".repeat(4_000));
    for protocol in Protocol::ALL {
        for prefix in ["", "/ap", "/u/7/app"] {
            let uri = format!("{prefix}{target}");
            let response = server.answer(protocol, &WireRequest::get(&uri)).await;
            assert_eq!(response.text(), expected("GET", prefix, &target, &uri));
        }
    }
}
