//! The driver's log lines: `tracing` events if that feature is on, nothing otherwise.

use std::error::Error as StdError;
use std::fmt;

/// An error with its causes, on one line: `outer: inner: innermost`.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn StdError + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// A fault of the app: the response is a 500 or was aborted.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "logging is compiled out")
)]
pub(crate) fn error(clause: &'static str, what: &str, cause: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(target: "gateway", clause, "{what}: {cause}");
}

/// A fault of the app that the gateway could correct.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "logging is compiled out")
)]
pub(crate) fn warn(clause: &'static str, what: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "gateway", clause, "{what}");
}

/// A request that never reached the app.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "logging is compiled out")
)]
pub(crate) fn info(clause: &'static str, what: &str, cause: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: "gateway", clause, "{what}: {cause}");
}

/// Not a fault of the app: a fault of the client, or a response that the app chose.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "logging is compiled out")
)]
pub(crate) fn debug(clause: &'static str, what: &str, cause: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "gateway", clause, "{what}: {cause}");
}
