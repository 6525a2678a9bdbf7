//! The command line that example programs share: `--stack`, `--bind`, and how a program ends.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser};
use gateway_core::{App, BoxError};

use crate::stack::Stack;

/// Which server a program runs on, and where it listens.
#[derive(Debug, Args)]
pub struct Serving {
    /// The server to run on: hyper, actix or tower
    #[arg(long, default_value = "hyper")]
    pub stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    pub bind: Option<SocketAddr>,
}

impl Serving {
    /// Listens, prints where, and serves the app until SIGTERM or Ctrl-C.
    ///
    /// # Errors
    ///
    /// If the address is taken, or the server cannot be set up.
    pub fn serve(&self, app: impl App) -> Result<(), BoxError> {
        Ok(self.stack.serve(listen(self.bind)?, app)?)
    }
}

/// Listens at the address, or where [`listen`](crate::listen()) does, and prints where.
///
/// # Errors
///
/// If the address is taken, or `PORT` is not a port number.
pub fn listen(bind: Option<SocketAddr>) -> Result<TcpListener, BoxError> {
    match bind {
        Some(addr) => Ok(crate::listen_at(addr)?),
        None => crate::listen(),
    }
}

/// Runs a program with its arguments, and logs to standard error.
///
/// A wrong argument is one line on standard error and the exit code 2. An error of `run` is one line
/// and 1.
pub fn run<A: Parser>(run: impl FnOnce(A) -> Result<(), BoxError>) -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(end) => return end,
    };
    // A program that logs in its own way has begun before.
    let _ = tracing_subscriber::fmt().with_writer(io::stderr).try_init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain::<A>(1, &error.to_string()),
    }
}

/// Reads the arguments of a program.
///
/// # Errors
///
/// The exit code, if there is nothing to run: help or an error message was printed.
pub fn parse<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nothing can be done about a closed standard output.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        // clap adds more lines. The first one is enough here.
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            complain::<A>(2, line.strip_prefix("error: ").unwrap_or(line))
        }
    })
}

/// Prints on standard error, in one line, why the program ends, and gives its exit code.
pub fn complain<A: Parser>(code: u8, message: &str) -> ExitCode {
    let command = A::command();
    let _ = writeln!(io::stderr(), "{}: {message}", command.get_name());
    ExitCode::from(code)
}
