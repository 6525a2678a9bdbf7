//! A check mark of SPEC.md is true: for each there is a fault that makes the lint report the clause.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::stream;
use gateway_conformance::clauses::{BROKEN_ON_PURPOSE, clauses};
use gateway_conformance::{Suite, app};
use gateway_core::lint::{Findings, Lint};
use gateway_core::{
    App, AppExt as _, Body, Connection, Environ, Error, Gateway, HeadSource, Input, IntoInput,
    LentHead, StartResponse, app_fn,
};
use http::{HeaderValue, Method, Request, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};

type Clauses = BTreeSet<&'static str>;

fn broken(findings: &Findings) -> Clauses {
    findings
        .take()
        .iter()
        .map(|finding| finding.clause())
        .collect()
}

/// Reads its input and answers.
async fn reads(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let _ = environ.input_mut().bytes(99).await;
    start_response.start(200, [("content-type", "text/plain")])?;
    Ok(Body::from_chunks(["a", "b"]))
}

/// What the lint reports where a host, or a middleware outside of the lint, does this to the environ.
async fn found(request: http::request::Builder, wrong: fn(&mut Environ)) -> Clauses {
    let findings = Findings::new();
    let linted = Arc::new(Lint::new(reads).on_finding(&findings));
    let gateway = Gateway::new(app_fn(move |mut environ, start_response| {
        wrong(&mut environ);
        let linted = linted.clone();
        async move { linted.call(environ, start_response).await }
    }));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let input = Body::from_chunks(["12345"]).into_input();
    let response = gateway.handle(gateway.environ(parts, input)).await;
    let _ = gateway_core::Body::new(response.into_body()).bytes().await;
    broken(&findings)
}

/// What the lint reports where a host lends a head that it looks up wrongly.
async fn found_in(source: impl HeadSource + 'static) -> Clauses {
    let findings = Findings::new();
    let gateway = Gateway::new(Lint::new(reads).on_finding(&findings));
    let head = LentHead::new(Method::GET, Version::HTTP_11, Arc::new(source)).unwrap();
    let response = gateway.handle(gateway.lend(head, Input::empty())).await;
    let _ = gateway_core::Body::new(response.into_body()).bytes().await;
    broken(&findings)
}

/// A host that looks up its own headers wrongly: only the first line of a name, and underscores for
/// dashes.
struct Careless;

const LINES: [(&str, &str); 3] = [("accept", "a"), ("accept", "b"), ("x_user", "eve")];

impl HeadSource for Careless {
    fn target(&self) -> &str {
        "/"
    }

    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let mut found = LINES
            .iter()
            .filter(|(known, _)| known.replace('_', "-") == name);
        found
            .next()
            .into_iter()
            .for_each(|(_, value)| visit(value.as_bytes()));
    }

    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        LINES
            .iter()
            .for_each(|(name, value)| visit(name, value.as_bytes()));
    }
}

/// Hosts and middlewares that are wrong about the request.
async fn wrong_environs() -> Clauses {
    let get = || Request::get("/");
    let post = |length| Request::post("/").header("content-length", length);
    let mut all = Clauses::new();
    // A length that is no number is let in.
    all.extend(found(post("+1"), |_| {}).await);
    all.extend(found_in(Careless).await);
    // An address that nobody can be at.
    all.extend(
        found(get(), |environ| {
            let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
            let connection = Connection::new().with_local_addr(nowhere);
            environ.set_connection(connection.with_peer_addr(nowhere));
        })
        .await,
    );
    // A body that is decoded, and the length left as it was.
    all.extend(
        found(post("3"), |environ| {
            environ.set_input(Input::new(Body::from_chunks(["12", "345"])));
        })
        .await,
    );
    all.extend(
        found(post("9"), |environ| {
            environ.set_input(Input::new(Body::from_chunks(["12"])));
        })
        .await,
    );
    // A length beside the chunked coding.
    let chunked = Request::post("/").header("transfer-encoding", "chunked");
    all.extend(
        found(chunked, |environ| {
            let length = HeaderValue::from_static("5");
            environ.headers_mut().insert("content-length", length);
        })
        .await,
    );
    all
}

/// A bridge that calls the app itself, and lets CONNECT through.
async fn wrong_bridge() -> Clauses {
    let findings = Findings::new();
    let linted = Lint::new(reads).on_finding(&findings);
    let connect = Request::connect("a.example:443").body(()).unwrap();
    let _ = linted.respond(Environ::from_request(connect)).await;
    broken(&findings)
}

/// A middleware that asks the body again after its end.
async fn wrong_middleware() -> Clauses {
    let findings = Findings::new();
    let linted = Arc::new(Lint::new(reads).on_finding(&findings));
    let asks = app_fn(move |environ, start_response| {
        let linted = linted.clone();
        async move {
            let mut body = Box::pin(linted.call(environ, start_response).await?);
            for _ in 0..4 {
                let _ = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
            }
            Ok(Body::empty())
        }
    });
    let request = Request::get("/").body(()).unwrap();
    let _ = asks.respond(Environ::from_request(request)).await;
    broken(&findings)
}

/// A body that says that it has more bytes than it has.
struct Boasts(Body);

impl HttpBody for Boasts {
    type Data = bytes::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<bytes::Bytes>, Error>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(99)
    }
}

async fn wrong_body() -> Clauses {
    let findings = Findings::new();
    let boasts = async |_: Environ, start_response: StartResponse| {
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::new(Boasts(Body::from_stream(stream::iter([Ok::<
            _,
            Error,
        >(
            "few",
        )])))))
    };
    let request = Request::get("/").body(()).unwrap();
    let linted = Lint::new(boasts).on_finding(&findings);
    if let Ok(response) = linted.respond(Environ::from_request(request)).await {
        let _ = response.into_body().bytes().await;
    }
    broken(&findings)
}

#[tokio::test]
async fn m2_each_check_mark_is_a_check_that_a_fault_triggers() {
    let findings = Findings::new();
    let linted = Lint::new(app()).on_finding(&findings);
    let _ = Suite::new().run_in_process(linted).await;
    let mut fired = broken(&findings);
    let on_purpose: Clauses = BROKEN_ON_PURPOSE
        .iter()
        .map(|(_, clause)| *clause)
        .collect();
    assert_eq!(fired, on_purpose);
    fired.extend(wrong_environs().await);
    fired.extend(wrong_bridge().await);
    fired.extend(wrong_middleware().await);
    fired.extend(wrong_body().await);
    let marked: Clauses = clauses()
        .filter(|clause| clause.is_checked)
        .map(|clause| clause.id)
        .collect();
    assert_eq!(fired, marked);
}
