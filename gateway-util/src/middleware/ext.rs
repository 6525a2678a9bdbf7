//! `MiddlewareExt`: the middlewares of this crate as methods of every app.

#[cfg(feature = "timers")]
use std::time::Duration;

use gateway_core::{App, Environ, Error, TryIntoResponse};
use http::{HeaderMap, StatusCode};

#[cfg(feature = "tracing")]
use super::AccessLog;
#[cfg(feature = "etag")]
use super::AutoETag;
#[cfg(feature = "auth")]
use super::BasicAuth;
#[cfg(feature = "conditions")]
use super::ConditionalGet;
#[cfg(feature = "metrics")]
use super::Metrics;
#[cfg(feature = "tracing")]
use super::Spans;
#[cfg(feature = "timers")]
use super::Timeout;
use super::{
    Cascade, CatchPanic, ErrorFormat, FormatErrors, HeadAsGet, LimitInput, MethodOverride,
    OnRequest, OnResponse, ProxyFix, RequestId, Runtime, TrustedHosts,
};
use crate::error_handlers::ErrorHandlers;

/// The middlewares of this crate as methods of every app.
///
/// The last one called is outermost: it sees the request first and the response last. An order that
/// works, from the app outwards: `limit_input`, `head_as_get`, `auto_etag`, `conditional_get`,
/// `basic_auth`, `method_override`, `error_handlers`, `error_format`, `timeout`, `catch_panic`,
/// `runtime`, `request_id`, `access_log`, `metrics`, `spans`, `proxy_fix`. A stack deeper than
/// about 30 needs one [`boxed`](gateway_core::AppExt::boxed) in its middle.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |_| "hello")
///     .auto_etag()
///     .conditional_get()
///     .timeout(Duration::from_secs(30))
///     .request_id()
///     .access_log()
///     .proxy_fix().x_for(1).x_proto(1);
/// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.status(), 200);
/// assert!(response.headers().contains_key("etag"));
/// assert!(response.headers().contains_key("x-request-id"));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub trait MiddlewareExt: App + Sized {
    /// Logs one line for each request; see [`AccessLog`].
    #[cfg(feature = "tracing")]
    fn access_log(self) -> AccessLog<Self> {
        AccessLog::new(self)
    }

    /// Adds an `ETag` to responses whose bytes are buffered; see [`AutoETag`].
    #[cfg(feature = "etag")]
    fn auto_etag(self) -> AutoETag<Self> {
        AutoETag::new(self)
    }

    /// Asks for a name and a password; see [`BasicAuth`].
    #[cfg(feature = "auth")]
    fn basic_auth(self, realm: &str) -> BasicAuth<Self> {
        BasicAuth::new(self, realm)
    }

    /// Answers panics with a page of your own; see [`CatchPanic`].
    fn catch_panic<F, R>(self, page: F) -> CatchPanic<Self, F>
    where
        F: Fn(&str) -> R + Send + Sync + 'static,
        R: TryIntoResponse,
    {
        CatchPanic::new(self, page)
    }

    /// Answers 304 if the client already has the response; see [`ConditionalGet`].
    #[cfg(feature = "conditions")]
    fn conditional_get(self) -> ConditionalGet<Self> {
        ConditionalGet::new(self)
    }

    /// Gives the app's errors one format, for every client; see [`FormatErrors`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{Error, Gateway, Input, view};
    /// use gateway_util::{ErrorFormat, MiddlewareExt, Mount};
    ///
    /// let api = Mount::new().at("/orders", view(async |_| "orders"));
    /// let gateway = Gateway::new(api.error_format(ErrorFormat::Problem));
    ///
    /// let (parts, ()) = http::Request::get("/nowhere").body(())?.into_parts();
    /// let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    /// assert_eq!(response.status(), 404);
    /// assert_eq!(response.headers()["content-type"], "application/problem+json");
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    fn error_format(self, format: ErrorFormat) -> FormatErrors<Self> {
        FormatErrors::new(self, format)
    }

    /// Answers the app's errors with pages of the site; see [`ErrorHandlers`], to which handlers
    /// are added.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Environ, HttpError, view};
    /// use gateway_util::MiddlewareExt;
    ///
    /// let app = view(async |_| Err::<&str, _>(HttpError::not_found()));
    /// let app = app.error_handlers().status(404, |_| ("not here", 404));
    /// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.into_body().bytes().await?, "not here");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    fn error_handlers(self) -> ErrorHandlers<Self> {
        ErrorHandlers::new(self)
    }

    /// Shows the app GET for HEAD; see [`HeadAsGet`].
    fn head_as_get(self) -> HeadAsGet<Self> {
        HeadAsGet::new(self)
    }

    /// Limits the input to `limit` bytes (I4): a larger declared length is answered with 413 before
    /// the app runs, and reading more than the limit fails with an error that becomes a 413.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Environ, Error, HttpError, view};
    /// use gateway_util::MiddlewareExt;
    ///
    /// let app = view(async |mut environ: Environ| {
    ///     Ok::<_, Error>(environ.take_input().text(1024).await?)
    /// });
    /// let app = app.limit_input(4);
    /// let post = |text: &'static str| {
    ///     http::Request::post("/").header("content-length", text.len()).body(text)
    /// };
    ///
    /// let response = app.respond(Environ::from_request(post("four")?)).await?;
    /// assert_eq!(response.into_body().bytes().await?, "four");
    /// let error = app.respond(Environ::from_request(post("more than four")?)).await.unwrap_err();
    /// assert_eq!(error.downcast::<HttpError>()?.status(), 413);
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[doc(alias = "MAX_CONTENT_LENGTH")]
    #[doc(alias = "RequestBodyLimit")]
    fn limit_input(self, limit: u64) -> LimitInput<Self> {
        LimitInput::new(self, limit)
    }

    /// Lets a POST be another method; see [`MethodOverride`]. A source must be switched on.
    fn method_override(self) -> MethodOverride<Self> {
        MethodOverride::new(self)
    }

    /// Counts and times each request; see [`Metrics`].
    #[cfg(feature = "metrics")]
    fn metrics(self) -> Metrics<Self> {
        Metrics::new(self)
    }

    /// Calls a function with the environ first; see [`OnRequest`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Environ, HttpError, view};
    /// use gateway_util::MiddlewareExt;
    ///
    /// let app = view(async |_| "hello").on_request(async |environ: Environ| {
    ///     if environ.path_info().starts_with("/private") {
    ///         return Err(HttpError::forbidden().into());
    ///     }
    ///     Ok(environ)
    /// });
    /// let environ = Environ::from_request(http::Request::get("/private/x").body(())?);
    /// let error = app.respond(environ).await.unwrap_err();
    /// assert_eq!(error.downcast::<HttpError>()?.status(), 403);
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    fn on_request<F, Fut>(self, function: F) -> OnRequest<Self, F>
    where
        F: Fn(Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Environ, Error>> + Send,
    {
        OnRequest::new(self, function)
    }

    /// Calls a function with the head of each response; see [`OnResponse`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Environ, view};
    /// use gateway_util::MiddlewareExt;
    /// use http::HeaderValue;
    ///
    /// let app = view(async |_| "hello").on_response(|_status, headers| {
    ///     headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
    /// });
    /// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.headers()["x-frame-options"], "DENY");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    fn on_response<F>(self, function: F) -> OnResponse<Self, F>
    where
        F: Fn(&mut StatusCode, &mut HeaderMap) + Send + Sync + 'static,
    {
        OnResponse::new(self, function)
    }

    /// Asks `next` if this app refuses with a 404 or 405; see [`Cascade`].
    fn or_else(self, next: impl App) -> Cascade {
        Cascade::new().then(self).then(next)
    }

    /// Reads the client's address and more from the headers of trusted proxies; see [`ProxyFix`].
    /// It trusts none by default.
    fn proxy_fix(self) -> ProxyFix<Self> {
        ProxyFix::new(self)
    }

    /// Gives each request an id; see [`RequestId`].
    fn request_id(self) -> RequestId<Self> {
        RequestId::new(self)
    }

    /// Says in `X-Runtime` how long the app took; see [`Runtime`].
    fn runtime(self) -> Runtime<Self> {
        Runtime::new(self)
    }

    /// Runs each request in a span; see [`Spans`].
    #[cfg(feature = "tracing")]
    fn spans(self) -> Spans<Self> {
        Spans::new(self)
    }

    /// Limits the time that the app may take; see [`Timeout`].
    #[cfg(feature = "timers")]
    fn timeout(self, duration: Duration) -> Timeout<Self> {
        Timeout::new(self, duration)
    }

    /// Serves only requests for these hosts; see [`TrustedHosts`].
    fn trusted_hosts(self, hosts: impl IntoIterator<Item: AsRef<str>>) -> TrustedHosts<Self> {
        TrustedHosts::new(self, hosts)
    }
}

impl<A: App> MiddlewareExt for A {}
