//! Accepts connections and runs each as a task: one worker of a server.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use gateway_core::Connection;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinSet};

use crate::acceptor::Acceptor;
use crate::ending::{Ending, Phase};
use crate::listener::Listener;

/// What a worker needs.
pub(crate) struct Worker<L, F> {
    pub(crate) listener: L,
    pub(crate) max_connections: usize,
    pub(crate) serve: F,
    pub(crate) phase: watch::Receiver<Phase>,
}

impl<L, F, Fut> Worker<L, F>
where
    L: Listener,
    F: Fn(L::Stream, Connection, Ending) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    /// Serves from the phase `Serving` on, until its connections have ended or are cut. When the
    /// server's future was dropped, they are cut at once.
    pub(crate) async fn run(mut self) {
        if wait_for(&mut self.phase, Phase::Serving).await.is_err() {
            return;
        }
        let mut tasks = JoinSet::new();
        let mut acceptor = Acceptor::new(self.listener);
        let ending = Ending::new(self.phase.clone());
        let serve = |(stream, connection)| (self.serve)(stream, connection, ending.clone());
        loop {
            tokio::select! {
                biased;
                waited = wait_for(&mut self.phase, Phase::Ending) => match waited {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Some(ended) = tasks.join_next() => log_panic(ended),
                accepted = acceptor.accept(), if tasks.len() < self.max_connections => {
                    tasks.spawn(serve(accepted));
                }
            }
        }
        for waiting in acceptor.into_waiting() {
            tasks.spawn(serve(waiting));
        }
        tracing::info!(target: "gateway", connections = tasks.len(), "shutting down");
        tokio::select! {
            biased;
            () = join(&mut tasks) => {}
            _ = wait_for(&mut self.phase, Phase::Cutting) => {
                // Tasks that have ended are not cut.
                while let Some(ended) = tasks.try_join_next() {
                    log_panic(ended);
                }
                tracing::warn!(target: "gateway", clause = "L4", connections = tasks.len(), "cutting");
                tasks.shutdown().await;
            }
        }
    }

    /// Runs on a thread and a runtime of its own. The runtime lives until the sender of `released` is
    /// gone: what an app has spawned on it may be needed in its shutdown.
    ///
    /// # Errors
    ///
    /// The returned channel says whether there is a runtime.
    pub(crate) fn spawn(
        self,
        name: String,
        mut released: watch::Receiver<()>,
    ) -> io::Result<oneshot::Receiver<io::Result<()>>>
    where
        F: 'static,
    {
        let (built, is_built) = oneshot::channel();
        thread::Builder::new().name(name).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = built.send(Err(error));
                    return;
                }
            };
            let _ = built.send(Ok(()));
            let ran = catch_unwind(AssertUnwindSafe(|| {
                runtime.block_on(async move {
                    self.run().await;
                    // An error: the sender is gone.
                    let _ = released.changed().await;
                });
            }));
            if ran.is_err() {
                tracing::error!(target: "gateway", clause = "B9", "a worker panicked; the others go on");
            }
            // A blocking task that nobody waits for must not hold the end up.
            runtime.shutdown_background();
        })?;
        Ok(is_built)
    }
}

/// Waits until the server is in a phase or beyond it.
///
/// # Errors
///
/// When the server's future was dropped.
async fn wait_for(
    phase: &mut watch::Receiver<Phase>,
    least: Phase,
) -> Result<(), watch::error::RecvError> {
    phase.wait_for(|phase| *phase >= least).await.map(|_| ())
}

async fn join(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        log_panic(ended);
    }
}

/// Logs that a task of a connection has panicked (B9). It ends that connection only.
pub fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "gateway", clause = "B9", "a connection panicked: {error}");
    }
}
