//! A reverse proxy as a gateway app: an upstream HTTP server mounted at a prefix, on any host.
//!
//! [`ReverseProxy`] is the app; [`Forwarding`] is what it does to the fields that tell of the client.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod forwarding;
mod offer;
mod reverse_proxy;
mod tunnel;
mod watched;

pub use error::UpstreamError;
pub use forwarding::Forwarding;
pub use reverse_proxy::ReverseProxy;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
