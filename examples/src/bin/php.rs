//! `cargo run -p examples --features cgi --bin php -- --socket PATH --root DIR`: php-fpm below a Rust router.
//!
//! The PHP application at DIR is at /php, on any stack; what is beside it is Rust's.

use std::path::PathBuf;
use std::process::ExitCode;

use adapter_cgi::FastCgiClient;
use clap::Parser;
use examples::arguments::{Serving, run};
use gateway_core::{BoxError, view};
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
    #[command(flatten)]
    serving: Serving,
}

fn serve(args: Args) -> Result<(), BoxError> {
    let php = FastCgiClient::unix(args.socket).root(args.root);
    let site = Mount::new()
        .at("/php", php)
        .fallback(view(async |_| "a PHP application is at /php\n"))
        .access_log();
    args.serving.serve(site)
}

fn main() -> ExitCode {
    run(serve)
}
