//! The command line.

use std::net::SocketAddr;

use clap::Parser;
use clap::error::ErrorKind;

use crate::stack::Stack;

/// Serves a WSGI callable. Modules are looked for in the current folder first.
#[derive(Debug, Parser)]
#[command(name = "serve", version)]
pub(crate) struct Args {
    /// What to serve, such as shop.wsgi:app
    #[arg(value_name = "MODULE:CALLABLE")]
    pub(crate) callable: String,
    /// The server to run on: hyper, axum or actix
    #[arg(long, default_value = "hyper")]
    pub(crate) stack: Stack,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000", value_parser = addr)]
    pub(crate) bind: SocketAddr,
    /// How many calls run at a time
    #[arg(long, value_name = "N", default_value = "8", value_parser = count)]
    pub(crate) threads: usize,
    /// How many requests wait for a thread; more get a 503
    #[arg(long, value_name = "N", default_value = "1024", value_parser = count)]
    pub(crate) queue: usize,
}

impl Args {
    /// Reads the command line; `None` if help was asked for, and printed.
    ///
    /// # Errors
    ///
    /// What is wrong, in one line.
    pub(crate) fn read() -> Result<Option<Self>, String> {
        match Self::try_parse() {
            Ok(args) => Ok(Some(args)),
            Err(error) => match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    // Nothing can be done about a closed standard output.
                    let _ = error.print();
                    Ok(None)
                }
                _ => Err(one_line(&error.to_string())),
            },
        }
    }
}

/// What clap says before its hints, in one line.
fn one_line(text: &str) -> String {
    let said = text.split("\n\n").next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8000 or [::1]:0")
}

fn count(text: &str) -> Result<usize, &'static str> {
    match text.parse() {
        Ok(count @ 1..=100_000) => Ok(count),
        _ => Err("expected a number from 1 to 100000"),
    }
}
