//! L: closing, leaving, and requests beside each other, and what observers are told.

mod beside;
mod closing;
mod leaving;
mod outcomes;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        closing::cases(),
        leaving::cases(),
        beside::cases(),
        outcomes::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
