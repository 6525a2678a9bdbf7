//! The environ that an app sees: the same on every stack, at the root and below a prefix.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;

use axum::Router;
use examples::{Stack, stack};
use gateway_conformance::wire::{Protocol, WireError, WireRequest, exchange};
use gateway_core::{App, EnvValue, Environ, view};
use gateway_util::Mount;
use serde_json::{Map, Value, json};

/// What is behind the prefix, or the whole path at the root.
const PATHS: &[&[u8]] = &[
    b"/",
    b"/a",
    b"/a/",
    b"/a/b/c",
    b"//",
    b"//a//b//",
    b"/.",
    b"/..",
    b"/../a",
    b"/a/./b/../c",
    b"/a%2Fb",
    b"/a%2fb/",
    b"/%2F",
    b"/%2Fa",
    b"/%2E%2E/a",
    b"/%252F",
    b"/%25",
    b"/100%",
    b"/%z",
    b"/%zz/a",
    b"/%2",
    b"/%FF",
    b"/a%C3%A9b",
    b"/%C3%28/x",
    b"/%E2%82",
    b"/a%00b",
    b"/a%0D%0Ab",
    b"/a+b%2Bc%20d",
    b"/a;b=c/d;e",
    b"/~a!$&'()*,=:@",
    b"/%41%7E%2D",
    b"/a\\b",
    b"/a|b",
    b"/[a]",
    b"/{a}",
    b"/a\"b",
    b"/a?",
    b"/a??",
    b"/a?b=c&d=%20&d=%2F",
    b"/a?b=/c/../d?e",
    b"/a?%zz=%FF",
    b"/?",
    b"/?x",
    b"/a%3Fb?c",
    b"/a%23b",
    b"/a^b`c",
    b"/a<b>",
    b"/a#b",
    b"/caf\xc3\xa9",
    b"/\xff",
    b"/a?\xff",
];

/// Targets that are no path behind a prefix.
const TARGETS: &[(&str, &[u8])] = &[
    ("GET", b"/api"),
    ("GET", b"/api?"),
    ("GET", b"/api?x=1"),
    ("GET", b"/%61pi/a"),
    ("GET", b"/%2Fapi/a"),
    ("GET", b"/apis"),
    ("GET", b"/api;v=1"),
    ("GET", b"/API/a"),
    ("GET", b"//api/a"),
    ("GET", b"/./api/a"),
    ("GET", b"/api%2Fa"),
    ("OPTIONS", b"*"),
    ("GET", b"http://other.example/a/b?c"),
    ("GET", b"http://other.example:81/a%2Fb"),
    ("GET", b"http://other.example/api/a%2Fb?c"),
    ("GET", b"http://other.example"),
    ("GET", b"http://other.example?x"),
    ("GET", b"a/b"),
    ("OPTIONS", b"/api"),
    ("CONNECT", b"other.example:443"),
    ("get", b"/a"),
    ("M-SEARCH", b"/a"),
];

/// Where a stack shows something else, or nothing, and why it cannot be helped. There is nothing
/// else.
const EXCEPTIONS: &[(Stack, &[u8], &str)] = &[
    (
        Stack::Tower,
        b"/%61pi/a",
        "axum's router compares the path as it was sent: this one is its fallback's, at the root",
    ),
    (Stack::Actix, b"/caf\xc3\xa9", HTTP_0_2),
    (Stack::Actix, b"/api/caf\xc3\xa9", HTTP_0_2),
];

const HTTP_0_2: &str =
    "no URI by RFC 3986, and none for actix's http 0.2, which answers 400; http 1 lets it pass";

/// What no stack lets pass, or no client sends.
const REFUSED: &[&[u8]] = &[
    b"/a^b`c",
    b"/a<b>",
    b"/\xff",
    b"/a?\xff",
    b"a/b",
    b"other.example:443",
];

/// All that there is to see of a request, but for what differs from connection to connection.
async fn everything(environ: Environ) -> Value {
    let lossless = |value: &EnvValue<'_>| match value.to_str() {
        Some(text) => Value::from(text),
        None => value.as_bytes().into(),
    };
    let vars = environ.vars().into_iter();
    let vars: Map<String, Value> = vars
        .map(|(key, value)| match &*key {
            // Right is that they are there, and what ports they are.
            "SERVER_PORT" | "REMOTE_PORT" => {
                let port: u16 = value.to_str().unwrap().parse().unwrap();
                (key.into_owned(), (port != 0).into())
            }
            _ => (key.into_owned(), lossless(&value)),
        })
        .collect();
    let mut headers: Vec<_> = environ
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), value.as_bytes()]))
        .collect();
    headers.sort_by_key(Value::to_string);
    json!({
        "vars": vars,
        "method": environ.request_method().as_str(),
        "raw_script_name": environ.raw_script_name(),
        "raw_path_info": environ.raw_path_info(),
        "request_uri": environ.request_uri(),
        "uri": environ.uri().to_string(),
        "query_string": environ.query_string(),
        "host": environ.host(),
        "content_length": environ.content_length(),
        "headers": headers,
    })
}

/// Serves the app at `/api` and at the root.
fn serve(on: Stack) -> SocketAddr {
    fn app() -> impl App {
        view(everything)
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || match on {
        Stack::Hyper => stack::hyper(listener, Mount::new().at("/api", app()).fallback(app())),
        Stack::Actix => stack::actix(listener, |config| {
            config
                .service(adapter_actix::mount("/api", app()))
                .default_service(adapter_actix::service(app()));
        }),
        Stack::Tower => stack::tower(
            listener,
            Router::new()
                .nest_service("/api", adapter_tower::service(app()))
                .fallback_service(adapter_tower::service(app())),
        ),
    });
    address
}

/// What came back: the environ, or the status of a refusal, or nothing.
async fn seen(on: Stack, protocol: Protocol, request: &WireRequest) -> Value {
    static SERVERS: LazyLock<[SocketAddr; 3]> = LazyLock::new(|| Stack::ALL.map(serve));
    let nth = Stack::ALL.iter().position(|stack| *stack == on).unwrap();
    let answer: Result<_, WireError> = exchange(SERVERS[nth], protocol, request).await;
    match answer {
        Ok(answer) if answer.status == 200 => serde_json::from_slice(&answer.body).unwrap(),
        Ok(answer) => json!({ "status": answer.status }),
        Err(error) if error.is_request() => json!("the protocol has no such request"),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// With fields that tempt an adapter to mix them up.
fn request(method: &str, target: &[u8]) -> WireRequest {
    WireRequest::new(method, target)
        .header("host", "a.example:8080")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .header("x_twice", "3")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-latin", b"caf\xe9")
        .header("x-empty", "")
        .header("proxy", "http://evil.example")
}

/// Compares the stacks, and gives what is wrong.
async fn compare(requests: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for protocol in Protocol::ALL {
        for (method, target) in requests {
            let request = request(method, target);
            let on_hyper = seen(Stack::Hyper, protocol, &request).await;
            let path = target.strip_prefix(b"/api").unwrap_or(target);
            let is_refused = REFUSED.contains(&path);
            for stack in [Stack::Actix, Stack::Tower] {
                let here = seen(stack, protocol, &request).await;
                let is_excepted = EXCEPTIONS
                    .iter()
                    .any(|(which, what, _)| (*which, *what) == (stack, target));
                let is_as_said =
                    on_hyper["vars"].is_object() != is_refused && (here == on_hyper) != is_excepted;
                if !is_as_said {
                    wrong.push(format!(
                        "{protocol:?} {method} {}\n  hyper {on_hyper}\n  {stack} {here}",
                        target.escape_ascii()
                    ));
                }
            }
        }
    }
    wrong
}

fn owned(method: &str, target: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (method.to_owned(), target.into())
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn e3_to_e7_at_the_root_each_target_gives_the_same_environ() {
    let mut requests: Vec<_> = PATHS.iter().map(|path| owned("GET", *path)).collect();
    requests.push(owned("GET", format!("/{}", "long/".repeat(1200))));
    requests.push(owned("GET", format!("/?{}", "q".repeat(6000))));
    assert_none(&compare(&requests).await);
}

#[tokio::test]
async fn e3_to_e7_below_a_prefix_each_target_gives_the_same_environ() {
    let mut requests: Vec<_> = PATHS
        .iter()
        .map(|path| owned("GET", [b"/api", *path].concat()))
        .collect();
    requests.push(owned("GET", format!("/api/{}", "long/".repeat(1200))));
    assert_none(&compare(&requests).await);
}

#[tokio::test]
async fn e12_e14_other_targets_give_the_same_environ() {
    let requests: Vec<_> = TARGETS
        .iter()
        .map(|(method, target)| owned(method, *target))
        .collect();
    assert_none(&compare(&requests).await);
}

#[tokio::test]
async fn e8_bodies_are_described_the_same() {
    for protocol in Protocol::ALL {
        for path in ["/a", "/api/a"] {
            for request in [
                request("POST", path.as_bytes()).body(""),
                request("POST", path.as_bytes()).body("12345"),
                request("POST", path.as_bytes())
                    .header("content-type", "text/x")
                    .body("1"),
                request("POST", path.as_bytes()).chunked(["1", "2"]),
                request("GET", path.as_bytes()).header("content-type", ""),
            ] {
                let on_hyper = seen(Stack::Hyper, protocol, &request).await;
                assert!(on_hyper["vars"].is_object(), "{on_hyper}");
                for stack in [Stack::Actix, Stack::Tower] {
                    let here = seen(stack, protocol, &request).await;
                    assert_eq!(here, on_hyper, "{stack} {protocol:?} {request:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn e12_without_a_host_the_server_names_itself() {
    let request = WireRequest::get("/api/a").http10().without_host();
    let on_hyper = seen(Stack::Hyper, Protocol::Http1, &request).await;
    assert_eq!(on_hyper["vars"]["SERVER_NAME"], "127.0.0.1");
    for stack in [Stack::Actix, Stack::Tower] {
        let here = seen(stack, Protocol::Http1, &request).await;
        assert_eq!(here, on_hyper, "{stack}");
    }
}

#[tokio::test]
async fn the_comparison_sees_the_app_and_both_places() {
    for stack in Stack::ALL {
        let at_root = seen(stack, Protocol::Http1, &request("GET", b"/a%2Fb?c")).await;
        assert_eq!(at_root["vars"]["SCRIPT_NAME"], "", "{stack}");
        assert_eq!(at_root["vars"]["PATH_INFO"], "/a/b", "{stack}");
        assert_eq!(at_root["vars"]["SERVER_NAME"], "a.example", "{stack}");
        assert_eq!(at_root["vars"]["REMOTE_ADDR"], "127.0.0.1", "{stack}");
        assert_eq!(at_root["vars"]["SERVER_PORT"], true, "{stack}");
        let below = seen(stack, Protocol::Http1, &request("GET", b"/api/a%2Fb?c")).await;
        assert_eq!(below["vars"]["SCRIPT_NAME"], "/api", "{stack}");
        assert_eq!(below["raw_path_info"], "/a%2Fb", "{stack}");
    }
}
