//! M1: where a middleware has nothing to say, nobody can tell that it is there.
//!
//! Each case is an app and a request. It is run alone, and behind each middleware; what a host sees
//! has to be the same: status, headers in their order, the declared size, each frame, how the body
//! ended, what was closed, and when.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod cases;
mod middlewares;

use std::time::Duration;

use bytes::Bytes;
use gateway_core::{
    App, AppExt, Body, BoxApp, Connection, Environ, Error, Gateway, Input, StartResponse, VarName,
};
use http::{HeaderValue, Method, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};

use cases::{CASES, Case, Probe, Reading, trailers};
use middlewares::MIDDLEWARES;

/// What the host sees, and what happened on the app's side.
#[derive(Debug, PartialEq)]
struct Observed {
    status: StatusCode,
    headers: Vec<(String, HeaderValue)>,
    size: Option<u64>,
    frames: Vec<String>,
    events: Vec<&'static str>,
}

/// What middlewares add by their purpose.
const ADDED: [&str; 3] = ["x-request-id", "x-runtime", "etag"];

async fn observe(app: BoxApp, probe: Probe, method: Method, reading: Reading) -> Observed {
    let frames = ["in", "put!"].map(|text| Ok::<_, Error>(Frame::data(Bytes::from(text))));
    let frames = frames.into_iter().chain([Ok(Frame::trailers(trailers()))]);
    let has_body = method == Method::POST;
    let mut request = http::Request::builder()
        .method(method)
        .uri("/a//b/../c;d/%25?x=%20")
        .header("host", "a.example")
        .header("authorization", "Basic YWRhOnB3")
        .extension(7_u8);
    let mut input = Input::empty();
    if has_body {
        request = request.header("content-length", "6");
        input = Input::new(StreamBody::new(futures_util::stream::iter(frames)));
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let gateway = Gateway::new(app);
    let mut environ = gateway.environ(parts, input);
    environ.set_var(const { VarName::new("X_OWN") }, "own");
    environ.set_connection(Connection::new().with_peer_addr("192.0.2.7:4711".parse().unwrap()));
    let response = gateway.handle(environ).await;
    let (parts, body) = response.into_parts();
    let size = body.size_hint().exact();
    let mut observed = Observed {
        status: parts.status,
        headers: parts
            .headers
            .iter()
            .filter(|(name, _)| !ADDED.contains(&name.as_str()))
            // Hosts write the size, whether the head names it or not.
            .filter(|(name, value)| {
                *name != "content-length" || size.is_none_or(|size| **value != *size.to_string())
            })
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect(),
        size,
        frames: Vec::new(),
        events: Vec::new(),
    };
    if reading == Reading::All {
        probe.tell("head");
        probe.go.notify_one();
        let mut body = std::pin::pin!(body);
        while let Some(frame) = body.frame().await {
            let is_error = frame.is_err();
            observed.frames.push(match frame {
                Ok(frame) => format!("{frame:?}"),
                Err(error) => format!("error: {error}"),
            });
            if is_error {
                break;
            }
        }
        probe.tell("end");
    } else {
        drop(body);
    }
    observed.events = probe.events.lock().unwrap().clone();
    observed
}

/// The events up to the end: whether a body is closed with its last frame or a moment later, when it
/// is dropped, is the host's matter.
async fn run(case: &Case, behind: &str, wrap: fn(BoxApp) -> BoxApp) -> Observed {
    let (name, app, method, reading) = case;
    let probe = Probe::default();
    let app = wrap(app(probe.clone()));
    let observing = observe(app, probe, method.clone(), *reading);
    tokio::time::timeout(Duration::from_secs(60), observing)
        .await
        .unwrap_or_else(|_| panic!("{name} hangs behind {behind}"))
}

#[tokio::test]
async fn m1_every_middleware_is_transparent() {
    // Panics are among the cases: their messages would hide what fails.
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        if !text.contains("in the app") && !text.contains("in the body") {
            eprintln!("{text}");
        }
    }));
    let mut faults = Vec::new();
    for case in CASES {
        let alone = run(case, "nothing", |app| app).await;
        for (middleware, wrap) in MIDDLEWARES {
            let behind = run(case, middleware, *wrap).await;
            if behind != alone {
                faults.push(format!(
                    "{} behind {middleware}:\n {alone:?}\n {behind:?}",
                    case.0
                ));
            }
        }
    }
    let _ = std::panic::take_hook();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// What the page of the module calls wrong.
struct Buffering(BoxApp);

impl App for Buffering {
    async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
        let (parts, body) = self.0.respond(environ).await?.into_parts();
        start.start(parts.status, parts.headers)?;
        Ok(Body::from(body.bytes().await?))
    }
}

#[tokio::test]
async fn the_harness_sees_a_middleware_that_buffers() {
    for name in [
        "sized stream",
        "declared length",
        "trailers",
        "wish to close",
        "too long",
    ] {
        let case = CASES.iter().find(|case| case.0 == name).unwrap();
        let alone = run(case, "nothing", |app| app).await;
        let behind = run(case, "Buffering", |app| Buffering(app).boxed()).await;
        assert_ne!(alone, behind, "{name}");
    }
}
