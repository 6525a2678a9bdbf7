//! L: closing, leaving, and requests beside each other.

mod beside;
mod closing;
mod leaving;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [closing::cases(), leaving::cases(), beside::cases()]
        .into_iter()
        .flatten()
        .collect()
}
