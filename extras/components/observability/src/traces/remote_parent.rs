//! `RemoteParent`: makes the span that a request names the parent of those inside.

use gateway_core::{App, Body, Environ, Error, StartResponse};
use opentelemetry::context::FutureExt as _;
use opentelemetry::global::get_text_map_propagator;
use opentelemetry_http::HeaderExtractor;

/// Calls the app in the context that the headers of the request name.
///
/// It is outside of the span, and does not set the parent of a span that is there:
/// `tracing-opentelemetry` refuses that for a span that was entered.
#[derive(Debug, Clone)]
pub(super) struct RemoteParent<A>(pub(super) A);

impl<A: App> App for RemoteParent<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let headers = HeaderExtractor(environ.headers());
        let context = get_text_map_propagator(|propagator| propagator.extract(&headers));
        let call = self.0.call(environ, start_response);
        call.with_context(context).await
    }

    gateway_core::forward_lifespan!(0);
}
