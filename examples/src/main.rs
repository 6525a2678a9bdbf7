//! `cargo run --release -p examples`: serves the showcase at <http://127.0.0.1:8000>.

mod cli;

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use cli::Cli;

/// Why the program ends: one line on standard error, and an exit code.
type Failure = (u8, String);

fn main() -> ExitCode {
    let cli = match Cli::from_args() {
        Ok(cli) => cli,
        Err(end) => return end,
    };
    log_to_stderr();
    match serve(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => cli::complain(code, &message),
    }
}

fn serve(cli: &Cli) -> Result<(), Failure> {
    let listener = match examples::passed() {
        Ok(Some(listener)) => listener,
        Ok(None) => listen(cli.addr)?,
        Err(error) => return Err(failed("take the socket that was passed", &error)),
    };
    let served = cli.stack.serve(listener, examples::site_on(cli.stack));
    served.map_err(|error| failed("go on serving", &error))
}

fn listen(addr: SocketAddr) -> Result<TcpListener, Failure> {
    examples::listen_at(addr).map_err(|error| failed(&format!("listen on {addr}"), &error))
}

fn failed(what: &str, error: &io::Error) -> Failure {
    (1, format!("could not {what}: {error}"))
}

/// Requests and errors by default; `RUST_LOG` says otherwise.
///
/// Without those of actix-http: an error of a body is in the gateway's log already, with its
/// clause, and a client that leaves is not an error (L3).
const LOGGED: &str = "info,actix_http=off,actix_server=warn";

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
