//! What the gateway's servers are held to: a table of cases, the app they talk to, and the clients
//! that look.
//!
//! A server passes when it mounts [`app`] and a [`Suite`] finds nothing to say. An adapter's test
//! is a few lines; any other server can be tried from outside with the program of this crate.
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
//!   an app, and an exchange with what must be seen in it.
//! - [`app`]: the apps of all cases as one app, which is found under `/NAME/` below wherever it is
//!   mounted.
//! - [`Suite`]: the runner, over sockets (HTTP/1.1 and HTTP/2) and in process.
//! - [`check_middleware`]: holds a middleware to M1: what it has nothing to say about passes it
//!   untouched.
//! - [`Report`]: what came out of either.
//! - [`clauses`]: every clause, and those that no case can see, with the reason.
//! - [`facts`]: what the apps noted, beside what they answered.
//! - [`wire`]: small HTTP clients that look at bytes and frames, never at what a kind client makes
//!   of them.

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
