//! `Runner`: runs a server from its app's startup to its shutdown.

use std::io;
use std::pin::pin;
use std::time::Duration;

use gateway_core::{App, Connection, Error, Gateway, lifespan};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::cutting::BeginCutting;
use crate::ending::{Ending, Phase};
use crate::listener::Listener;
use crate::worker::Worker;

const MAX_CONNECTIONS: usize = 10_000;
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// Runs a server: startup of the app, connections, a graceful end, shutdown of the app.
///
/// Each connection is a task. Its panic ends that connection only (B9).
///
/// By default the server runs on the runtime that it is called in. With [`workers`](Self::workers) it
/// accepts and serves on threads with a current-thread runtime each; the app's startup and shutdown still run once,
/// on the caller's runtime. A worker that panics is one less; its connections are gone.
#[derive(Debug)]
#[must_use = "a runner does nothing until it runs"]
pub struct Runner<L> {
    listener: L,
    max_connections: usize,
    workers: usize,
    shutdown_deadline: Duration,
}

impl<L: Listener> Runner<L> {
    /// A runner with 10 000 connections, no workers, and 30 seconds for the shutdown.
    pub fn new(listener: L) -> Self {
        Self {
            listener,
            max_connections: MAX_CONNECTIONS,
            workers: 0,
            shutdown_deadline: SHUTDOWN_DEADLINE,
        }
    }

    /// Limits the connections open at a time; further ones wait in the listener's queue. At least 1. Each
    /// worker has an equal part of it, rounded up.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Serves on this many threads, each with a runtime of its own; 0, the default, is the caller's
    /// runtime. The listener must be one that can be shared, see [`Listener::share`].
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Limits how long exchanges in flight, and then the app's shutdown, may take after the server was
    /// told to end.
    pub fn shutdown_deadline(mut self, deadline: Duration) -> Self {
        self.shutdown_deadline = deadline;
        self
    }

    /// The listener.
    pub fn listener(&self) -> &L {
        &self.listener
    }

    /// Runs the server with `serve` for each connection, until `stop` resolves. What is in flight
    /// then may end within the deadline, or until `cut` resolves; the rest is dropped (L4). Connections
    /// that wait in the listener's queue are accepted, even beyond the limit, and told the end at once.
    ///
    /// The app is started before the first connection is accepted, and shut down when the last
    /// [`Ending`] was dropped (L9, L10). A server that is told to end during the startup drops it.
    /// When the future is dropped, the connections are cut, and the app is not shut down.
    ///
    /// # Errors
    ///
    /// - `Unsupported` if the listener cannot be shared by the workers, or what the system says if it cannot
    ///   make their threads. The app was not started.
    /// - The error of the app's startup or shutdown.
    /// - `TimedOut` if the app's shutdown has not ended by the deadline.
    /// - If every worker has panicked.
    ///
    /// Errors of connections, and of accepting them, are logged.
    pub async fn run<A, F, Fut>(
        self,
        gateway: &Gateway<A>,
        serve: F,
        stop: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) -> io::Result<()>
    where
        A: App,
        F: Fn(L::Stream, Connection, Ending) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (phase, receiver) = watch::channel(Phase::Starting);
        // When it is gone, the workers' runtimes end.
        let (_release, released) = watch::channel(());
        let mut listeners = Vec::new();
        for _ in 1..self.workers {
            listeners.push(self.listener.share()?);
        }
        listeners.push(self.listener);
        let max_connections = self.max_connections.div_ceil(listeners.len());
        let mut workers = listeners.into_iter().map(|listener| Worker {
            listener,
            max_connections,
            serve: serve.clone(),
            phase: receiver.clone(),
        });
        let here = match self.workers {
            0 => workers.next(),
            _ => {
                let mut built = Vec::new();
                for (number, worker) in workers.by_ref().enumerate() {
                    built.push(worker.spawn(format!("gateway-{number}"), released.clone())?);
                }
                for is_built in built {
                    is_built.await.map_err(io::Error::other)??;
                }
                None
            }
        };
        drop(workers);
        drop((receiver, released, serve));
        let here = async {
            if let Some(worker) = here {
                worker.run().await;
            }
            std::future::pending().await
        };
        // Dropped behind `control`, so that what is dropped with it counts as cut.
        let mut here = pin!(here);
        let control = control(gateway, phase, self.shutdown_deadline, stop, cut);
        tokio::select! {
            biased;
            ran = control => ran,
            () = &mut here => Ok(()),
        }
    }
}

/// Leads the workers through the phases of the server.
async fn control<A: App>(
    gateway: &Gateway<A>,
    phase: watch::Sender<Phase>,
    deadline: Duration,
    stop: impl Future<Output = ()>,
    cut: impl Future<Output = ()>,
) -> io::Result<()> {
    let (mut stop, mut cut) = (pin!(stop), pin!(cut));
    let app = gateway.app();
    tokio::select! {
        biased;
        () = &mut stop => return Ok(()),
        started = lifespan::start(app) => started.map_err(of_app)?,
    }
    phase.send_replace(Phase::Serving);
    let cutting = BeginCutting::new(gateway);
    let is_lost = tokio::select! {
        biased;
        () = &mut stop => false,
        // Each worker has a receiver.
        () = phase.closed() => true,
    };
    // U12: before the connections are told, so that the last messages are sent.
    gateway.shutdown_signal().begin();
    phase.send_replace(Phase::Ending);
    let mut deadline = pin!(sleep(deadline));
    // Every connection and every tunnel has a receiver.
    let is_drained = tokio::select! {
        () = phase.closed() => true,
        () = &mut deadline => false,
        () = &mut cut => false,
    };
    if is_drained {
        cutting.never();
    } else {
        drop(cutting);
        phase.send_replace(Phase::Cutting);
        phase.closed().await;
    }
    let stopped = tokio::select! {
        // Even after the deadline, the app gets one poll.
        biased;
        stopped = lifespan::stop(app) => stopped.map_err(of_app),
        () = &mut deadline => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the app's shutdown has not ended by the deadline",
        )),
    };
    match is_lost {
        true => stopped.and(Err(io::Error::other("every worker has panicked"))),
        false => stopped,
    }
}

/// The app's own error.
fn of_app(error: Error) -> io::Error {
    io::Error::other(error.into_boxed())
}
