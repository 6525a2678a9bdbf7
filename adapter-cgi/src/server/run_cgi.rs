//! This process as a CGI program.

use std::process::ExitCode;

use gateway_core::{App, lifespan};

use crate::service::CgiService;

/// True if this process was started as a CGI program: its environment has `GATEWAY_INTERFACE`
/// (RFC 3875 section 4.1.4).
#[must_use]
pub fn is_cgi() -> bool {
    std::env::var_os("GATEWAY_INTERFACE").is_some()
}

/// Answers the one request of this process, a CGI program: from its environment and standard input, to
/// its standard output. The exit code says whether the response was written whole. The app is started
/// before and shut down after (L9, L10); where it cannot be started, nothing is written, and the front end
/// answers with an error of its own.
///
/// It makes a runtime of its own, of one thread, and must not be called within another. The standard
/// output is the response's: what the app logs goes to the standard error, which is the front end's log.
///
/// # Examples
///
/// ```no_run
/// use adapter_cgi::{CgiService, FrontEnd, run_cgi};
/// use gateway_core::view;
///
/// fn main() -> std::process::ExitCode {
///     let service = CgiService::new(view(async |_| "Hello, World!"));
///     run_cgi(&service.front_end(FrontEnd::Apache))
/// }
/// ```
pub fn run_cgi<A: App>(service: &CgiService<A>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(target: "gateway", "cannot make a runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
    let served = runtime.block_on(lifespan::run(
        service.gateway().app(),
        service.serve_cgi(std::env::vars_os(), input, output),
    ));
    // A read of the standard input that nobody waits for must not hold the end up.
    runtime.shutdown_background();
    match served {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            tracing::debug!(target: "gateway", clause = "B8", "{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!(target: "gateway", clause = "L9", "the app cannot start or stop: {error:?}");
            ExitCode::FAILURE
        }
    }
}
