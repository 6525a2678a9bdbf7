//! Runs a future that may hang on a thread of its own, with a limit.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::quiet::silence_cases_on_this_thread;

/// Runs the future on its own thread and runtime, and gives it up after the limit.
///
/// A future whose poll never returns cannot be stopped. Its thread is then left behind, and
/// ends with the process.
///
/// # Errors
///
/// One line for a person: the limit has passed, or the system has no thread or runtime.
pub(crate) async fn run<F>(name: &str, limit: Duration, future: F) -> Result<F::Output, String>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let on_thread = move || {
        silence_cases_on_this_thread();
        let _ = sender.send(block_on(future));
    };
    let spawned = thread::Builder::new()
        .name(name.to_owned())
        .spawn(on_thread);
    spawned.map_err(|error| format!("no thread to run it on: {error}"))?;
    match tokio::time::timeout(limit, receiver).await {
        Ok(Ok(outcome)) => outcome.map_err(|error| format!("no runtime to run it on: {error}")),
        Ok(Err(_)) => Err("a panic on the client's side".to_owned()),
        Err(_) => Err(format!(
            "given up after {limit:?}: the app neither ended nor waited, and its thread was left behind"
        )),
    }
}

fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(future);
    // A blocking task that hangs must not hold this thread.
    runtime.shutdown_background();
    Ok(outcome)
}
