//! What every server of an app does, whatever its protocol.
//!
//! - A [`Listener`] gives connections. [`Socket`] is one: TCP, a Unix socket, or a socket that the parent
//!   process passed ([`passed_sockets`]).
//! - A [`Runner`] runs a server from its app's startup to its shutdown, with a limit of connections, on
//!   the caller's runtime or on workers, and ends it gracefully.
//! - [`signals`] tells when a process is to end.
//!
//! An adapter adds the protocol: a function that serves one connection. Apps do not need this crate.
//!
//! ```
//! use gateway_core::{Connection, Gateway, view};
//! use gateway_server::{Ending, Runner, Socket, SocketStream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let gateway = Gateway::new(view(async |_| "Hello, World!"));
//! let serve = |stream: SocketStream, connection: Connection, ending: Ending| async move {
//!     // The protocol of an adapter.
//!     drop((stream, connection, ending));
//! };
//! let stop = async { /* whatever ends the server */ };
//! Runner::new(Socket::bind("127.0.0.1:0").await?)
//!     .max_connections(100)
//!     .run(&gateway, serve, stop, std::future::pending())
//!     .await?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acceptor;
mod bind_error;
mod cutting;
mod ending;
mod listener;
#[cfg(unix)]
mod passed;
mod runner;
mod signals;
mod socket;
mod worker;

pub use ending::Ending;
pub use listener::Listener;
#[cfg(unix)]
pub use passed::{PassedSocket, passed_sockets};
pub use runner::Runner;
pub use signals::signals;
pub use socket::{Socket, SocketStream};
pub use worker::log_panic;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
