//! The workloads as apps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_core::lint::Lint;
use gateway_core::{
    App, Body, Environ, Error, HttpError, Observer, Outcome, RequestSummary, StartResponse,
};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::target::Target;
use crate::work::{self, ADDED, BYTES_TYPE, ECHO_LIMIT, Message, TEXT, TEXT_TYPE, Work};

/// A place that an app is put in.
pub(crate) trait Host {
    fn host<A: App + Clone>(self, app: A) -> Target;

    /// With an observer of the gateway.
    fn host_observed<A: App + Clone>(self, app: A, observer: impl Observer + Clone) -> Target;
}

/// Puts the app of a workload in its place. Each app keeps its own type, and none is boxed.
pub(crate) fn mount(work: Work, host: impl Host) -> Target {
    match work {
        Work::Plaintext => host.host(plaintext),
        Work::ReadHeaders => host.host(read_headers),
        Work::Lookup => host.host(lookup),
        Work::Json => host.host(json),
        Work::Cookies => host.host(cookies),
        Work::Echo => host.host(echo),
        Work::NotFound => host.host(not_found),
        Work::Middleware1 => host.host(Identity(plaintext)),
        Work::Middleware5 => host.host(five(plaintext)),
        Work::Middleware10 => host.host(five(five(plaintext))),
        Work::MiddlewareHeader => host.host(AddHeader(plaintext)),
        Work::Observer => host.host_observed(plaintext, Counter::default()),
        Work::Lint => host.host(Lint::new(plaintext)),
        Work::Download => host.host(download),
        Work::Upload => host.host(upload),
    }
}

/// A middleware that does nothing.
#[derive(Clone)]
struct Identity<A>(A);

impl<A: App> App for Identity<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

/// A middleware that adds a response header.
#[derive(Clone)]
struct AddHeader<A>(A);

impl<A: App> App for AddHeader<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let start_response = start_response.wrap(|_, headers| {
            let name = HeaderName::from_static(ADDED.0);
            headers.insert(name, HeaderValue::from_static(ADDED.1));
        });
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

/// An observer as small as one can be: it counts the bytes that were sent.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU64>);

impl Observer for Counter {
    fn observe(&self, _: &RequestSummary, outcome: &Outcome) {
        self.0.fetch_add(outcome.body_bytes(), Ordering::Relaxed);
    }
}

fn five<A: App + Clone>(app: A) -> impl App + Clone {
    Identity(Identity(Identity(Identity(Identity(app)))))
}

const TEXT_HEAD: (http::HeaderName, HeaderValue) =
    (CONTENT_TYPE, HeaderValue::from_static(TEXT_TYPE));

pub(crate) async fn plaintext(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, [TEXT_HEAD])?;
    Ok(Body::from(TEXT))
}

async fn read_headers(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let are_there = environ.header("host").is_some()
        && environ.header("user-agent").is_some()
        && environ.header("accept").is_some();
    start_response.start(if are_there { 200 } else { 400 }, [TEXT_HEAD])?;
    Ok(Body::from(TEXT))
}

async fn lookup(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let is_there = |key| {
        environ
            .get(key)
            .is_some_and(|value| !value.as_bytes().is_empty())
    };
    let path = environ.get("PATH_INFO");
    let are_there = path.is_some_and(|path| path.as_bytes().ends_with(b"/lookup"))
        && is_there("HTTP_HOST")
        && is_there("HTTP_USER_AGENT")
        && is_there("HTTP_ACCEPT");
    start_response.start(if are_there { 200 } else { 400 }, [TEXT_HEAD])?;
    Ok(Body::from(TEXT))
}

async fn json(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let text = serde_json::to_vec(&Message::HELLO)?;
    let json = HeaderValue::from_static("application/json");
    start_response.start(200, [(CONTENT_TYPE, json)])?;
    Ok(Body::from(text))
}

async fn cookies(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    start_response.start(200, work::cookies())?;
    Ok(Body::from(TEXT))
}

async fn echo(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let bytes = environ.input_mut().bytes(ECHO_LIMIT as u64).await?;
    let plain = HeaderValue::from_static(BYTES_TYPE);
    start_response.start(200, [(CONTENT_TYPE, plain)])?;
    Ok(Body::from(bytes))
}

async fn not_found(_: Environ, _: StartResponse) -> Result<Body, Error> {
    Err(HttpError::not_found().into())
}

async fn download(environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let plain = HeaderValue::from_static(BYTES_TYPE);
    start_response.start(200, [(CONTENT_TYPE, plain)])?;
    Ok(Body::from_chunks(work::chunks(environ.query_string())))
}

async fn upload(mut environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
    let mut count = 0;
    while let Some(chunk) = environ.input_mut().chunk().await? {
        count += chunk.len();
    }
    start_response.start(200, [TEXT_HEAD])?;
    Ok(Body::from(count.to_string()))
}
