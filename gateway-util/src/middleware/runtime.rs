//! How long the app took.

use std::time::Instant;

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderName, HeaderValue};

use super::error_page;

static X_RUNTIME: HeaderName = HeaderName::from_static("x-runtime");

/// Says in `X-Runtime` how many seconds passed from the call to the start: Rack's `Runtime`. Made by
/// [`MiddlewareExt::runtime`](crate::MiddlewareExt::runtime).
///
/// An app that sets the header itself keeps its own. What the body takes is not counted: the head is
/// out by then; [`AccessLog`](crate::AccessLog) knows it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| "hello").runtime();
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert!(response.headers()["x-runtime"].to_str()?.parse::<f64>()? < 60.0);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Runtime<A>(A);

impl<A> Runtime<A> {
    /// Times an app.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for Runtime<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let begin = Instant::now();
        let start_response = start_response.wrap(move |_, headers| {
            if let (false, Some(value)) = (headers.contains_key(&X_RUNTIME), seconds(begin)) {
                headers.insert(&X_RUNTIME, value);
            }
        });
        self.0
            .call(environ, start_response)
            .await
            .map_err(|error| error_page::with_header(error, &X_RUNTIME, || seconds(begin)))
    }

    gateway_core::forward_lifespan!(0);
}

fn seconds(begin: Instant) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{:.6}", begin.elapsed().as_secs_f64())).ok()
}
