//! `cargo run -p examples --features cgi --example cgi_program -- --program PATH`: a CGI program on any stack.

use std::path::PathBuf;
use std::process::ExitCode;

use adapter_cgi::CgiProgram;
use clap::Parser;
use examples::arguments::{Serving, run};

/// Serves a CGI program.
#[derive(Debug, Parser)]
#[command(name = "cgi_program", version)]
struct Args {
    /// The program
    #[arg(long, value_name = "PATH")]
    program: PathBuf,
    #[command(flatten)]
    serving: Serving,
}

fn main() -> ExitCode {
    run(|args: Args| args.serving.serve(CgiProgram::new(args.program)))
}
