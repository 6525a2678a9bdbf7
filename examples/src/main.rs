//! `cargo run --release -p examples`: serves the showcase at <http://127.0.0.1:8000>.

mod cli;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use cli::{Cli, Stack};

/// What ends the program: one line on standard error, and an exit code.
type Failure = (u8, String);

fn main() -> ExitCode {
    let cli = match Cli::from_args() {
        Ok(cli) => cli,
        Err(end) => return end,
    };
    log_to_stderr();
    let served = match cli.stack {
        Stack::Hyper => on_hyper(cli.addr),
        Stack::Actix | Stack::Tower => {
            Err((2, format!("the stack {} is not built yet", cli.stack)))
        }
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => cli::complain(code, &message),
    }
}

fn on_hyper(addr: SocketAddr) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| failed("start", &error))?;
    runtime.block_on(async {
        let server = adapter_hyper::Server::bind(addr)
            .await
            .map_err(|error| failed(&format!("listen on {addr}"), &error))?;
        announce(server.local_addr().unwrap_or(addr));
        let served = server.serve(examples::site()).await;
        served.map_err(|error| failed("go on serving", &error))
    })
}

fn failed(what: &str, error: &io::Error) -> Failure {
    (1, format!("could not {what}: {error}"))
}

/// Tells whoever started the program that it accepts connections, and where.
fn announce(addr: SocketAddr) {
    let mut out = io::stdout().lock();
    // Served all the same when nobody reads it.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}

/// Requests and errors by default; `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
