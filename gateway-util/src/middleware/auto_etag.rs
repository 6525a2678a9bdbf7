//! Entity tags made of the bytes.

use gateway_core::{App, AppExt, Body, Environ, Error, Response, StartResponse};
use http::{HeaderValue, Method, StatusCode, header};

use crate::response::ETag;

/// Adds an `ETag` made of the body's bytes, where they are in memory: Rack's `ETag`. Made by
/// [`MiddlewareExt::auto_etag`](crate::MiddlewareExt::auto_etag).
///
/// - It looks at a 200 to GET or HEAD that has no `ETag` and whose `Cache-Control` does not say
///   `no-store`. Everything else passes as it is.
/// - A stream has no tag: nothing is read ahead of the client, and an early commit stays one. A body
///   in memory has one, and keeps its [`on_close`](Body::on_close) callbacks (L2); a middleware inside
///   of this one may [buffer](Body::buffer) a stream.
/// - The tag is weak, as Rack's is: what is put around this one may still compress the body.
///
/// The tag alone saves nothing: [`ConditionalGet`](crate::ConditionalGet) goes around it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| "text").auto_etag().conditional_get();
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// let tag = response.headers()["etag"].clone();
/// let request = http::Request::get("/").header("if-none-match", tag).body(())?;
/// assert_eq!(app.respond(Environ::from_request(request)).await?.status(), 304);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct AutoETag<A>(A);

impl<A> AutoETag<A> {
    /// Tags the answers of an app.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for AutoETag<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        if !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            return self.0.call(environ, start_response).await;
        }
        // The head has to wait for the body, so it is held here.
        let mut response = self.0.respond(environ).await?;
        if let Some(tag) = tag(&response) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        start_response.send(response)
    }

    gateway_core::forward_lifespan!(0);
}

fn tag(response: &Response) -> Option<HeaderValue> {
    let headers = response.headers();
    if response.status() != StatusCode::OK || headers.contains_key(header::ETAG) {
        return None;
    }
    let no_store = |value: &HeaderValue| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(b"no-store"))
    };
    if headers.get_all(header::CACHE_CONTROL).iter().any(no_store) {
        return None;
    }
    let bytes = response.body().buffered()?;
    Some(ETag::of(&bytes).into_weak().header_value())
}
