//! `cargo run -p examples --example conformance -- --stack hyper`: serves the app of the conformance suite.

use std::process::ExitCode;

use clap::Parser;
use examples::arguments::{Serving, run};

/// Serves the app of the conformance suite, for a run of it through a front end.
#[derive(Debug, Parser)]
#[command(name = "conformance", version)]
struct Args {
    #[command(flatten)]
    serving: Serving,
}

fn main() -> ExitCode {
    run(|args: Args| args.serving.serve(gateway_conformance::app()))
}
