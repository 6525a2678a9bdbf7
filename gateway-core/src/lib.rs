//! A gateway interface for Rust: what WSGI is for Python.
//!
//! An app is a function that is called with the environ (the request) and `start_response`, and
//! returns the response body. It is written once and runs under every server that has an adapter. A
//! middleware is an app that calls another app. Most apps are views: functions that return their
//! response.
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
//! - [`AppExt`], [`BoxApp`]: composition.
//! - [`Gateway`]: the driver, for those who write adapters; [`bridge`], for hosts that keep a request
//!   on one thread.
//!
//! The docs use five words in one sense each:
//!
//! - The *host* is the server or framework that an adapter is for, such as hyper or actix-web.
//! - The *driver* is [`Gateway`], the code between the adapter and the app.
//! - A *clause* is a rule of [the specification](spec). It has a name, such as B9.
//! - A *view* is a function from an environ to a return value, such as text or a tuple.
//! - A head is *committed* when it goes to the host. From then on nobody can change it.
//!
//! Mounting at prefixes, limits and other middlewares are in `gateway-util`, a client for tests of apps
//! in `gateway-testing`.
//!
//! # Features
//!
//! | feature | what it adds | crates |
//! |---|---|---|
//! | `json` (default) | [`Json`], maps and lists as return values, [`Input::json`] | `serde`, `serde_json` |
//! | `tracing` (default) | the driver's log lines | `tracing` |
//! | `cookies` | [`ResponseExt::set_cookie`] | `cookie` |
//! | `tokio` | [`Input::reader`], the input as `tokio::io::AsyncRead`; [`Duplex`] as tokio's `AsyncRead` and `AsyncWrite` | `tokio` |
//! | `hyper` | [`Duplex`] as hyper's `Read` and `Write` | `hyper` |
//! | `futures-io` | [`Duplex`] as the `AsyncRead` and `AsyncWrite` of `futures-io` | `futures-io` |
//! | `lint` | [`lint`], the middleware that checks both sides | none |
//!
//! All features are additive, and none changes what is sent on the wire. Log lines have the target
//! `gateway`, and the clause that they are about in the field `clause`.
//!
//! Apps use the defaults, components turn them off:
//!
//! - An app depends on this crate as it is. Its author can return JSON on the first day, and finds
//!   the cause of a 500 in the log. Without `tracing` nothing is logged, and a page never shows a
//!   cause.
//! - A component (a middleware, an adapter, a library of views) sets `default-features = false` and
//!   names what it needs. The app that uses it decides what is compiled. `gateway-util` and the
//!   adapters of this project do so.
//! - `cookies` is no default: most views set none, the crate is not yet at 1.0, and it depends on
//!   `time`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
mod app_ext;
mod body;
mod box_app;
pub mod bridge;
mod catch_unwind;
mod connection;
mod duplex;
mod environ;
mod error;
mod exchange;
mod gateway;
mod headers;
mod http_error;
mod input;
#[cfg(feature = "json")]
mod json;
mod kept;
pub mod lifespan;
#[cfg(feature = "lint")]
pub mod lint;
mod log;
mod modify_response;
mod observer;
mod panicked;
mod path_params;
mod raised;
mod response;
mod shutdown_signal;
pub mod spec;
mod start_error;
mod start_response;
mod status;
mod try_into_response;
mod view;
mod view_error;
mod wakers;

pub use app::{App, AppFn, app_fn};
pub use app_ext::AppExt;
pub use body::{Body, BufferError, WriteError, Writer};
pub use box_app::BoxApp;
pub use connection::{Connection, Scheme};
pub use duplex::{Duplex, DuplexIo};
pub use environ::{
    Detached, EnvValue, Environ, FramingField, HeadSource, LentHead, SplitError, VarName,
    VarNameError,
};
pub use error::{BoxError, Error, ResultExt};
pub use exchange::Closed;
pub use gateway::{Gateway, Outgoing, RefusedHead, Upgrade, UpgradeError, reply};
pub use headers::{
    AppendHeaders, HeaderError, IntoHeaderName, IntoHeaderValue, strip_connection_fields,
};
pub use http_error::{HttpError, abort};
#[cfg(feature = "tokio")]
pub use input::InputReader;
pub use input::{Input, InputError, IntoInput};
#[cfg(feature = "json")]
pub use json::Json;
pub use modify_response::{ModifyResponse, Replace};
pub use observer::{Ended, Observer, Outcome, RequestSummary};
pub use path_params::PathParams;
#[cfg(feature = "cookies")]
pub use response::CookieError;
pub use response::{Response, ResponseExt, translate_response};
pub use shutdown_signal::{Closing, ShutdownSignal};
pub use start_error::StartError;
pub use start_response::StartResponse;
pub use status::{IntoStatus, StatusError};
pub use try_into_response::TryIntoResponse;
pub use view::{View, ViewWith, view, view_with};
pub use view_error::ViewError;

/// The crate `cookie`, for [`ResponseExt::set_cookie`].
#[cfg(feature = "cookies")]
pub use cookie;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
