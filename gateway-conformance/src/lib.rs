//! The conformance suite of the gateway interface: a table of cases, the app that they talk to, and
//! clients that look at bytes and frames.
//!
//! A server passes if it mounts [`app`] and a [`Suite`] finds no failure. The test of an adapter
//! is a few lines. The program of this crate tests any other server from outside.
//!
//! ```no_run
//! use gateway_conformance::{Capability, Suite};
//!
//! # async fn test(address: std::net::SocketAddr) {
//! // The server at this address has `gateway_conformance::app()` mounted at its root.
//! Suite::new()
//!     .lacks(Capability::RequestTrailers, "the host does not pass them on")
//!     .run_both(address)
//!     .await
//!     .assert_passed();
//! # }
//! ```
//!
//! # The parts
//!
//! - [`cases`]: the table. Each case has a name, the clauses of the specification that it covers,
//!   an app, and an exchange with what the client must see.
//! - [`app`]: the apps of all cases as one app. Each is at `/NAME/` below the mount point.
//! - [`Suite`]: the runner, over sockets (HTTP/1.1 and HTTP/2) and in process.
//! - [`check_middleware`]: checks that a middleware passes on everything that it does not change
//!   (M1).
//! - [`Report`]: the result of either.
//! - [`clauses`]: every clause, and those that no case can see, with the reason.
//! - [`facts`]: what the apps noted, besides their responses.
//! - [`wire`]: small HTTP clients that report bytes and frames, and repair nothing.

mod app;
mod capability;
mod case;
mod cases;
mod check;
pub mod clauses;
mod client;
mod excuse;
pub mod facts;
mod own_thread;
mod quiet;
mod report;
mod suite;
mod transparency;
mod via;
pub mod wire;

pub use app::app;
pub use capability::Capability;
pub use case::Case;
pub use cases::cases;
pub use report::{CaseOutcome, Report, Row};
pub use suite::Suite;
pub use transparency::{MiddlewareCheck, check_middleware};
pub use via::Via;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
