//! The gateway beside native code on every stack.
//!
//! A [`Work`] is done twice on each [`Stack`]: by hand, as a careful person writes it there, and as
//! an app. [`Target`] is one of these; [`Wire`] asks it in process, over a duplex in memory, in one
//! thread, and the program `serve` over sockets. [`Site`] is a dispatcher by itself.
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
