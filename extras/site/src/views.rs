//! The views, by what they are about. Each reads a request, asks the model, and returns a response.

pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod live;
pub(crate) mod pictures;
pub(crate) mod posts;
