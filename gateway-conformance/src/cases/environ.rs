//! Cases of the clauses E: the environ.

mod codings;
mod connection;
mod ending;
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
        codings::cases(),
        ending::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
