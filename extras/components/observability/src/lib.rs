//! Error reports to Sentry, and traces for OpenTelemetry, as middlewares: once, for every server
//! that runs apps.
//!
//! - [`Reports`] gives each request a hub of `sentry-core`, and reports errors and panics with
//!   their private causes (feature `sentry`).
//! - [`Traces`] runs each request in a span with the names of OpenTelemetry's semantic conventions,
//!   below the span that the client names (feature `opentelemetry`).
//!
//! Both learn from the observer of `gateway-core` how an exchange ended, so that a response that
//! was aborted and a client that has left are seen on every server in the same way.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "sentry")]
mod reports;
#[cfg(feature = "opentelemetry")]
mod traces;

#[cfg(feature = "sentry")]
pub use reports::Reports;
#[cfg(feature = "opentelemetry")]
pub use traces::Traces;

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "opentelemetry", feature = "sentry"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
