//! The works on each stack, by hand, and how an app is put there.

pub(crate) mod actix;
pub(crate) mod axum;
pub(crate) mod bridge;
pub(crate) mod hyper;
