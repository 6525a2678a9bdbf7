//! The gateway beside native code on every stack.
//!
//! A [`Work`] is done twice on each [`Stack`]: by hand, as a careful person writes it there, and as
//! an app. [`Target`] is one of these; [`Wire`] asks it in process, over a duplex in memory, in one
//! thread, and `serve` over sockets.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod apps;
mod stacks;
mod target;
mod wire;
mod work;

pub use target::{Stack, Target, Variant};
pub use wire::Wire;
pub use work::Work;
