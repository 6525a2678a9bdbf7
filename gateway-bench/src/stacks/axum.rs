//! The workloads on axum: as handlers nested below `/app`, and as an app with `nest_service`.

use std::convert::Infallible;

use adapter_tower::TowerService;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{MethodRouter, get, post};
use futures_util::{TryStreamExt, stream};
use gateway_core::{App, Observer};
use hyper_util::service::TowerToHyperService;

use crate::apps::{self, Host};
use crate::stacks::hyper;
use crate::target::{Target, Variant};
use crate::work::{self, ADDED, BYTES_TYPE, Message, NOT_FOUND, TEXT, Work};

pub(crate) fn target(variant: Variant, work: Work) -> Target {
    match variant {
        Variant::Native | Variant::Free => over(Router::new().nest("/app", router("", work))),
        Variant::Gateway => apps::mount(work, Mounted),
    }
}

struct Mounted;

impl Host for Mounted {
    fn host<A: App + Clone>(self, app: A) -> Target {
        over(Router::new().nest_service("/app", adapter_tower::service(app)))
    }

    fn host_observed<A: App + Clone>(self, app: A, observer: impl Observer + Clone) -> Target {
        let service = TowerService::new(app).with_observer(observer).unboxed();
        over(Router::new().nest_service("/app", service))
    }
}

/// A router on hyper's connections, as `axum::serve` runs it.
pub(crate) fn over(router: Router) -> Target {
    hyper::over(TowerToHyperService::new(router))
}

/// The workload as a handler below a prefix.
pub(crate) fn router(prefix: &str, work: Work) -> Router {
    let mut router = Router::new().route(&format!("{prefix}/{work}"), handler(work));
    if work == Work::MiddlewareHeader {
        router = router.layer(from_fn(add_header));
    }
    let middlewares = match work {
        Work::Middleware1 => 1,
        Work::Middleware5 => 5,
        Work::Middleware10 => 10,
        _ => 0,
    };
    for _ in 0..middlewares {
        router = router.layer(from_fn(identity));
    }
    router
}

fn handler(work: Work) -> MethodRouter {
    match work {
        Work::Plaintext
        | Work::Observer
        | Work::Lint
        | Work::MiddlewareHeader
        | Work::Middleware1
        | Work::Middleware5
        | Work::Middleware10 => get(plaintext),
        Work::ReadHeaders => get(read_headers),
        Work::Lookup => get(lookup),
        Work::Json => get(json),
        Work::Cookies => get(cookies),
        Work::Echo => post(echo),
        Work::NotFound => get(not_found),
        Work::Download => get(download),
        Work::Upload => post(upload),
    }
}

/// A middleware that does nothing.
async fn identity(request: Request, next: Next) -> Response {
    next.run(request).await
}

/// A middleware that adds a response header.
async fn add_header(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let name = HeaderName::from_static(ADDED.0);
    let value = HeaderValue::from_static(ADDED.1);
    response.headers_mut().insert(name, value);
    response
}

// axum's own Content-Type for text is the one that the others set.
async fn plaintext() -> &'static str {
    TEXT
}

fn are_there(headers: &HeaderMap) -> bool {
    headers.get(header::HOST).is_some()
        && headers.get(header::USER_AGENT).is_some()
        && headers.get(header::ACCEPT).is_some()
}

// It takes the whole request, because the extractor of the headers clones the map.
async fn read_headers(request: Request) -> Result<&'static str, StatusCode> {
    if are_there(request.headers()) {
        Ok(TEXT)
    } else {
        Err(StatusCode::BAD_REQUEST)
    }
}

async fn lookup(request: Request) -> Result<&'static str, StatusCode> {
    if request.uri().path().ends_with("/lookup") && are_there(request.headers()) {
        Ok(TEXT)
    } else {
        Err(StatusCode::BAD_REQUEST)
    }
}

async fn json() -> Json<Message> {
    Json(Message::HELLO)
}

async fn cookies() -> Response {
    let mut response = Response::new(Body::from(TEXT));
    let headers = response.headers_mut();
    headers.reserve(8);
    for (name, value) in work::cookies() {
        headers.append(name, value);
    }
    response
}

// axum sends bytes as `application/octet-stream`.
async fn echo(body: Bytes) -> Bytes {
    body
}

async fn not_found() -> (StatusCode, Html<&'static str>) {
    (StatusCode::NOT_FOUND, Html(NOT_FOUND))
}

async fn download(uri: Uri) -> impl IntoResponse {
    let chunks = work::chunks(uri.query().unwrap_or_default());
    let body = Body::from_stream(stream::iter(chunks.map(Ok::<_, Infallible>)));
    ([(header::CONTENT_TYPE, BYTES_TYPE)], body)
}

async fn upload(request: Request) -> Result<String, StatusCode> {
    let mut chunks = request.into_body().into_data_stream();
    let mut count = 0;
    while let Some(chunk) = chunks.try_next().await.or(Err(StatusCode::BAD_REQUEST))? {
        count += chunk.len();
    }
    Ok(count.to_string())
}
