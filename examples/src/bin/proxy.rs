//! `cargo run -p examples --features proxy --bin proxy -- --upstream http://127.0.0.1:9000`: a server in front of an old one.
//!
//! What has moved is a route here, the rest is the upstream's: the first day of a migration.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use examples::Stack;
use gateway_core::{BoxError, view};
use gateway_proxy::ReverseProxy;
use gateway_util::{MiddlewareExt, Mount};

/// Serves /moved by itself, and everything else from an upstream.
#[derive(Debug, Parser)]
#[command(name = "proxy", version)]
struct Args {
    /// The old server, such as http://127.0.0.1:9000
    #[arg(long, value_name = "URL", value_parser = ReverseProxy::new)]
    upstream: ReverseProxy,
    /// The server to run on: hyper, actix or tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
}

fn serve(args: Args) -> Result<(), BoxError> {
    let listener = match args.bind {
        Some(addr) => examples::listen_at(addr)?,
        None => examples::listen()?,
    };
    let app = Mount::new()
        .at("/moved", view(async |_| "moved to Rust\n"))
        .fallback(args.upstream)
        .access_log();
    Ok(args.stack.serve(listener, app)?)
}

fn main() -> ExitCode {
    let complain = |code: u8, message: &str| {
        let _ = writeln!(io::stderr(), "proxy: {message}");
        ExitCode::from(code)
    };
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            // Nothing can be done about a closed standard output.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        // Clap says more on further lines; one is enough here.
        Err(error) => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            return complain(2, line.strip_prefix("error: ").unwrap_or(line));
        }
    };
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &error.to_string()),
    }
}
