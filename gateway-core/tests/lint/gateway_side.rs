//! Checks that the lint finds mistakes of gateways, and of middlewares outside it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use gateway_core::lint::Side::Gateway as GatewaySide;
use gateway_core::lint::{Findings, Lint};
use gateway_core::{
    App, AppExt, Body, Connection, Environ, Error, Gateway, HeadSource, Input, LentHead,
    StartResponse, app_fn,
};
use http::{Method, Request, Version};
use http_body_util::BodyExt;

use super::{data, found_at, frames, get, trailers};

#[tokio::test]
async fn e1_to_e8_every_kind_of_target_and_method_is_no_finding() {
    for target in [
        "/",
        "//",
        "/a//b/../c/.;x=1/",
        "/%252F%zz%",
        "/%FF%00",
        "/a?",
        "/a?b=%20&c?",
        "http://a.example:81/x?y",
        "http://a.example",
    ] {
        for method in ["GET", "get", "PROPFIND", "M-SEARCH"] {
            let request = Request::builder().method(method).uri(target);
            let found = found_at(request.body(()).unwrap(), |_| {}).await;
            assert_eq!(found, [], "{method} {target}");
        }
    }
}

#[tokio::test]
async fn e2_e3_mounts_are_no_finding() {
    for (prefix, target) in [
        ("/a b", "/a%20b"),
        ("/a b", "/a%20b/"),
        ("/a b", "/a%20b//c"),
        ("", "/a"),
    ] {
        let found = found_at(get(target), move |environ| assert!(environ.mount(prefix))).await;
        assert_eq!(found, [], "{prefix} {target}");
    }
    // An encoded slash at the end of a mount point is data.
    let found = found_at(get("/a%2F/b"), |environ| {
        environ.set_script_name_len(4).unwrap()
    })
    .await;
    assert_eq!(found, []);
}

#[tokio::test]
async fn e8_equal_lengths_are_no_finding() {
    let request = Request::post("/")
        .header("content-length", "5, 5")
        .body("12345");
    assert_eq!(found_at(request.unwrap(), |_| {}).await, []);
}

#[tokio::test]
async fn e8_i1_a_length_that_is_no_number_is_found() {
    let request = Request::get("/").header("content-length", "+1").body(());
    assert_eq!(
        found_at(request.unwrap(), |_| {}).await.first(),
        Some(&("E8", GatewaySide))
    );
}

/// A host's own headers, looked up too generously or not.
struct Source {
    lines: Vec<(&'static str, &'static str)>,
    generous: bool,
}

impl HeadSource for Source {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        self.lines
            .iter()
            .filter(|(known, _)| {
                *known == name || (self.generous && known.replace('_', "-") == name)
            })
            .for_each(|(_, value)| visit(value.as_bytes()));
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &self.lines {
            visit(name, value.as_bytes());
        }
    }
}

/// What the lint finds in an environ whose head is lent.
async fn found_in(source: impl HeadSource + 'static) -> super::Found {
    let findings = Findings::new();
    let gateway = Gateway::new(Lint::new(super::reads_input()).on_finding(&findings));
    let head = LentHead::new(Method::GET, Version::HTTP_11, Arc::new(source)).unwrap();
    gateway.handle(gateway.lend(head, Input::empty())).await;
    super::summary(findings.take())
}

async fn found_with(generous: bool, lines: Vec<(&'static str, &'static str)>) -> super::Found {
    found_in(Source { lines, generous }).await
}

/// Looks only the first line of a name up.
struct FirstLine(Source);

impl HeadSource for FirstLine {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let mut is_first = true;
        self.0.lines(name, &mut |line| {
            if std::mem::take(&mut is_first) {
                visit(line);
            }
        });
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.0.for_each(visit);
    }
}

#[tokio::test]
async fn e9_lines_that_a_look_up_loses_are_found() {
    let found = found_in(FirstLine(Source {
        lines: vec![("accept", "a"), ("accept", "b")],
        generous: false,
    }));
    assert_eq!(found.await, [("E9", GatewaySide)]);
}

#[tokio::test]
async fn e9_repeated_lines_are_no_finding() {
    let lines = vec![
        ("accept", "a"),
        ("cookie", "a=1"),
        ("accept", "b"),
        ("cookie", "b=2"),
    ];
    assert_eq!(found_with(false, lines.clone()).await, []);
    let mut request = Request::get("/");
    for (name, value) in lines {
        request = request.header(name, value);
    }
    assert_eq!(found_at(request.body(()).unwrap(), |_| {}).await, []);
}

#[tokio::test]
async fn e10_a_header_that_stands_for_its_twin_is_found() {
    let lines = vec![("x_forwarded_for", "192.0.2.1")];
    assert_eq!(found_with(true, lines).await, [("E10", GatewaySide)]);
}

#[tokio::test]
async fn e10_e11_underscores_and_proxy_among_the_headers_are_no_finding() {
    let lines = vec![("x_a", "1"), ("x-a", "2"), ("proxy", "http://evil.example")];
    assert_eq!(found_with(false, lines).await, []);
}

#[tokio::test]
async fn e12_the_targets_host_is_no_finding() {
    let request = Request::get("http://u@a.example/")
        .header("host", "b.example")
        .version(Version::HTTP_2);
    assert_eq!(found_at(request.body(()).unwrap(), |_| {}).await, []);
}

#[tokio::test]
async fn e13_every_version_is_no_finding() {
    for version in [
        Version::HTTP_10,
        Version::HTTP_11,
        Version::HTTP_2,
        Version::HTTP_3,
    ] {
        let request = Request::get("/").version(version).body(()).unwrap();
        assert_eq!(found_at(request, |_| {}).await, [], "{version:?}");
    }
}

#[tokio::test]
async fn e14_connect_is_found() {
    let findings = Findings::new();
    let app = Lint::new(super::reads_input()).on_finding(&findings);
    let connect = Request::connect("a.example:443").body(()).unwrap();
    // The driver would not let it through.
    app.respond(Environ::from_request(connect)).await.unwrap();
    assert_eq!(super::summary(findings.take()), [("E14", GatewaySide)]);

    let asterisk = Request::options("*").body(()).unwrap();
    assert_eq!(found_at(asterisk, |_| {}).await, []);
}

#[tokio::test]
async fn e16_an_address_that_is_no_peers_is_found() {
    let set = |addr: &'static str| {
        move |environ: &mut Environ| {
            let addr: SocketAddr = addr.parse().unwrap();
            environ.set_connection(Connection::new().with_peer_addr(addr));
        }
    };
    assert_eq!(
        found_at(get("/"), set("0.0.0.0:0")).await,
        [("E16", GatewaySide)]
    );
    assert_eq!(found_at(get("/"), set("192.0.2.1:4711")).await, []);
    assert_eq!(found_at(get("/"), set("[::1]:4711")).await, []);
}

fn post(length: &str, body: Body) -> Request<Body> {
    let mut request = Request::post("/");
    if !length.is_empty() {
        request = request.header("content-length", length);
    }
    request.body(body).unwrap()
}

#[tokio::test]
async fn i1_an_input_that_is_not_as_long_as_declared_is_found() {
    let in_hand = found_at(post("3", Body::from("123")), |environ| {
        environ.set_input(gateway_core::IntoInput::into_input("12345"));
    });
    assert_eq!(in_hand.await, [("I1", GatewaySide)]);
    let absent = Request::post("/").header("content-length", "3").body(());
    assert_eq!(
        found_at(absent.unwrap(), |_| {}).await,
        [("I1", GatewaySide)]
    );
    let taken = post("5", Body::from_chunks(["12345"]));
    let found = found_at(taken, |environ| drop(environ.take_input())).await;
    assert_eq!(found, [("I1", GatewaySide)]);
    // A middleware that decodes the body, and leaves the length as it was.
    let found = found_at(post("3", Body::from_chunks(["123"])), |environ| {
        environ.set_input(Input::new(Body::from_chunks(["12", "345", "6"])));
    });
    assert_eq!(found.await, [("I1", GatewaySide)]);
}

#[tokio::test]
async fn i1_inputs_of_their_length_are_no_finding() {
    let in_hand = Request::post("/")
        .header("content-length", "5")
        .body("12345");
    assert_eq!(found_at(in_hand.unwrap(), |_| {}).await, []);
    assert_eq!(
        found_at(post("5", Body::from_chunks(["12", "345"])), |_| {}).await,
        []
    );
    assert_eq!(
        found_at(post("", Body::from_chunks(["12", "345"])), |_| {}).await,
        []
    );
    let found = found_at(post("3", Body::from_chunks(["123"])), |environ| {
        environ.set_input(Input::new(Body::from_chunks(["1", "23"])));
    });
    assert_eq!(found.await, []);
}

#[tokio::test]
async fn i2_a_chunked_request_with_a_length_is_found() {
    let chunked = |length: &'static str| {
        let mut request = post(length, Body::from_chunks(["12345"]));
        let coding = http::HeaderValue::from_static("Chunked");
        request.headers_mut().insert("transfer-encoding", coding);
        request
    };
    let found = found_at(chunked(""), |environ| {
        let length = http::HeaderValue::from_static("5");
        environ.headers_mut().insert("content-length", length);
    });
    assert_eq!(found.await, [("I2", GatewaySide)]);
    assert_eq!(found_at(chunked(""), |_| {}).await, []);
    // The environ leaves the length out by itself.
    assert_eq!(found_at(chunked("5"), |_| {}).await, []);
}

#[tokio::test]
async fn i3_a_short_input_without_an_error_is_found() {
    let found = found_at(post("9", Body::from_chunks(["1"])), |environ| {
        environ.set_input(Input::new(Body::from_chunks(["123"])));
    });
    assert_eq!(found.await, [("I3", GatewaySide)]);
}

#[tokio::test]
async fn i3_a_short_input_with_an_error_is_no_finding() {
    // The input itself tells the app.
    assert_eq!(
        found_at(post("9", Body::from_chunks(["123"])), |_| {}).await,
        []
    );
    let broken = frames(vec![data("123"), Err(Error::msg("reset"))]);
    assert_eq!(found_at(post("", broken), |_| {}).await, []);
}

#[tokio::test]
async fn i3_trailers_are_the_end_too() {
    let set = |environ: &mut Environ| {
        environ.set_input(Input::new(frames(vec![data("1"), trailers("x-sum")])));
    };
    let short = found_at(post("9", Body::from_chunks(["1"])), set).await;
    assert_eq!(short, [("I3", GatewaySide)]);
    assert_eq!(found_at(post("1", Body::from_chunks(["1"])), set).await, []);
    assert_eq!(found_at(post("", Body::from_chunks(["1"])), set).await, []);
}

/// A middleware that asks a body of the app `extra` times after its end or error.
async fn found_in_asking(body: fn() -> Body, extra: usize) -> super::Found {
    let findings = Findings::new();
    let app = app_fn(move |_, start_response: StartResponse| async move {
        start_response.start(200, [("x-a", "1")])?;
        Ok(body())
    });
    let app = Arc::new(Lint::new(app).on_finding(&findings));
    let asks = app_fn(move |environ, start_response| {
        let app = app.clone();
        async move {
            let mut body = app.call(environ, start_response).await?;
            while let Some(Ok(_)) = body.frame().await {}
            for _ in 0..extra {
                let _ = body.frame().await;
            }
            Ok(Body::empty())
        }
    });
    asks.respond(Environ::from_request(get("/"))).await.unwrap();
    super::summary(findings.take())
}

#[tokio::test]
async fn b3_asking_after_the_end_or_an_error_is_found() {
    let ends = || Body::from_stream(stream::iter([Ok::<_, Error>("a")]));
    let fails = || Body::from_stream(stream::iter([Ok("a"), Err::<&str, _>(Error::msg("x"))]));
    assert_eq!(found_in_asking(ends, 2).await, [("B3", GatewaySide)]);
    assert_eq!(found_in_asking(fails, 1).await, [("B3", GatewaySide)]);
    assert_eq!(found_in_asking(ends, 0).await, []);
    assert_eq!(found_in_asking(fails, 0).await, []);
    assert_eq!(
        found_in_asking(|| Body::from(Bytes::from("in hand")), 2).await,
        []
    );
}

#[tokio::test]
async fn every_method_reaches_the_lint_as_it_was_sent() {
    let method = Method::from_bytes(b"x-Own").unwrap();
    let request = Request::builder().method(method).uri("/").body(()).unwrap();
    assert_eq!(found_at(request, |_| {}).await, []);
}
