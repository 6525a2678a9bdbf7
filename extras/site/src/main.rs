//! `cargo run --release -- --data DIR`: serves Postcards at <http://127.0.0.1:8000>.

mod args;

use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::process::ExitCode;

use gateway_core::BoxError;
use site::State;
use tracing_subscriber::EnvFilter;

use args::Args;

/// What ends the program: an exit code, and one line on standard error.
type Failure = (u8, String);

/// Requests and errors by default; `RUST_LOG` says otherwise. What actix-http logs of a connection is in
/// the gateway's log already.
const LOGGED: &str = "info,actix_http=off,actix_server=warn";

fn main() -> ExitCode {
    match Args::read() {
        Ok(Some(args)) => match run(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => complain(failure),
        },
        // Help was printed.
        Ok(None) => ExitCode::SUCCESS,
        Err(message) => complain((2, message)),
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    log_to_stderr();
    let state = State::open(&args.data)
        .map_err(|error| failed(&format!("open {}", args.data.display()), &error))?;
    let listener = TcpListener::bind(args.bind)
        .map_err(|error| failed(&format!("listen on {}", args.bind), &error.into()))?;
    announce(&listener, args);
    // Two types of app: what is around the routes differs.
    let served = if args.behind_a_proxy {
        let app = site::site_behind_a_proxy(state);
        app.and_then(|app| Ok(args.stack.serve(listener, app)?))
    } else {
        let app = site::site(state);
        app.and_then(|app| Ok(args.stack.serve(listener, app)?))
    };
    served.map_err(|error| failed("go on serving", &error))
}

fn failed(what: &str, error: &BoxError) -> Failure {
    (1, format!("could not {what}: {error}"))
}

/// Tells the user or script that started the program that it accepts connections, and where.
fn announce(listener: &TcpListener, args: &Args) {
    let addr = listener.local_addr().unwrap_or(args.bind);
    let mut out = io::stdout().lock();
    // The server runs on even if nobody reads this.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}

fn complain((code, message): Failure) -> ExitCode {
    let _ = writeln!(io::stderr(), "site: {message}");
    ExitCode::from(code)
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
