//! `cargo run -p examples --features proxy --bin proxy -- --upstream http://127.0.0.1:9000`: a server in front of an old one.
//!
//! What has moved is a route here, the rest is the upstream's: the first day of a migration.

use std::process::ExitCode;

use clap::Parser;
use examples::arguments::{Serving, run};
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
    #[command(flatten)]
    serving: Serving,
}

fn serve(args: Args) -> Result<(), BoxError> {
    let app = Mount::new()
        .at("/moved", view(async |_| "moved to Rust\n"))
        .fallback(args.upstream)
        .access_log();
    args.serving.serve(app)
}

fn main() -> ExitCode {
    run(serve)
}
