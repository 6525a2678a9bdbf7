//! A gateway interface for Rust: what WSGI is for Python.
//!
//! An app is called with the environ, the request, and `start_response`, and returns its body. It is
//! written once and runs under every server that has an adapter; a middleware is an app that calls
//! another. Most apps are views: functions that return what they answer.
//!
//! ```
//! use gateway_core::{Environ, HttpError, Json, TryIntoResponse, view};
//!
//! // Text, with defaults.
//! async fn hello(_: Environ) -> &'static str {
//!     "Hello, World!"
//! }
//!
//! // A body, a status and headers; an error on the way out.
//! async fn item(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
//!     if environ.path_info() != "/1" {
//!         return Err(HttpError::not_found());
//!     }
//!     Ok((Json(["one"]), 200, [("x-my-header", "foo")]))
//! }
//!
//! let apps = (view(hello), view(item));
//! # let _ = apps;
//! ```
//!
//! # The parts
//!
//! - [`App`]: the interface, with [`Environ`], [`StartResponse`] and [`Body`].
//! - [`view`] and [`TryIntoResponse`]: normalisation, as Flask does it; [`HttpError`].
//! - [`AppExt`], [`Mount`]: composition.
//! - [`Gateway`]: the driver, for those who write adapters.
//!
//! # Features
//!
//! All are additive. On by default: `json` ([`Json`], through `serde_json`), `cookies`
//! ([`ResponseExt::set_cookie`], through `cookie`), `tracing` (log lines of the driver, target
//! `gateway`, each with the clause it is about in the field `rule`; without it nothing is logged).
//! Off by default: `tokio` (the input as `AsyncRead`), `lint` (the middleware that checks both sides),
//! `testing` (a client for tests of apps, in process, with the lint on).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
mod app_ext;
mod body;
mod box_app;
mod connection;
mod environ;
mod error;
mod exchange;
mod gateway;
mod headers;
mod http_error;
mod input;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "lint")]
pub mod lint;
mod log;
mod middleware;
mod modify_response;
mod panicked;
mod raised;
mod response;
pub mod spec;
mod start_error;
mod start_response;
mod status;
#[cfg(feature = "testing")]
pub mod testing;
mod try_into_response;
mod view;
mod view_error;

pub use app::{App, AppFn, app_fn};
pub use app_ext::AppExt;
pub use body::{Body, BufferError, WriteError, Writer};
pub use box_app::BoxApp;
pub use connection::{Connection, Scheme};
pub use environ::{EnvValue, Environ, HeadSource, SplitError};
pub use error::{BoxError, Error, ResultExt};
pub use exchange::Closed;
pub use gateway::{Gateway, Outgoing, reply};
pub use headers::{
    AppendHeaders, HeaderError, IntoHeaderName, IntoHeaderValue, strip_connection_fields,
};
pub use http_error::{HttpError, abort};
#[cfg(feature = "tokio")]
pub use input::InputReader;
pub use input::{Input, InputError, IntoInput};
#[cfg(feature = "json")]
pub use json::Json;
pub use middleware::{LimitInput, Mount};
pub use modify_response::{ModifyResponse, Replace};
#[cfg(feature = "cookies")]
pub use response::CookieError;
pub use response::{Response, ResponseExt};
pub use start_error::StartError;
pub use start_response::StartResponse;
pub use status::{IntoStatus, StatusError};
pub use try_into_response::TryIntoResponse;
pub use view::{View, ViewWith, view, view_with};
pub use view_error::ViewError;

/// `cookie`'s own crate, for [`ResponseExt::set_cookie`].
#[cfg(feature = "cookies")]
pub use cookie;
