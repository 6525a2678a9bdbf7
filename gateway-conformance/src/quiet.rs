//! Keeps the panics that cases ask for out of the output of a failed test.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static IS_OF_SUITE: Cell<bool> = const { Cell::new(false) };
}

/// From now on, the panic hook is not called for a panic on this thread whose `panic!` is in a case.
/// Panics of tested code are shown as before.
pub(crate) fn silence_cases_on_this_thread() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_of_a_case(info) {
                shown(info);
            }
        }));
    });
    IS_OF_SUITE.set(true);
}

fn is_of_a_case(info: &PanicHookInfo<'_>) -> bool {
    let root = file!().strip_suffix("quiet.rs").unwrap_or_default();
    let is_in_a_case = info.location().is_some_and(|location| {
        let path = location.file().strip_prefix(root).unwrap_or_default();
        path.starts_with("cases") || path.starts_with("transparency")
    });
    // A thread that is about to end has no such variable any more.
    is_in_a_case && IS_OF_SUITE.try_with(Cell::get).unwrap_or_default()
}
