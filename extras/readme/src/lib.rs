//! The programs of README and of the book's chapter on mounting, with their dependencies and no other
//! feature. `tests/` runs them.

/// README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
