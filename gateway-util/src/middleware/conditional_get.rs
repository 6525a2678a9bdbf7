//! 304 for what the client has.

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderMap, Method, StatusCode, header};

use crate::response::{Conditions, ETag, Precondition};

/// Answers 304 where the client has what the app would send: Rack's `ConditionalGet`. Made by
/// [`MiddlewareExt::conditional_get`](crate::MiddlewareExt::conditional_get).
///
/// It looks at a 200 to GET or HEAD with an `ETag` or a `Last-Modified`: If-None-Match, compared
/// weakly, comes first, and If-Modified-Since counts only without it (N8, RFC 9110 section 13.2.2).
/// Everything else passes as it is: an app that evaluates conditions itself is not in its way. The
/// body that is not sent is closed by the gateway, unread (B7).
///
/// [`AutoETag`](crate::AutoETag) goes inside of this one: `app.auto_etag().conditional_get()`.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| ("text", [("etag", "\"v1\"")])).conditional_get();
/// let request = http::Request::get("/").header("if-none-match", "W/\"v1\"").body(())?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.status(), 304);
/// assert_eq!(response.headers()["etag"], "\"v1\"");
/// assert!(!response.headers().contains_key("content-type"));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ConditionalGet<A>(A);

impl<A> ConditionalGet<A> {
    /// Answers conditional requests to an app.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for ConditionalGet<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let is_asked = CONDITIONS.iter().any(|name| environ.header(name).is_some());
        if !is_asked || !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            return self.0.call(environ, start_response).await;
        }
        let conditions = Conditions::of(&environ);
        let start_response = start_response.wrap(move |status, headers| {
            if *status == StatusCode::OK && is_met(&conditions, headers) {
                *status = StatusCode::NOT_MODIFIED;
                strip(headers);
            }
        });
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

/// What a request for news has one of.
const CONDITIONS: [&str; 2] = ["if-none-match", "if-modified-since"];

fn is_met(conditions: &Conditions, headers: &HeaderMap) -> bool {
    let tag = headers
        .get(header::ETAG)
        .and_then(|tag| ETag::parse(tag.as_bytes()));
    let modified = headers
        .get(header::LAST_MODIFIED)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    // What has no validator is not known to be the same, whatever `*` says.
    (tag.is_some() || modified.is_some())
        && conditions.evaluate(tag.as_ref(), modified) == Precondition::NotModified
}

/// Takes out what describes content that is not sent (RFC 9110 section 15.4.5).
fn strip(headers: &mut HeaderMap) {
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_RANGE,
        header::TRAILER,
    ] {
        headers.remove(name);
    }
}
