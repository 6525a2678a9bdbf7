//! `RequestId`: gives each request an id.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_core::{App, Body, EnvValue, Environ, Error, StartResponse};
use http::{HeaderName, HeaderValue};

use super::error_page;

/// The field that carries the id.
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A longer id is replaced.
const LONGEST: usize = 128;

/// Gives each request an id: that of `X-Request-ID`, or a new one. Made by
/// [`MiddlewareExt::request_id`](crate::MiddlewareExt::request_id).
///
/// - The id of the request is kept if it has 1 to 128 characters, all of them letters, digits or
///   one of `-._~+/=:@`. Anything else, and several lines, are replaced, because ids end up in
///   logs.
/// - The app finds it in the environ's extensions, as a [`RequestIdValue`], and in the request's own
///   `X-Request-ID`.
/// - The response has it in `X-Request-ID`, unless the app set that. The page of an
///   [`HttpError`](gateway_core::HttpError) that the app failed with has it, too.
/// - The 500 that the gateway makes by itself lacks it, because no middleware sees that page: for a panic, for
///   an error that is no `HttpError`, for a view that returned `None`, for a body that is shorter than it declared,
///   and for a refused head. [`catch_panic`](crate::MiddlewareExt::catch_panic) and
///   [`error_handlers`](crate::MiddlewareExt::error_handlers) inside of this middleware make pages of panics and
///   errors that have it.
///
/// A new id is 32 hexadecimal digits. It is hard to guess from others, but it is not a secret:
/// do not use it as one.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::{MiddlewareExt, RequestIdValue};
///
/// let app = view(async |environ: Environ| {
///     environ.extensions().get::<RequestIdValue>().map(|id| id.to_string())
/// });
/// let app = app.request_id();
/// let request = http::Request::get("/").header("x-request-id", "abc-1").body(())?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.headers()["x-request-id"], "abc-1");
/// assert_eq!(response.into_body().bytes().await?, "abc-1");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct RequestId<A>(A);

/// In the environ's extensions: the id of the request.
///
/// See [`RequestId`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestIdValue(HeaderValue);

impl RequestIdValue {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII is accepted.
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Display for RequestIdValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<A> RequestId<A> {
    /// Gives ids to the requests of an app.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for RequestId<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let sent = environ.header(X_REQUEST_ID.as_str());
        let id = match sent.as_ref().map(EnvValue::as_bytes).and_then(taken_over) {
            Some(id) => id,
            None => {
                drop(sent);
                let id = made();
                environ.headers_mut().insert(&X_REQUEST_ID, id.clone());
                id
            }
        };
        environ.extensions_mut().insert(RequestIdValue(id.clone()));
        let on_start = id.clone();
        let start_response = start_response.wrap(move |_, headers| {
            headers
                .entry(&X_REQUEST_ID)
                .or_insert_with(|| on_start.clone());
        });
        self.0
            .call(environ, start_response)
            .await
            .map_err(|error| error_page::with_header(error, &X_REQUEST_ID, || Some(id)))
    }

    gateway_core::forward_lifespan!(0);
}

fn taken_over(sent: &[u8]) -> Option<HeaderValue> {
    let is_name = (1..=LONGEST).contains(&sent.len())
        && sent
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=:@".contains(byte));
    is_name
        .then(|| HeaderValue::from_bytes(sent).ok())
        .flatten()
}

/// An id that no other request of this process has, and no other process by chance.
fn made() -> HeaderValue {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [high, low] = &*KEYS;
    let text = format!("{:016x}{:016x}", high.hash_one(count), low.hash_one(!count));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"))
}
