//! `Spans`: runs each request in a `tracing` span.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{App, Body, Environ, Error, Observer, Outcome, RequestSummary, StartResponse};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::semantic::{KNOWN_METHODS, OTHER, error_type, protocol_version};

/// Runs each request in a span of `tracing`. Made by
/// [`MiddlewareExt::spans`](crate::MiddlewareExt::spans).
///
/// The span has everything that the app logs while it is called, and while its body is asked for
/// chunks. It also has the line of the gateway that says why the app failed, or why its response was
/// aborted. It ends with the exchange, however that ends. It has the target `gateway_util::spans` and
/// the level INFO. If no subscriber wants it, the request passes as it is.
///
/// # Fields
///
/// Those of OpenTelemetry's semantic conventions for HTTP servers, so that `tracing-opentelemetry`
/// exports them as they are:
///
/// - from the beginning: `otel.name` (the method), `otel.kind` (`server`), `http.request.method`,
///   `http.request.method_original` (of a method that the conventions do not know), `url.scheme`,
///   `url.path`, `network.protocol.version`, and `client.address`, if there is one;
/// - `url.query`, only if it is [asked for](Self::query): it may hold secrets;
/// - at the end: `http.response.status_code`, if there was a response; `http.response.body.size`;
///   `ended` (one of the names of [`Ended::as_str`](gateway_core::Ended::as_str)); and of an error
///   `error.type` (the clause of SPEC.md that explains the end, else how the exchange ended, else a status
///   from 500 on) and `otel.status_code`.
///
/// A refused request reaches no middleware and has no span. The parent is the current span. For the
/// parent that a client names in its `traceparent`, a middleware outside of this one calls the app in
/// that context of OpenTelemetry. Inside it is too late, because the span was entered.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Gateway, Input, view};
/// use gateway_util::MiddlewareExt;
///
/// tracing_subscriber::fmt().init();
/// let app = view(async |_| {
///     let span = tracing::Span::current();
///     span.metadata().map_or("none", |span| span.name())
/// });
/// let gateway = Gateway::new(app.spans());
/// let (parts, ()) = http::Request::get("/").body(())?.into_parts();
/// let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
/// let body = gateway_core::Body::new(response.into_body());
/// assert_eq!(body.bytes().await?, "HTTP request");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "TraceLayer")]
#[doc(alias = "opentelemetry")]
#[derive(Debug, Clone)]
pub struct Spans<A> {
    app: A,
    has_query: bool,
}

impl<A> Spans<A> {
    /// Runs the requests to an app in spans.
    pub fn new(app: A) -> Self {
        Self {
            app,
            has_query: false,
        }
    }

    /// Records the query, too. It may hold secrets, such as tokens, names and search terms.
    #[must_use]
    #[doc(alias = "with_query")]
    pub fn query(mut self) -> Self {
        self.has_query = true;
        self
    }

    fn span(&self, environ: &Environ) -> Span {
        let sent = environ.request_method().as_str();
        let method = KNOWN_METHODS.into_iter().find(|known| *known == sent);
        let target = environ.request_uri();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*target, None),
        };
        tracing::info_span!(
            target: "gateway_util::spans",
            "HTTP request",
            otel.name = method.unwrap_or("HTTP"),
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method.unwrap_or(OTHER),
            http.request.method_original = method.is_none().then_some(sent),
            http.response.status_code = Empty,
            http.response.body.size = Empty,
            url.scheme = environ.scheme().as_str(),
            url.path = path,
            url.query = query.filter(|_| self.has_query),
            client.address = environ.remote_addr().map(tracing::field::display),
            network.protocol.version = protocol_version(environ.version()),
            error.type = Empty,
            ended = Empty,
        )
    }
}

impl<A: App> App for Spans<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let span = self.span(&environ);
        if span.is_disabled() {
            return self.app.call(environ, start_response).await;
        }
        environ.observe(Arc::new(AtTheEnd(span.clone())));
        let call = self.app.call(environ, start_response);
        let body = call.instrument(span.clone()).await?;
        // No code of the app runs while bytes in memory are sent.
        if body.buffered().is_some() {
            return Ok(body);
        }
        Ok(body.wrap(|body| Spanned { body, span }))
    }

    gateway_core::forward_lifespan!(app);
}

/// Keeps the span open until the exchange is over, and records how it ended.
struct AtTheEnd(Span);

impl Observer for AtTheEnd {
    fn observe(&self, _: &RequestSummary, outcome: &Outcome) {
        let span = &self.0;
        let status = outcome.status();
        if let Some(status) = status {
            span.record("http.response.status_code", status.as_u16());
        }
        span.record("http.response.body.size", outcome.body_bytes());
        span.record("ended", outcome.ended().as_str());
        let failed = status.filter(|status| status.is_server_error());
        let error = error_type(outcome).or(failed.as_ref().map(|status| status.as_str()));
        if let Some(error) = error {
            span.record("error.type", error);
            span.record("otel.status_code", "ERROR");
        }
    }

    fn in_scope(&self, log: &mut dyn FnMut()) {
        self.0.in_scope(log);
    }
}

/// A body that is polled and closed in its span.
struct Spanned {
    body: Body,
    span: Span,
}

impl HttpBody for Spanned {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { body, span } = self.get_mut();
        let _entered = span.enter();
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Spanned {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        drop(std::mem::take(&mut self.body));
    }
}
