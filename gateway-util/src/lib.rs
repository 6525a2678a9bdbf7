//! Request helpers, responses and middlewares for gateway apps.
//!
//! `gateway-core` is the convention and changes rarely; what is convenient lives here.
//!
//! - Errors: [`HttpErrorFields`], [`abort_with`], [`Problem`], [`ErrorHandlers`].
//! - Answers: [`redirect`], [`ResponseFields`], [`ETag`] and [`Conditions`], [`SendFile`] and
//!   [`StaticDir`], [`EventStream`], [`JsonLines`], [`read_body`], [`Either`].
//! - Requests: [`EnvironExt`] for the query, forms, multipart streams, JSON, cookies, what the client
//!   accepts, and who it says it is.
//! - Composition: [`MiddlewareExt`], [`Hosts`], [`TrustedHosts`], [`Methods`], [`Cascade`]. How a middleware is
//!   written, the wrong and the right way, is told in [`middleware`].
//! - Apps that block: [`blocking`](blocking()), [`blocking_writer`].
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use gateway_core::{
//!     AppExt, Environ, Error, HttpError, TryIntoResponse, Mount, Response, ResponseExt, view,
//! };
//! use gateway_util::{EnvironExt, FormLimits, Methods, MiddlewareExt, redirect};
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
//! Both are on by default: `files` ([`SendFile`], [`StaticDir`]) and `multipart`
//! (multipart forms, whose large parts go to disk).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod error;
mod error_handlers;
mod field;
pub mod middleware;
mod request;
mod response;

pub use blocking::{
    Blocking, BlockingReader, BlockingWriter, Iterated, Written, blocking, blocking_writer,
    wait_for,
};
pub use error::{HttpErrorFields, Problem, RetryAfter, abort_with};
pub use error_handlers::{ErrorHandlers, Failure};
#[doc(no_inline)]
pub use gateway_core::{LimitInput, Mount};
#[doc(inline)]
pub use middleware::{
    AccessEntry, AccessLog, AutoETag, BasicAuth, BeforeProxyFix, Cascade, CatchPanic,
    ConditionalGet, Ended, HeadAsGet, Hosts, IsHead, LogFormat, MethodOverride, Methods,
    MiddlewareExt, OnRequest, OnResponse, OverriddenMethod, ProxyFix, RequestId, RequestIdValue,
    Runtime, Timeout, TrustedHosts,
};
pub use request::{Accept, Authorization, BasicCredentials, EnvironExt, Form, FormLimits, Pairs};
#[cfg(feature = "multipart")]
pub use request::{FilePart, Multipart, Part};
pub use response::{
    ByteRange, CacheControl, Conditions, ETag, ETagError, Either, Event, EventError, EventSender,
    EventStream, JsonLines, Outcome, PushedEvents, RangeOutcome, Redirect, ResponseFields,
    SendEventError, read_body, read_exactly, redirect,
};
#[cfg(feature = "files")]
pub use response::{SendFile, StaticDir};
