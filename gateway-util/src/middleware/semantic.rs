//! The vocabulary of OpenTelemetry's semantic conventions for HTTP, version 1.

use gateway_core::{Ended, Outcome};
use http::Version;

/// `http.request.method` of a method that is not known.
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

/// What `error.type` says beside a status: the clause that the app broke, else how the exchange ended
/// when it was not completed.
pub(super) fn error_type(outcome: &Outcome) -> Option<&'static str> {
    outcome.clause().or_else(|| match outcome.ended() {
        Ended::Completed => None,
        ended => Some(ended.as_str()),
    })
}
