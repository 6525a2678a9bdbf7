//! Runs a gateway app on [hyper]: a service for any app, and a server for apps without one.
//!
//! - [`service`] and [`HyperService`] make an app a hyper service, to be used with hyper's own
//!   connections. [`HyperService::with`] tells the app what else is known of a request.
//! - [`Server`] is a whole server: HTTP/1.1 and HTTP/2 on one port, TCP, a Unix socket or one that systemd
//!   passes, on one runtime or on several workers, with limits, timeouts and a graceful end.
//! - [`serve_connection`] is what it does with each connection, for programs that accept by themselves.
//!
//! ```no_run
//! use adapter_hyper::{Server, default_addr};
//! use gateway_core::view;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::bind(default_addr()?).await?;
//! server.serve(view(async |_| "Hello, World!")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What hyper does with a request
//!
//! - When the client goes, the app's future is dropped at its await, and its body at the next chunk
//!   (L3). A client that half-closes an HTTP/1 connection counts as gone.
//! - `100 Continue` is sent when the app first reads the body (I6).
//! - What an app leaves unread of a request's body is drained if it has arrived. Otherwise the
//!   connection closes after the response (I5). A response that is committed after the app has
//!   dropped its input says so: `Connection: close`.
//! - hyper itself answers, with an empty 400, a request whose last transfer coding is not `chunked`, one
//!   of HTTP/1.0 with a transfer coding, and a target of HTTP/1 that is only a query (E17, I2). A
//!   Content-Length beside `chunked` is ignored, and the connection closes after the response.
//! - Extensions pass both ways: those of a request are those of the environ (E15), and those that
//!   the app adds to its response are in the `http::Response`. There are no path parameters.
//! - Trailers pass both ways; on HTTP/1 those of a response only if the client sent `TE: trailers`
//!   and the response names them in `Trailer` (B11, I7).
//! - Apps are called and bodies polled where hyper polls the service. That is the tokio runtime
//!   that [`Server`] runs in, with the drivers that it has enabled. If you run hyper's connections
//!   on another executor, there is no tokio context (L7).
//!
//! - A client may switch to any protocol on HTTP/1.1, and to WebSocket on HTTP/2 (RFC 8441), under
//!   [`Server`], and under hyper's own connections after [`HyperService::with_upgrades`] (U1).
//!
//! [`gateway_core::reply`] makes a response of a value that a hyper handler of your own returns.
//!
//! # Features
//!
//! - `server`, on by default: [`Server`], [`serve_connection`] and [`default_addr`].
//! - `http2`, part of `server`: WebSocket over HTTP/2 (RFC 8441) for services.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod request;
#[cfg(feature = "server")]
mod server;
mod service;
mod switch;

#[cfg(feature = "server")]
pub use server::{ConnectionLimits, DefaultAddrError, Server, default_addr, serve_connection};
pub use service::{HyperService, service, service_with};
pub use switch::UpgradeTask;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
