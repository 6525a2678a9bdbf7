//! The lint: each check fires on what breaks its clause, and is silent on what does not.

#![expect(clippy::unwrap_used, reason = "these are helpers of tests")]

#[path = "lint/app_side.rs"]
mod app_side;
#[path = "lint/gateway_side.rs"]
mod gateway_side;
#[path = "lint/policies.rs"]
mod policies;
#[path = "lint/silent.rs"]
mod silent;
#[path = "lint/transparent.rs"]
mod transparent;
#[path = "lint/upgrades.rs"]
mod upgrades;

use bytes::Bytes;
use gateway_core::lint::{Findings, Lint, Side};
use gateway_core::{App, Body, Environ, Error, Gateway, IntoInput, Outgoing, app_fn};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;

type Found = Vec<(&'static str, Side)>;

fn get(target: &str) -> Request<()> {
    Request::get(target).body(()).unwrap()
}

/// The request through the driver, `tamper` between it and the lint: what was found.
async fn exchange<B: IntoInput>(
    request: Request<B>,
    tamper: impl Fn(&mut Environ) + Send + Sync + 'static,
    app: impl App,
) -> (Found, Response<Outgoing>, Findings) {
    let findings = Findings::new();
    let linted = Lint::new(app).on_finding(&findings);
    let linted = std::sync::Arc::new(linted);
    let gateway = Gateway::new(app_fn(move |mut environ, start_response| {
        tamper(&mut environ);
        let linted = linted.clone();
        async move { linted.call(environ, start_response).await }
    }));
    let (parts, body) = request.into_parts();
    let environ = gateway.environ(parts, body.into_input());
    let response = gateway.handle(environ).await;
    (summary(findings.take()), response, findings)
}

fn summary(findings: Vec<gateway_core::lint::Finding>) -> Found {
    findings.iter().map(|f| (f.clause(), f.side())).collect()
}

/// What the lint finds about an app, its body read to its end.
async fn found_in<B: IntoInput>(request: Request<B>, app: impl App) -> Found {
    let (mut found, response, findings) = exchange(request, |_| {}, app).await;
    let _ = response.into_body().collect().await;
    found.extend(summary(findings.take()));
    found
}

/// What the lint finds about an environ.
async fn found_at<B: IntoInput>(
    request: Request<B>,
    tamper: impl Fn(&mut Environ) + Send + Sync + 'static,
) -> Found {
    let (mut found, response, findings) = exchange(request, tamper, reads_input()).await;
    let _ = response.into_body().collect().await;
    found.extend(summary(findings.take()));
    found
}

/// An app that reads its input to the end and answers rightly.
fn reads_input() -> impl App {
    app_fn(|mut environ: Environ, start_response| async move {
        let mut input = environ.take_input();
        while let Some(_chunk) = input.chunk().await? {}
        start_response.start(200, [("content-type", "text/plain")])?;
        Ok(Body::from("ok"))
    })
}

/// Frames one by one, `Err` where an error is wanted.
fn frames(frames: Vec<Result<http_body::Frame<Bytes>, Error>>) -> Body {
    let frames = frames
        .into_iter()
        .map(|frame| frame.map_err(gateway_core::BoxError::from));
    Body::new(http_body_util::StreamBody::new(futures_util::stream::iter(
        frames,
    )))
}

fn data(text: &'static str) -> Result<http_body::Frame<Bytes>, Error> {
    Ok(http_body::Frame::data(Bytes::from(text)))
}

fn trailers(name: &'static str) -> Result<http_body::Frame<Bytes>, Error> {
    let mut map = HeaderMap::new();
    map.insert(name, http::HeaderValue::from_static("1"));
    Ok(http_body::Frame::trailers(map))
}
