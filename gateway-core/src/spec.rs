//! The specification: SPEC.md, with its programs compiled.
#![doc = include_str!("../SPEC.md")]
