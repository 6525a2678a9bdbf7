//! The workloads on hyper: as `service_fn`s, as in its documentation, and with
//! `adapter_hyper::service`.

use std::convert::Infallible;

use adapter_hyper::HyperService;
use bytes::Bytes;
use futures_util::stream;
use gateway_core::{App, Observer};
use http::header::{self, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;

use crate::apps::{self, Host};
use crate::target::{Target, Variant};
use crate::work::{self, ADDED, BYTES_TYPE, Message, NOT_FOUND, TEXT, TEXT_TYPE, Work};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn target(variant: Variant, work: Work) -> Target {
    if variant == Variant::Gateway {
        return apps::mount(work, Mounted);
    }
    match work {
        Work::Plaintext | Work::Observer | Work::Lint => over(service_fn(plaintext)),
        Work::ReadHeaders => over(service_fn(read_headers)),
        Work::Lookup => over(service_fn(lookup)),
        Work::Json => over(service_fn(json)),
        Work::Cookies => over(service_fn(cookies)),
        Work::Echo => over(service_fn(echo)),
        Work::NotFound => over(service_fn(not_found)),
        Work::Middleware1 => over(identity(service_fn(plaintext))),
        Work::Middleware5 => over(five(service_fn(plaintext))),
        Work::Middleware10 => over(five(five(service_fn(plaintext)))),
        Work::MiddlewareHeader => over(add_header(service_fn(plaintext))),
        Work::Download => over(service_fn(download)),
        Work::Upload => over(service_fn(upload)),
    }
}

struct Mounted;

impl Host for Mounted {
    fn host<A: App + Clone>(self, app: A) -> Target {
        over(adapter_hyper::service(app))
    }

    fn host_observed<A: App + Clone>(self, app: A, observer: impl Observer + Clone) -> Target {
        over(HyperService::new(app).with_observer(observer).unboxed())
    }
}

/// A service on HTTP/1.1 connections with hyper's own settings.
pub(crate) fn over<S, B>(service: S) -> Target
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>> + Clone + 'static,
    B: Body<Error: Into<BoxError>> + 'static,
{
    Target::connecting(move |io| {
        let connection = http1::Builder::new().serve_connection(TokioIo::new(io), service.clone());
        Box::pin(async {
            // A client that leaves does not matter to the measurement.
            let _ = connection.await;
        })
    })
}

/// A middleware that does nothing.
fn identity<S, B>(
    inner: S,
) -> impl Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body,
{
    service_fn(move |request| {
        // Called inside: the outer future would store a captured future twice.
        let inner = inner.clone();
        async move { inner.call(request).await }
    })
}

/// A middleware that adds a response header.
fn add_header<S, B>(
    inner: S,
) -> impl Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body,
{
    service_fn(move |request| {
        let inner = inner.clone();
        async move {
            let mut response = inner.call(request).await?;
            let name = HeaderName::from_static(ADDED.0);
            let value = HeaderValue::from_static(ADDED.1);
            response.headers_mut().insert(name, value);
            Ok(response)
        }
    })
}

fn five<S, B>(
    inner: S,
) -> impl Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body,
{
    identity(identity(identity(identity(identity(inner)))))
}

fn answer(kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

async fn plaintext(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(answer(TEXT_TYPE, TEXT))
}

fn are_there(headers: &HeaderMap) -> bool {
    headers.get(header::HOST).is_some()
        && headers.get(header::USER_AGENT).is_some()
        && headers.get(header::ACCEPT).is_some()
}

async fn read_headers(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = answer(TEXT_TYPE, TEXT);
    if !are_there(request.headers()) {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

async fn lookup(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = answer(TEXT_TYPE, TEXT);
    if !request.uri().path().ends_with("/lookup") || !are_there(request.headers()) {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

async fn json(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, serde_json::Error> {
    Ok(answer(
        "application/json",
        serde_json::to_vec(&Message::HELLO)?,
    ))
}

async fn cookies(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(TEXT.as_bytes())));
    let headers = response.headers_mut();
    headers.reserve(8);
    for (name, value) in work::cookies() {
        headers.append(name, value);
    }
    Ok(response)
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let bytes = request.into_body().collect().await?.to_bytes();
    Ok(answer(BYTES_TYPE, bytes))
}

async fn not_found(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = answer("text/html; charset=utf-8", NOT_FOUND);
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

async fn download(
    request: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, Infallible> {
    let chunks = work::chunks(request.uri().query().unwrap_or_default());
    let frames = stream::iter(chunks.map(|chunk| Ok(Frame::data(chunk))));
    let mut response = Response::new(StreamBody::new(frames));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(BYTES_TYPE));
    Ok(response)
}

async fn upload(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let mut body = request.into_body();
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        count += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(answer(TEXT_TYPE, count.to_string()))
}
