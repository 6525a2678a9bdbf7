//! Middlewares, and how to write one: a wrong and a right example.
//!
//! A middleware is an app that calls another. Most mistakes come from treating the response as
//! a finished value. It is a head that may still change, and a body that streams:
//!
//! ```
//! // WRONG in six ways.
//! use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
//!
//! struct Stamp<A>(A);
//!
//! impl<A: App> App for Stamp<A> {
//!     async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
//!         let response = self.0.respond(environ).await?;
//!         let (parts, body) = response.into_parts();
//!         // 1. The whole body in memory: an endless stream never arrives, a flush means nothing.
//!         // 2. Its trailers are gone, and so is the moment at which its `on_close` should run.
//!         let bytes = body.bytes().await?;
//!         // 3. Lines joined and lost: of two Set-Cookie lines, one is left.
//!         let headers: std::collections::HashMap<_, _> = parts.headers.iter()
//!             .map(|(name, value)| (name.clone(), value.clone())).collect();
//!         start_response.start(parts.status, headers)?;
//!         // 4. Called when the head is made, not when the response is over.
//!         println!("{} bytes sent", bytes.len());
//!         // 5. With no body left to stream, an error in it is a 500 where bytes were due.
//!         Ok(bytes.into())
//!     }
//!     // 6. No `forward_lifespan!`: the inner app is never started (L11).
//! }
//! # let _ = Stamp(gateway_core::HttpError::not_found());
//! ```
//!
//! The right way is shorter. [`StartResponse::wrap`] changes the head as it passes. The body is
//! left alone, or [`Body::wrap`] puts another around it. [`Body::on_close`] adds work for the end.
//! A middleware that needs all the bytes reads them with [`Body::buffer`], which has a limit, and
//! replaces them with [`Body::with_bytes`]: trailers and callbacks stay. [`Body::buffer_or_stream`]
//! passes long bodies on.
//!
//! ```
//! use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse, view};
//! use http::HeaderValue;
//!
//! struct Stamp<A>(A);
//!
//! impl<A: App> App for Stamp<A> {
//!     async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
//!         let start_response = start_response.wrap(|_status, headers| {
//!             headers.insert("x-stamp", HeaderValue::from_static("1"));
//!         });
//!         let body = self.0.call(environ, start_response).await?;
//!         Ok(body.on_close(|| println!("over")))
//!     }
//!
//!     gateway_core::forward_lifespan!(0);
//! }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//!
//! let app = Stamp(view(async |_| ("x", [("set-cookie", "a=1"), ("set-cookie", "b=2")])));
//! let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
//! assert_eq!(response.headers()["x-stamp"], "1");
//! assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
//! # Ok::<(), Error>(())
//! # }).unwrap();
//! ```
//!
//! Further rules:
//!
//! - Pass on everything that you do not change: length, trailers, an early commit, a late start, a
//!   restart, the error itself (M1). `check_middleware` of `gateway-conformance` checks
//!   each middleware of this crate for that. Check yours with it.
//! - An app may fail with an error before it starts. Then no hook has run, and the gateway makes
//!   the page. The future may be dropped at any await: work that must happen in any case belongs in
//!   a destructor.
//! - If you must see the whole response before you pass it on (to ask another app instead, say),
//!   use [`AppExt::respond`](gateway_core::AppExt::respond) and [`StartResponse::send`]:
//!   the body still streams, unless somebody reads it.
//!
//! [`Body::buffer`]: gateway_core::Body::buffer
//! [`Body::buffer_or_stream`]: gateway_core::Body::buffer_or_stream
//! [`Body::on_close`]: gateway_core::Body::on_close
//! [`Body::with_bytes`]: gateway_core::Body::with_bytes
//! [`Body::wrap`]: gateway_core::Body::wrap
//! [`StartResponse::send`]: gateway_core::StartResponse::send
//! [`StartResponse::wrap`]: gateway_core::StartResponse::wrap
//!
//! # The middlewares
//!
//! Dispatch: [`Mount`] by prefix, [`Hosts`] by host, [`Methods`] by method,
//! [`Cascade`] by trying one app after another. The others are methods of [`MiddlewareExt`].

#[cfg(feature = "tracing")]
mod access_log;
#[cfg(feature = "etag")]
mod auto_etag;
#[cfg(feature = "auth")]
mod basic_auth;
mod cascade;
mod catch_panic;
#[cfg(feature = "conditions")]
mod conditional_get;
mod error_format;
mod error_page;
mod ext;
mod head_as_get;
mod hooks;
mod host_names;
mod hosts;
mod limit_input;
mod method_override;
mod methods;
#[cfg(feature = "metrics")]
mod metrics;
mod mount;
mod proxy_fix;
mod request_id;
mod runtime;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod semantic;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "timers")]
mod timeout;
mod trusted_hosts;

#[cfg(feature = "tracing")]
pub use access_log::{AccessEntry, AccessLog, LogFormat};
#[cfg(feature = "etag")]
pub use auto_etag::AutoETag;
#[cfg(feature = "auth")]
pub use basic_auth::BasicAuth;
pub use cascade::Cascade;
pub use catch_panic::CatchPanic;
#[cfg(feature = "conditions")]
pub use conditional_get::ConditionalGet;
pub use error_format::{ErrorFormat, FormatErrors};
pub use ext::MiddlewareExt;
pub use head_as_get::{HeadAsGet, IsHead};
pub use hooks::{OnRequest, OnResponse};
pub use hosts::Hosts;
pub use limit_input::LimitInput;
pub use method_override::{MethodOverride, OverriddenMethod};
pub use methods::Methods;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use mount::Mount;
pub use proxy_fix::{BeforeProxyFix, ProxyFix};
pub use request_id::{RequestId, RequestIdValue};
pub use runtime::Runtime;
#[cfg(feature = "tracing")]
pub use spans::Spans;
#[cfg(feature = "timers")]
pub use timeout::Timeout;
pub use trusted_hosts::TrustedHosts;
