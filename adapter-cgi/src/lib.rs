//! Runs a gateway app behind any web server: CGI, FastCGI, SCGI and the uwsgi protocol. The other way,
//! a CGI program and a FastCGI server are apps.
//!
//! - [`CgiService`] is an app behind a front end. It serves connections of any kind
//!   ([`serve_connection`](CgiService::serve_connection)), and the one request of a CGI program
//!   ([`serve_cgi`](CgiService::serve_cgi)).
//! - `CgiServer` listens, on TCP, on a Unix socket, or on the socket that a process manager passes;
//!   `run_cgi` answers the request of this process.
//! - `CgiProgram` and `FastCgiClient` are apps: `git http-backend`, or a PHP application, below a router
//!   on any host.
//!
//! ```
//! use adapter_cgi::{CgiProtocol, CgiServer, CgiService, FrontEnd};
//! use gateway_core::view;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let service = CgiService::new(view(async |_| "Hello, World!")).front_end(FrontEnd::Nginx);
//! let server = CgiServer::bind(CgiProtocol::FastCgi, "127.0.0.1:0").await?;
//! server.serve_service_until(service, async {}).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What becomes of a request
//!
//! - The path is that of `REQUEST_URI`, as the client sent it (E3, E5). What is mounted where is told by
//!   the front end, as [`FrontEnd`] says, or by [`CgiService::mounted_at`].
//! - The client's address, the scheme and the version are what the front end says (E13, E16).
//! - `Proxy:` is neither a header nor a variable (E11).
//! - A client that leaves is seen where the front end tells: it closes the connection, or sends
//!   FCGI_ABORT_REQUEST. The app's future, or its body, is dropped (L3). In CGI it is seen at the next
//!   write.
//! - In FastCGI, SCGI and uwsgi the input is read one chunk ahead of the app; in CGI when the app reads.
//!
//! # What a protocol cannot do
//!
//! - An error in mid-stream (B8): FastCGI ends with a record that is none, which front ends take for an
//!   error. SCGI and uwsgi end with a reset over TCP; over a Unix socket, where there is none, a response
//!   of unknown length looks whole. CGI has the exit status, at which few front ends look.
//! - Trailers, in both directions (I7, B11), and closing the client's connection (S7).
//! - SCGI always says a length: a GET that says 0 is taken for one that says none (E8).
//!
//! What front ends do by themselves is in the book's chapter on them (`book/src/front-ends.md`).
//!
//! # Features
//!
//! `server`, on by default: `CgiServer`, `run_cgi` and `is_cgi`. `client`: `CgiProgram` and `FastCgiClient`, on
//! Unix.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(all(unix, feature = "client"))]
mod client;
mod codec;
mod exchange;
mod front_end;
#[cfg(all(unix, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod output;
mod protocol;
mod request;
#[cfg(feature = "server")]
mod server;
mod service;
mod times;
mod variables;

#[cfg(all(unix, feature = "client"))]
pub use client::{CgiProgram, FastCgiClient};
pub use front_end::FrontEnd;
pub use protocol::CgiProtocol;
#[cfg(feature = "server")]
pub use server::{CgiServer, is_cgi, run_cgi};
pub use service::{CgiError, CgiService};
pub use variables::Variables;

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "server"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
