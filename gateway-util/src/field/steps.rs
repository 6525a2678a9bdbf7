//! Counts the work of a parser, so that tests can check its growth without a clock.

/// Counts this many bytes as read, in tests only.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn count(_bytes: usize) {}

#[cfg(test)]
pub(crate) use counted::{assert_linear, count};

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn count(bytes: usize) {
        // One for the call, so that many empty reads are counted, too.
        STEPS.set(STEPS.get() + bytes + 1);
    }

    /// Runs a parser over a hostile input of n, 2n and 4n units. Each doubling may at most double
    /// the steps.
    pub(crate) fn assert_linear(name: &str, mut run: impl FnMut(usize)) {
        let mut steps = |size| {
            STEPS.set(0);
            run(size);
            STEPS.get()
        };
        let [small, middle, large] = [steps(1_000), steps(2_000), steps(4_000)];
        assert!(small > 0, "{name}: nothing was counted");
        assert!(
            middle * 10 <= small * 22 && large * 10 <= middle * 22,
            "{name}: {small}, {middle}, {large} steps"
        );
    }
}
