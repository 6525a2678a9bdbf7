//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use clap::error::ErrorKind;
use site::Stack;

/// Serves Postcards: accounts, posts with pictures, live notifications, and an API at /api.
#[derive(Debug, Parser)]
#[command(name = "site", version)]
pub(crate) struct Args {
    /// The server to run on: hyper, axum or actix
    #[arg(long, default_value = "hyper")]
    pub(crate) stack: Stack,
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000", value_parser = addr)]
    pub(crate) bind: SocketAddr,
    /// The directory of the database and the pictures; it is made if it is missing
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
    /// Believe the X-Forwarded headers of one proxy in front
    #[arg(long)]
    pub(crate) behind_a_proxy: bool,
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
                    // If standard output is closed, nothing can be done about it.
                    let _ = error.print();
                    Ok(None)
                }
                _ => Err(first_line(&error.to_string()).to_owned()),
            },
        }
    }
}

/// clap adds hints on more lines.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line)
}

fn addr(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected ADDR:PORT, such as 127.0.0.1:8000 or [::1]:0")
}
