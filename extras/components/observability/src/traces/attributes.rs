//! `Attributes`: what the semantic conventions recommend, and `Spans` does not record.

use gateway_core::{App, Body, Environ, Error, StartResponse};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The target of the span of `gateway_util::Spans`.
const TARGET: &str = "gateway_util::spans";

/// Adds attributes to the span of the request.
#[derive(Debug, Clone)]
pub(super) struct Attributes<A>(pub(super) A);

impl<A: App> App for Attributes<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let span = Span::current();
        // Another span is the current one where nobody wants that of the request.
        if span.metadata().is_some_and(|span| span.target() == TARGET) {
            record(&span, &environ);
        }
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}

fn record(span: &Span, environ: &Environ) {
    span.set_attribute("server.address", environ.server_name().into_owned());
    span.set_attribute("server.port", i64::from(environ.server_port()));
    if let Some(peer) = environ.connection().peer_addr() {
        span.set_attribute("network.peer.address", peer.ip().to_string());
        span.set_attribute("network.peer.port", i64::from(peer.port()));
    }
    if let Some(agent) = environ.header("user-agent") {
        span.set_attribute("user_agent.original", agent.to_string());
    }
}
