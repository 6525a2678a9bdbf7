//! WSGI callables as apps: PEP 3333 on every stack, and what callables do wrong.
//!
//! The callables are in `tests/python`. Flask and Django are found by `PYTHONPATH`; `.ci/run python`
//! sets it.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[macro_use]
mod support;

mod clients;
mod environ;
mod hostile;
mod input;
mod oracle;
mod pool;
mod program;
mod validate;
