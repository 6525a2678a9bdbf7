//! A server at work: from its app's startup to its shutdown.

use std::io;
use std::pin::pin;

use gateway_core::{App, Error, Outcome, RequestSummary, lifespan};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::Server;
use super::connection::Protocols;
use super::cutting::BeginCutting;
use crate::service::HyperService;

impl Server {
    pub(super) async fn run<A: App>(
        self,
        service: HyperService<A>,
        stop: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let service = match self.observer {
            Some(observer) => {
                service.with_observer(move |request: &RequestSummary, outcome: &Outcome| {
                    observer.observe(request, outcome);
                })
            }
            None => service,
        };
        let (mut stop, mut cut) = (pin!(stop), pin!(cut));
        let app = service.gateway().app();
        tokio::select! {
            biased;
            () = &mut stop => return Ok(()),
            started = lifespan::start(app) => started.map_err(of_app)?,
        }
        let protocols = Protocols::new(self.limits);
        let (ending, told) = watch::channel(false);
        let mut tasks = JoinSet::new();
        // Dropped before the tasks, which end when they are dropped.
        let cutting = BeginCutting::new(service.gateway());
        let serve = |(transport, connection)| {
            let service = service.with_connection(connection);
            protocols.serve(transport, service, told.clone())
        };
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = tasks.join_next() => log_panic(ended),
                accepted = self.listener.accept(), if tasks.len() < self.max_connections => {
                    tasks.spawn(serve(accepted));
                }
            }
        }
        for waiting in self.listener.into_waiting() {
            tasks.spawn(serve(waiting));
        }
        tracing::info!(target: "gateway", connections = tasks.len(), "shutting down");
        // U12: before the connections are told, so that a farewell goes out.
        service.gateway().shutdown_signal().begin();
        // Every task has a receiver.
        let _ = ending.send(true);
        let drained = async {
            while let Some(ended) = tasks.join_next().await {
                log_panic(ended);
            }
        };
        let mut deadline = pin!(sleep(self.shutdown_deadline));
        let is_drained = tokio::select! {
            () = drained => true,
            () = &mut deadline => false,
            () = &mut cut => false,
        };
        if is_drained {
            cutting.never();
        } else {
            // Those that have ended are not cut.
            while let Some(ended) = tasks.try_join_next() {
                log_panic(ended);
            }
            tracing::warn!(target: "gateway", clause = "L4", connections = tasks.len(), "cutting");
            drop(cutting);
            tasks.shutdown().await;
        }
        // Tunnels are tasks of their own. Each has a receiver until it is dropped.
        drop(told);
        ending.closed().await;
        tokio::select! {
            // Also behind the deadline the app has one turn.
            biased;
            stopped = lifespan::stop(app) => stopped.map_err(of_app),
            () = &mut deadline => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the app's shutdown has not ended by the deadline",
            )),
        }
    }
}

/// The app's own error.
fn of_app(error: Error) -> io::Error {
    io::Error::other(error.into_boxed())
}

/// B9: a connection that panics is one connection less.
pub(super) fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "gateway", clause = "B9", "a connection panicked: {error}");
    }
}
