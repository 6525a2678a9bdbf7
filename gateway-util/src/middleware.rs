//! Middlewares: how to write one, the wrong and the right way.
//!
//! A middleware is an app that calls another. Most of what goes wrong in one comes from treating the
//! answer as a finished thing, when it is a head that may still change and a body that flows:
//!
//! ```
//! // WRONG in five ways.
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
//!         // 4. Called when the head is made up, not when the answer is over.
//!         println!("{} bytes sent", bytes.len());
//!         // 5. With no body left to stream, an error in it is a 500 where bytes were due.
//!         Ok(bytes.into())
//!     }
//! }
//! # let _ = Stamp(gateway_core::HttpError::not_found());
//! ```
//!
//! The right way is shorter: the head is changed as it passes, by [`StartResponse::wrap`]; the body
//! is left alone, or another is put around it by [`Body::wrap`]; what must happen at the end is said
//! to [`Body::on_close`]. A middleware that needs all the bytes reads them with [`Body::buffer`], which
//! has a limit, and puts others in their place with [`Body::with_bytes`]: trailers and callbacks stay.
//!
//! ```
//! use gateway_core::{App, Body, Environ, Error, StartResponse};
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
//! }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # use gateway_core::{AppExt, view};
//! let app = Stamp(view(async |_| ("x", [("set-cookie", "a=1"), ("set-cookie", "b=2")])));
//! let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
//! assert_eq!(response.headers()["x-stamp"], "1");
//! assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
//! # Ok::<(), Error>(())
//! # }).unwrap();
//! ```
//!
//! What else to keep to:
//!
//! - Where there is nothing to say, pass everything: length, trailers, flush, a late start, a
//!   restart, the error as the one it is (M1). `check_middleware` of `gateway-conformance` holds
//!   each middleware of this crate to that; hold yours to the same.
//! - An app may fail with an error in place of a start: then no hook has run, and its page is the
//!   gateway's. The future may be dropped at any await: what must happen in any case belongs into a
//!   destructor.
//! - An answer that has to be seen whole before it is passed on (to ask another app instead, say) is
//!   what [`AppExt::respond`](gateway_core::AppExt::respond) and [`StartResponse::send`] are for:
//!   the body still streams, as long as nobody reads it.
//!
//! [`Body::buffer`]: gateway_core::Body::buffer
//! [`Body::on_close`]: gateway_core::Body::on_close
//! [`Body::with_bytes`]: gateway_core::Body::with_bytes
//! [`Body::wrap`]: gateway_core::Body::wrap
//! [`StartResponse::send`]: gateway_core::StartResponse::send
//! [`StartResponse::wrap`]: gateway_core::StartResponse::wrap
//!
//! # What there is
//!
//! Dispatch: [`Mount`] by prefix, [`Hosts`] by host, [`Methods`] by method,
//! [`Cascade`] by who does not refuse. The others are methods of [`MiddlewareExt`].

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
