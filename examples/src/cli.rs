//! The command line of the showcase.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use examples::Stack;
use examples::arguments::{self, parse};

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
        let args: Args = parse()?;
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
    arguments::complain::<Args>(code, message)
}

fn addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8000 or [::1]:0")
}
