//! `Traces`: a middleware that runs each request in a span for OpenTelemetry.

mod attributes;
mod remote_parent;

use gateway_core::{App, Body, Environ, Error, StartResponse};
use gateway_util::Spans;

use attributes::Attributes;
use remote_parent::RemoteParent;

/// Runs each request to an app in a span that `tracing-opentelemetry` exports.
///
/// It is [`Spans`] of `gateway-util`, which knows nothing of OpenTelemetry, between two small
/// middlewares that do.
///
/// # Contract
///
/// - The span has the fields of [`Spans`], which are those of the semantic conventions for HTTP
///   servers, and `server.address`, `server.port`, `network.peer.address`, `network.peer.port` and
///   `user_agent.original`, where they are known.
/// - Its parent is the span that the request names, as the global propagator reads it: with
///   `TraceContextPropagator` of `opentelemetry_sdk`, in `traceparent`. Without a propagator, or
///   without such a header, the parent is the current span. Any client can send the header: where
///   its traces are not to be believed, a middleware outside removes it.
/// - The span is the current one, of `tracing` and of OpenTelemetry, whenever code of the app runs
///   for the request: in the call and in the body. It ends with the exchange, and says how that
///   ended: a response that was aborted and a client that has left are errors of the span.
/// - If no subscriber wants the span, the request passes as it is.
///
/// It changes no response (M1). Export is the program's to set up: `tracing_opentelemetry::layer()`
/// on a subscriber, with a tracer of any exporter.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use gateway_core::{Gateway, Input, view};
/// use gateway_observability::Traces;
/// use opentelemetry::trace::TracerProvider;
/// use opentelemetry_sdk::propagation::TraceContextPropagator;
/// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let exporter = InMemorySpanExporter::default();
/// let provider = SdkTracerProvider::builder()
///     .with_simple_exporter(exporter.clone())
///     .build();
/// opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
/// let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("site"));
/// let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
///
/// let gateway = Gateway::new(Traces::new(view(async |_| "hello")));
/// let trace = "0af7651916cd43dd8448eb211c80319c";
/// let (parts, ()) = http::Request::get("/")
///     .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
///     .body(())?
///     .into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
///
/// let spans = exporter.get_finished_spans()?;
/// assert_eq!(spans[0].name, "GET");
/// assert_eq!(spans[0].span_context.trace_id().to_string(), trace);
/// # Ok::<(), gateway_core::BoxError>(())
/// # })?;
/// # Ok::<(), gateway_core::BoxError>(())
/// ```
#[doc(alias = "opentelemetry")]
#[derive(Debug, Clone)]
pub struct Traces<A> {
    app: RemoteParent<Spans<Attributes<A>>>,
}

impl<A> Traces<A> {
    /// Runs the requests to an app in spans.
    pub fn new(app: A) -> Self {
        let app = RemoteParent(Spans::new(Attributes(app)));
        Self { app }
    }

    /// Records the query as `url.query`, too. It may hold secrets.
    #[must_use]
    pub fn query(self) -> Self {
        let RemoteParent(spans) = self.app;
        let app = RemoteParent(spans.query());
        Self { app }
    }
}

impl<A: App> App for Traces<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}
