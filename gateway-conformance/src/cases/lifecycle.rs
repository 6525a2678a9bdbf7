//! Cases of the clauses L: closing, leaving, concurrent requests, the runtime, and observers.

mod beside;
mod closing;
mod leaving;
mod outcomes;
mod runtime;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        closing::cases(),
        leaving::cases(),
        beside::cases(),
        runtime::cases(),
        outcomes::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
