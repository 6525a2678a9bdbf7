//! E: what the app sees of the request.

mod connection;
mod headers;
mod path;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [path::cases(), headers::cases(), connection::cases()]
        .into_iter()
        .flatten()
        .collect()
}
