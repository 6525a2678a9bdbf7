//! `cargo run -p examples --features cgi --bin php -- --socket PATH --root DIR`: php-fpm below a Rust router.
//!
//! The PHP application at DIR is at /php, on any stack; what is beside it is Rust's.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use adapter_cgi::FastCgiClient;
use clap::Parser;
use clap::error::ErrorKind;
use examples::Stack;
use gateway_core::{App, BoxError, view};
use gateway_util::{MiddlewareExt, Mount};

/// Serves a PHP application, which php-fpm runs, below a router.
#[derive(Debug, Parser)]
#[command(name = "php", version)]
struct Args {
    /// The Unix socket that php-fpm listens on
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// The directory of the PHP application, as php-fpm sees it
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The server to run on: hyper, actix or tower
    #[arg(long, default_value = "hyper")]
    stack: Stack,
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1 with the port in PORT, or 8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<SocketAddr>,
}

fn site(args: &Args) -> impl App + use<> {
    Mount::new()
        .at("/php", FastCgiClient::unix(&args.socket).root(&args.root))
        .fallback(view(async |_| "a PHP application is at /php\n"))
        .access_log()
}

fn serve(args: &Args) -> Result<(), BoxError> {
    let listener = match args.bind {
        Some(addr) => examples::listen_at(addr)?,
        None => examples::listen()?,
    };
    Ok(args.stack.serve(listener, site(args))?)
}

fn main() -> ExitCode {
    let complain = |code: u8, message: &str| {
        let _ = writeln!(io::stderr(), "php: {message}");
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
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &error.to_string()),
    }
}
