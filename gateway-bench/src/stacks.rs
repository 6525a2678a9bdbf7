//! The workloads on each stack, by hand, and the app mounted there.

pub(crate) mod actix;
pub(crate) mod axum;
pub(crate) mod bridge;
pub(crate) mod hyper;

use crate::target::{Stack, Target, Variant};
use crate::work::Work;

impl Target {
    /// One workload, in one variant, on one stack.
    #[must_use]
    pub fn new(stack: Stack, variant: Variant, work: Work) -> Self {
        match stack {
            Stack::Hyper => hyper::target(variant, work),
            Stack::Axum => axum::target(variant, work),
            Stack::Actix => actix::target(variant, work),
            Stack::Bridge => bridge::target(variant, work),
        }
    }
}
