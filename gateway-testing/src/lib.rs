//! A client for tests of apps: in process, without a socket, with the lint on.
//!
//! A [`Client`] sends requests through the same driver as every adapter does, so that the answer is
//! what a client on the wire would get: HEAD has no body, 204 no length, buffered bytes have a
//! Content-Length, an error is a 500. It keeps cookies, and follows redirects when asked.
//!
//! It is made for tests: what cannot work, such as a malformed path, is a panic that says why, and
//! so is a [finding](gateway_core::lint::Finding) of the lint.
//!
//! # Examples
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use gateway_core::{Environ, HttpError, TryIntoResponse, view};
//! use gateway_testing::Client;
//!
//! async fn greet(mut environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
//!     let name = environ.take_input().text(1024).await?;
//!     Ok((format!("Hello, {name}!"), 201, [("set-cookie", "seen=1")]))
//! }
//!
//! let client = Client::new(view(greet));
//!
//! let response = client.post("/").text("Ada").send().await;
//! response.assert_status(201).assert_header("content-length", "11").assert_text("Hello, Ada!").await;
//!
//! assert_eq!(client.cookie("seen").as_deref(), Some("1"));
//!
//! let none = Client::new(HttpError::not_found());
//! none.get("/nowhere").send().await.assert_status(404);
//! # });
//! ```
//!
//! # Features
//!
//! `websocket` adds `Client::websocket`, and `TestResponse::into_stream` for other protocols that an app
//! switches to. The app's part runs in a task of tokio.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod exchange;
mod jar;
mod multipart;
mod redirect;
mod request;
mod response;
mod session;
#[cfg(feature = "websocket")]
mod websocket;
mod witness;

pub use client::Client;
pub use multipart::MultipartForm;
pub use request::RequestBuilder;
pub use response::TestResponse;
#[cfg(feature = "websocket")]
pub use websocket::{Received, TestWebSocket};

/// Ends the test.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "a test fails by a panic, and this module is for tests"
)]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
