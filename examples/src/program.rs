//! `program`: what the small programs with arguments have in common.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use gateway_core::BoxError;

/// Reads the arguments, logs to standard error, and runs. `--help` is not an error; a wrong argument is
/// one line and exit code 2, a failure one line and 1.
pub fn program<A: Parser>(run: impl FnOnce(A) -> Result<(), BoxError>) -> ExitCode {
    let args = match A::try_parse() {
        Ok(args) => args,
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // If standard output is closed, nothing can be done about it.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // clap adds more lines. The first one is enough here.
            _ => {
                let text = error.to_string();
                let line = text.lines().next().unwrap_or_default();
                return complain::<A>(2, line.strip_prefix("error: ").unwrap_or(line));
            }
        },
    };
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain::<A>(1, &error.to_string()),
    }
}

fn complain<A: Parser>(code: u8, message: &str) -> ExitCode {
    let name = A::command().get_name().to_owned();
    let _ = writeln!(io::stderr(), "{name}: {message}");
    ExitCode::from(code)
}
