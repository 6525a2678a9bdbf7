//! The WebDAV server of `dav-server` as an app, on every server that runs apps.

mod dav;
mod upload;

pub use dav::Dav;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
