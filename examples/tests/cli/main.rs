//! The program: its command line, its log, its start and its end.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod arguments;
mod log;
mod process;
