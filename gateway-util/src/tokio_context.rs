//! An error instead of tokio's panic if there is no tokio runtime (L7).

use std::error::Error as StdError;
use std::fmt;

use gateway_core::HttpError;
use tokio::runtime::Handle;

/// The current runtime. `what` is the name of the feature that needs it.
///
/// # Errors
///
/// If there is none. tokio's own functions would panic.
pub(crate) fn handle(what: &'static str) -> Result<Handle, NoRuntime> {
    Handle::try_current().map_err(|_| NoRuntime { what })
}

/// The host calls the app, or polls its body, outside a tokio runtime.
#[derive(Debug)]
pub(crate) struct NoRuntime {
    what: &'static str,
}

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} needs a tokio runtime, but the host calls the app outside one (L7)",
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
