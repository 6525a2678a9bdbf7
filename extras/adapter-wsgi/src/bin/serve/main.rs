//! `cargo run --release --bin serve -- MODULE:CALLABLE`: serves a WSGI callable.

mod args;
mod stack;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use adapter_wsgi::{Wsgi, look_in};
use pyo3::prelude::*;
use tracing_subscriber::EnvFilter;

use args::Args;

/// How long calls may go on after the server has ended: their `close()`, most often.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// What ends the program: an exit code, and one line on standard error.
type Failure = (u8, String);

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
    // As `python -m` does.
    std::env::current_dir()
        .map_err(PyErr::from)
        .and_then(look_in)
        .map_err(|error| (1, format!("could not look in the current folder: {error}")))?;
    let app = Wsgi::import(&args.callable).map_err(|error| {
        if let Some(traceback) = error.source() {
            let _ = writeln!(io::stderr(), "{traceback}");
        }
        (if error.is_raised() { 1 } else { 2 }, error.to_string())
    })?;
    let app = app.threads(args.threads).queue(args.queue);
    let listener = TcpListener::bind(args.bind)
        .map_err(|error| (1, format!("could not listen on {}: {error}", args.bind)))?;
    announce(&listener, args);
    let served = args.stack.serve(listener, app.clone());
    if !app.close(LAST_CALLS) {
        tracing::warn!(target: "gateway", clause = "L4", "calls are cut");
    }
    end_of_python();
    served.map_err(|error| (1, format!("could not go on serving: {error}")))
}

/// Tells whoever started the program that it accepts connections, and where.
fn announce(listener: &TcpListener, args: &Args) {
    let addr = listener.local_addr().unwrap_or(args.bind);
    let mut out = io::stdout().lock();
    // Served all the same when nobody reads it.
    let _ = writeln!(out, "listening on http://{addr}").and_then(|()| out.flush());
}

/// What CPython does when it ends: functions that were registered with `atexit`, and what `print` has
/// not yet written.
fn end_of_python() {
    let ended = Python::attach(|py| {
        py.import("atexit")?.call_method0("_run_exitfuncs")?;
        py.import("sys")?.getattr("stdout")?.call_method0("flush")?;
        PyResult::Ok(())
    });
    if let Err(error) = ended {
        tracing::warn!(target: "gateway", "at the end of Python: {error}");
    }
}

fn complain((code, message): Failure) -> ExitCode {
    let _ = writeln!(io::stderr(), "serve: {message}");
    ExitCode::from(code)
}

/// What goes wrong, by default; `RUST_LOG` says otherwise. A body's error is in the gateway's log
/// already, with its rule: actix-http need not say it again.
const LOGGED: &str = "info,actix_http=off,actix_server=warn";

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
