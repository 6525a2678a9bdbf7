//! The time limits of a server.

use std::time::Duration;

/// How long a client may take. The documentation of [`Server`](super::Server) says what a client
/// sees of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) header_read_timeout: Duration,
    pub(super) body_read_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) http2_idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(30),
            body_read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            http2_idle_timeout: Duration::from_secs(60),
        }
    }
}
