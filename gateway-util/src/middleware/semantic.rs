//! Names from OpenTelemetry's semantic conventions for HTTP, version 1.

use gateway_core::{Ended, Outcome};
use http::Version;

/// The `http.request.method` of an unknown method.
pub(super) const OTHER: &str = "_OTHER";

/// The methods that the conventions call known: those of RFC 9110, and PATCH.
pub(super) const KNOWN_METHODS: [&str; 9] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];

/// `network.protocol.version`.
pub(super) fn protocol_version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// The `error.type` of an exchange: the clause that the app broke, or how the exchange ended
/// if it was not completed. `None` if only the status can tell.
pub(super) fn error_type(outcome: &Outcome) -> Option<&'static str> {
    outcome.clause().or_else(|| match outcome.ended() {
        Ended::Completed => None,
        ended => Some(ended.as_str()),
    })
}
