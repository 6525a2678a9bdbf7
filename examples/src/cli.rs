//! The command line of the showcase.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use examples::Stack;

/// The arguments of the program.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) stack: Stack,
    pub(crate) addr: SocketAddr,
}

/// Serves the showcase: every form that a view can return, and a laboratory for the clauses of
/// SPEC.md.
#[derive(Debug, Parser)]
#[command(name = "showcase", version)]
struct Args {
    /// The server to run on: hyper, actix or tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT", value_parser = addr)]
    bind: Option<SocketAddr>,
}

impl Cli {
    /// Reads the command line and `PORT`.
    ///
    /// # Errors
    ///
    /// The exit code, if there is nothing to serve: help or an error message was printed.
    pub(crate) fn from_args() -> Result<Self, ExitCode> {
        let args = Args::try_parse().map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // If standard output is closed, nothing can be done about it.
                let _ = error.print();
                ExitCode::SUCCESS
            }
            // clap adds more lines. The first one is enough here.
            _ => complain(2, first_line(&error.to_string())),
        })?;
        let addr = match args.bind {
            Some(addr) => addr,
            None => {
                adapter_hyper::default_addr().map_err(|error| complain(2, &error.to_string()))?
            }
        };
        Ok(Self {
            stack: args.stack,
            addr,
        })
    }
}

/// Prints on standard error, in one line, why the program ends.
pub(crate) fn complain(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "showcase: {message}");
    ExitCode::from(code)
}

fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line)
}

fn addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8000 or [::1]:0")
}
