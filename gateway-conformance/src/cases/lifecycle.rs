//! L: closing, leaving, requests beside each other, and the runtime.

mod beside;
mod closing;
mod leaving;
mod runtime;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [
        closing::cases(),
        leaving::cases(),
        beside::cases(),
        runtime::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
