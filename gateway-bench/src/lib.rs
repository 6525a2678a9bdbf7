//! Benchmarks of the gateway against native code on every stack.
//!
//! Each [`Work`] (workload) exists twice on each [`Stack`]: by hand, as a careful person writes it
//! there, and as an app. A [`Target`] is one of these. [`Wire`] sends it requests in process, over
//! a duplex in memory, in one thread; the program `serve` serves it over sockets. [`Site`] is a
//! dispatcher alone.
//!
//! `figures.sh` measures everything and writes FIGURES.md.

mod apps;
mod mounts;
mod stacks;
mod target;
mod wire;
mod work;

pub use mounts::Site;
pub use target::{Stack, Target, Variant};
pub use wire::Wire;
pub use work::Work;
