//! Cases of the clauses E: the environ.

mod connection;
mod headers;
mod path;
mod refusals;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        path::cases(),
        headers::cases(),
        connection::cases(),
        refusals::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
