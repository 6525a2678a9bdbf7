//! Serves an app, until a signal or a future ends the server.

use std::future::pending;
use std::io;
use std::sync::Arc;

use gateway_core::{App, Connection, Outcome, RequestSummary};
use gateway_server::{Ending, Listener, signals};

use super::Server;
use super::connection::Protocols;
use crate::service::HyperService;

impl<L: Listener> Server<L> {
    /// Serves the app until SIGTERM or Ctrl-C. A second signal cuts what is still in flight.
    ///
    /// # Errors
    ///
    /// When the process cannot listen for signals; and as [`serve_until`](Self::serve_until).
    pub async fn serve<A: App>(self, app: A) -> io::Result<()> {
        self.serve_service(HyperService::new(app)).await
    }

    /// As [`serve`](Self::serve), for a service: one with a gateway of its own
    /// ([`HyperService::from_gateway`]), or one that fills the environ ([`HyperService::with`]).
    /// The server replaces what the service knows of a connection.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_service<A: App>(self, service: HyperService<A>) -> io::Result<()> {
        let (first, second) = signals()?;
        self.run(service, first, second).await
    }

    /// Serves the app until `signal` resolves.
    ///
    /// # Errors
    ///
    /// The error of the app's startup or shutdown; `TimedOut` if its shutdown has not ended by the deadline;
    /// with [`workers`](Self::workers), `Unsupported` if the listener cannot be shared, and an error if no
    /// worker is left. Errors of connections, and of accepting them, are logged.
    pub async fn serve_until<A: App>(
        self,
        app: A,
        signal: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.serve_service_until(HyperService::new(app), signal)
            .await
    }

    /// As [`serve_until`](Self::serve_until), for a service.
    ///
    /// # Errors
    ///
    /// As [`serve_until`](Self::serve_until).
    pub async fn serve_service_until<A: App>(
        self,
        service: HyperService<A>,
        signal: impl Future<Output = ()>,
    ) -> io::Result<()> {
        self.run(service, signal, pending()).await
    }

    async fn run<A: App>(
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
        let gateway = service.gateway().clone();
        let (limits, handshake) = (self.limits, self.handshake);
        let protocols = Arc::new(Protocols::new(limits));
        let serve = move |stream: L::Stream, connection: Connection, mut ending: Ending| {
            let (protocols, service) = (protocols.clone(), service.clone());
            let handshake = handshake.clone();
            async move {
                let guard = Some(ending.clone());
                let Some(handshake) = handshake else {
                    let service = service.with_connection(connection);
                    let ending = async move { ending.begun().await };
                    return protocols.serve(stream, service, ending, guard).await;
                };
                // In a box, because few servers have one.
                let shaken = Box::pin(async move {
                    let timeout = limits.header_read_timeout;
                    let shaken = handshake.run(stream, connection, timeout, &mut ending);
                    let Some((stream, connection)) = shaken.await else {
                        return;
                    };
                    let service = service.with_connection(connection);
                    let ending = async move { ending.begun().await };
                    protocols.serve(stream, service, ending, guard).await;
                });
                shaken.await;
            }
        };
        self.runner.run(&gateway, serve, stop, cut).await
    }
}
