//! A name for each request.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway_core::{App, Body, EnvValue, Environ, Error, StartResponse};
use http::{HeaderName, HeaderValue};

use super::error_page;

/// The field that carries the name.
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A name longer than this is not taken over.
const LONGEST: usize = 128;

/// Gives each request a name: taken over from `X-Request-ID`, or made. Made by
/// [`MiddlewareExt::request_id`](crate::MiddlewareExt::request_id).
///
/// - A name that came in is taken over if it has 1 to 128 characters, all of them letters, digits or
///   one of `-._~+/=:@`. Several lines, or anything else, and it is replaced: a name ends up in logs.
/// - The app finds it in the environ's extensions, as a [`RequestIdValue`], and in the request's own
///   `X-Request-ID`.
/// - The answer has it in `X-Request-ID`, unless the app set that; the page of an
///   [`HttpError`](gateway_core::HttpError) that the app failed with has it too.
///
/// A made name is 32 hexadecimal digits. It is not a secret: who has seen some cannot compute others,
/// but nothing may depend on that.
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

/// In the environ's extensions: the name of the request.
///
/// See [`RequestId`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestIdValue(HeaderValue);

impl RequestIdValue {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only what is ASCII gets in.
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Display for RequestIdValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<A> RequestId<A> {
    /// Names the requests to an app.
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

/// A name that no other request of this process has, and none of another process by chance.
fn made() -> HeaderValue {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [high, low] = &*KEYS;
    let text = format!("{:016x}{:016x}", high.hash_one(count), low.hash_one(!count));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"))
}
