//! The deadline of one client operation.

use std::time::Duration;

use tokio::time::Instant;

use super::WireError;

/// How long an operation may take unless `set_deadline` says otherwise.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// The moment by which one operation must be over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    /// A deadline that starts to run now.
    pub(super) fn after(limit: Duration) -> Self {
        Self {
            limit,
            at: Instant::now() + limit,
        }
    }

    /// Awaits `future`. After the deadline, the error says that it waited for `what`
    /// and shows `so_far`.
    pub(super) async fn bound<F: Future>(
        self,
        what: &str,
        so_far: &[u8],
        future: F,
    ) -> Result<F::Output, WireError> {
        match tokio::time::timeout_at(self.at, future).await {
            Ok(output) => Ok(output),
            Err(_) => Err(WireError::timeout(what, self.limit, so_far)),
        }
    }
}
