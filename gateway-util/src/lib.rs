//! Request helpers, responses and middlewares for gateway apps.
//!
//! `gateway-core` is the convention and changes rarely; what is convenient lives here.
//!
//! - Errors: [`HttpErrorFields`], [`abort_with`], [`Problem`], [`ErrorHandlers`],
//!   [`ErrorFormat`].
//! - Answers: [`redirect`], [`ResponseFields`], [`ETag`] and [`Conditions`], [`SendFile`] and
//!   [`StaticDir`], [`EventStream`], [`JsonLines`], [`read_body`], [`Either`].
//! - Requests: [`EnvironExt`] for the query, forms, multipart streams, JSON, cookies, what the client
//!   accepts, and who it says it is.
//! - Composition: [`MiddlewareExt`], [`Mount`], [`Hosts`], [`TrustedHosts`], [`Methods`], [`Cascade`]. How a middleware is
//!   written, the wrong and the right way, is told in [`middleware`].
//! - Apps that block: [`blocking`](blocking()), [`blocking_writer`].
//! - WebSocket: [`websocket`].
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use gateway_core::{
//!     AppExt, Environ, Error, HttpError, TryIntoResponse, Response, ResponseExt, view,
//! };
//! use gateway_util::{EnvironExt, FormLimits, Methods, MiddlewareExt, Mount, redirect};
//!
//! async fn greet(environ: Environ) -> impl TryIntoResponse {
//!     let name = environ.cookies().get("name").unwrap_or("stranger").to_owned();
//!     (format!("Hello, {name}!\n"), [("content-type", "text/plain")])
//! }
//!
//! async fn remember(mut environ: Environ) -> Result<Response, Error> {
//!     let form = environ.form(FormLimits::default()).await?;
//!     let mut response = redirect("hello").try_into_response()?;
//!     // A cookie cannot hold every name; one that it cannot hold is the client's mistake.
//!     let cookie = response.set_cookie(("name", form.require("name")?));
//!     cookie.map_err(|error| HttpError::bad_request().with_source(error))?;
//!     Ok(response)
//! }
//!
//! let site = Mount::new()
//!     .at("/hello", Methods::new().get(view(greet)).post(view(remember)))
//!     .error_handlers()
//!     .problem_json()
//!     .timeout(Duration::from_secs(30))
//!     .access_log();
//!
//! let request = http::Request::post("/hello")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body("name=Ada")?;
//! let response = site.respond(Environ::from_request(request)).await?;
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["set-cookie"], "name=Ada; Path=/");
//! # Ok::<(), gateway_core::Error>(())
//! # }).unwrap();
//! ```
//!
//! Every reader of a request has a bound, and an [`HttpError`](gateway_core::HttpError) of the right
//! status for what is wrong with it.
//!
//! # Features
//!
//! Without features this crate depends on nothing that `gateway-core` without features does not. A
//! redirect, a mount, a limit, hosts, methods, error handlers and the other middlewares that need
//! nothing else are always there.
//!
//! | feature | what it adds | needs |
//! |---|---|---|
//! | `auth` (default) | [`Authorization`], [`BasicAuth`] | |
//! | `conditions` (default) | [`Conditions`], [`ConditionalGet`] | |
//! | `cookies` (default) | [`EnvironExt::cookies`], [`ResponseFields::delete_cookie`] | |
//! | `dates` (by `conditions`) | dates in [`ResponseFields`] and [`RetryAfter`] | |
//! | `etag` (default) | [`ETag::of`], [`AutoETag`] | |
//! | `forms` (default) | [`EnvironExt::query`], [`EnvironExt::form`] | |
//! | `json` (default) | [`EnvironExt::json`], [`Problem`], [`JsonLines`] | |
//! | `negotiation` (default) | [`Accept`], [`EnvironExt::negotiate`] | |
//! | `tracing` (default) | [`AccessLog`] (as JSON lines with `json`), [`Spans`], and the log of [`ErrorHandlers`] | |
//! | `blocking` | [`blocking`](blocking()), [`blocking_writer`], [`wait_for`] | a tokio runtime, for its blocking threads (`wait_for`: none) |
//! | `files` | [`SendFile`], [`StaticDir`] | a tokio runtime, for its blocking threads |
//! | `metrics` | [`Metrics`] | |
//! | `multipart` | multipart forms, whose large parts go to disk | a tokio runtime, for its blocking threads, once a part goes to disk |
//! | `timers` | [`Timeout`], [`EventStream`] | a tokio runtime with its time driver (an `EventStream` without `keep_alive`: none) |
//! | `tokio` | [`read_body`], [`read_exactly`] | what the reader needs |
//! | `websocket` | [`websocket`] | a tokio runtime with its time driver |
//!
//! The defaults run on any executor, which is why what needs a runtime has to be named. Nothing here
//! needs tokio's I/O driver. The adapters of this project call apps in a tokio context. On a host that
//! does not, what needs a runtime is a 500 whose log line names it, not a panic (L7). `full` is
//! everything. No feature turns default features of `gateway-core` on: `cookies`, `json` and `tokio`
//! turn on the feature of the same name there, `tracing` does not.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
mod blocking;
mod error;
mod error_handlers;
#[cfg_attr(
    not(feature = "full"),
    allow(
        dead_code,
        unused_imports,
        reason = "which parsers are used depends on the features"
    )
)]
mod field;
pub mod middleware;
mod request;
mod response;
#[cfg(any(
    feature = "blocking",
    feature = "files",
    feature = "multipart",
    feature = "timers",
    feature = "websocket"
))]
mod tokio_context;
#[cfg(feature = "websocket")]
pub mod websocket;

#[cfg(feature = "blocking")]
pub use blocking::{
    Blocking, BlockingReader, BlockingWriter, Iterated, Written, blocking, blocking_writer,
    wait_for,
};
#[cfg(feature = "json")]
pub use error::Problem;
pub use error::{HttpErrorFields, RetryAfter, abort_with};
pub use error_handlers::{ErrorHandlers, Failure};
#[cfg(feature = "etag")]
#[doc(inline)]
pub use middleware::AutoETag;
#[cfg(feature = "auth")]
#[doc(inline)]
pub use middleware::BasicAuth;
#[cfg(feature = "conditions")]
#[doc(inline)]
pub use middleware::ConditionalGet;
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use middleware::Metrics;
#[cfg(feature = "timers")]
#[doc(inline)]
pub use middleware::Timeout;
#[cfg(feature = "tracing")]
#[doc(inline)]
pub use middleware::{AccessEntry, AccessLog, LogFormat, Spans};
#[doc(inline)]
pub use middleware::{
    BeforeProxyFix, Cascade, CatchPanic, ErrorFormat, FormatErrors, HeadAsGet, Hosts, IsHead,
    LimitInput, MethodOverride, Methods, MiddlewareExt, Mount, OnRequest, OnResponse,
    OverriddenMethod, ProxyFix, RequestId, RequestIdValue, Runtime, TrustedHosts,
};
#[cfg(feature = "negotiation")]
pub use request::Accept;
pub use request::EnvironExt;
#[cfg(any(feature = "cookies", feature = "forms"))]
pub use request::Pairs;
#[cfg(feature = "auth")]
pub use request::{Authorization, BasicCredentials};
#[cfg(feature = "multipart")]
pub use request::{FilePart, Multipart, Part};
#[cfg(feature = "forms")]
pub use request::{Form, FormLimits};
#[cfg(feature = "json")]
pub use response::JsonLines;
pub use response::{
    ByteRange, CacheControl, ETag, ETagError, Either, Event, EventError, RangeOutcome, Redirect,
    ResponseFields, redirect,
};
#[cfg(feature = "conditions")]
pub use response::{Conditions, Precondition};
#[cfg(feature = "timers")]
pub use response::{EventSender, EventStream, PushedEvents, SendEventError};
#[cfg(feature = "files")]
pub use response::{SendFile, StaticDir};
#[cfg(feature = "tokio")]
pub use response::{read_body, read_exactly};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
