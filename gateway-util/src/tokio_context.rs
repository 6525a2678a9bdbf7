//! What needs a tokio runtime says so where there is none (L7).

use std::error::Error as StdError;
use std::fmt;

use gateway_core::HttpError;
use tokio::runtime::Handle;

/// The runtime in whose context this is called. `what` needs it.
///
/// # Errors
///
/// When there is none. tokio's own functions would panic.
pub(crate) fn handle(what: &'static str) -> Result<Handle, NoRuntime> {
    Handle::try_current().map_err(|_| NoRuntime { what })
}

/// The host calls the app, or polls its body, outside of a tokio runtime.
#[derive(Debug)]
pub(crate) struct NoRuntime {
    what: &'static str,
}

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} needs a tokio runtime; the host calls the app outside of one (L7)",
            self.what
        )
    }
}

impl StdError for NoRuntime {}

impl From<NoRuntime> for HttpError {
    fn from(error: NoRuntime) -> Self {
        Self::internal_server_error().with_source(error)
    }
}
