//! Measures what tower's layers keep of an app. The measure is a test, and its result is
//! `book/src/layers.md`.
