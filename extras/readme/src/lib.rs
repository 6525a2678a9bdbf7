//! The programs of README and of the book's chapter on mounting, with their dependencies and no other
//! feature. `tests/` builds each as a crate of its own, and runs it.

/// README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
