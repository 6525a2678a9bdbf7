//! The program: its command line, its log, its start and its end.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod arguments;
mod log;
#[path = "../common/process.rs"]
mod process;

use std::process::{Command, Output};

/// The showcase with these arguments.
fn showcase(arguments: &[&str]) -> Command {
    process::program(env!("CARGO_BIN_EXE_showcase"), arguments)
}

/// Runs it where it ends by itself.
fn run(arguments: &[&str]) -> Output {
    showcase(arguments).output().unwrap()
}
