//! `cases`: the table of all cases.

mod body;
mod environ;
mod input;
mod lifecycle;
mod middleware;
mod normalise;
mod observed;
pub(crate) mod reports;
pub(crate) mod sources;
pub(crate) mod start;
mod upgrade;

use crate::case::Case;

/// Every case, in the order of the clauses.
#[must_use]
pub fn cases() -> Vec<Case> {
    [
        environ::cases(),
        input::cases(),
        start::cases(),
        body::cases(),
        lifecycle::cases(),
        upgrade::cases(),
        normalise::cases(),
        middleware::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
