//! Numbers of each request.

mod series;

use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, Observer, Outcome, RequestSummary, StartResponse};
use metrics::Unit;

use series::{ACTIVE, BODY_SIZE, DURATION, Series};

/// Counts and times each request, for whatever recorder of the `metrics` facade is installed. Made
/// by [`MiddlewareExt::metrics`](crate::MiddlewareExt::metrics).
///
/// The names are those of OpenTelemetry's semantic conventions for HTTP:
///
/// | name | kind | what |
/// |---|---|---|
/// | `http.server.request.duration` | histogram, in seconds | from the call of this middleware to the end of the exchange; its count is the number of requests |
/// | `http.server.response.body.size` | histogram, in bytes | the bytes of the body that were handed to the host |
/// | `http.server.active_requests` | gauge | the requests in flight |
///
/// - The histograms have the labels `http.request.method`, `url.scheme`, `network.protocol.version`;
///   `http.response.status_code`, if a response was sent; and `error.type`, if there was an error: the
///   clause of SPEC.md that the app broke, else [`Ended::as_str`](gateway_core::Ended::as_str) of an
///   exchange that was not completed, else a status from 500 on. The gauge has the first two.
/// - A method that is not [known](Self::known_methods) is `_OTHER`. No label takes text from a client,
///   so the number of series is bounded. There is no path among them.
/// - A request costs no allocation once its series is known.
/// - The observer of a gateway ([`Metrics::observer`]) also hears of requests that are refused before
///   the app. It is told at the end only, so it has no gauge. A request that passes both is counted
///   twice: use one of them.
///
/// The recorder is asked anew for each request. What the metrics are is described to the recorder that
/// is installed when this is made.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Gateway, Input, view};
/// use gateway_util::MiddlewareExt;
/// use metrics_util::debugging::{DebugValue, DebuggingRecorder};
///
/// // In a program: the exporter that it uses.
/// let recorder = DebuggingRecorder::new();
/// let numbers = recorder.snapshotter();
/// let _ = recorder.install();
///
/// let gateway = Gateway::new(view(async |_| "hello").metrics());
/// let (parts, ()) = http::Request::get("/").body(())?.into_parts();
/// drop(gateway.handle(gateway.environ(parts, Input::empty())).await);
///
/// let numbers = numbers.snapshot().into_vec();
/// let size = numbers
///     .iter()
///     .find(|(key, ..)| key.key().name() == "http.server.response.body.size")
///     .map(|(_, _, _, value)| value);
/// assert_eq!(size, Some(&DebugValue::Histogram(vec![5.0.into()])));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "prometheus")]
#[doc(alias = "opentelemetry")]
#[derive(Clone)]
pub struct Metrics<A> {
    app: A,
    series: Arc<Series>,
}

impl<A> Metrics<A> {
    /// Counts and times the requests to an app.
    pub fn new(app: A) -> Self {
        metrics::with_recorder(|recorder| {
            recorder.describe_histogram(
                DURATION.into(),
                Some(Unit::Seconds),
                "Duration of HTTP server requests.".into(),
            );
            recorder.describe_histogram(
                BODY_SIZE.into(),
                Some(Unit::Bytes),
                "Size of HTTP server response bodies.".into(),
            );
            recorder.describe_gauge(
                ACTIVE.into(),
                Some(Unit::Count),
                "Number of active HTTP server requests.".into(),
            );
        });
        Self {
            app,
            series: Arc::default(),
        }
    }

    /// Sets the methods that have labels of their own; all others are `_OTHER`. It replaces those of
    /// RFC 9110 and PATCH. Methods are case-sensitive.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::view;
    /// use gateway_util::MiddlewareExt;
    ///
    /// let app = view(async |_| "hello").metrics().known_methods(["GET", "PUT", "PROPFIND"]);
    /// # let _ = app;
    /// ```
    #[must_use]
    pub fn known_methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.series = Arc::new(Series::new(methods.into_iter().map(Into::into)));
        self
    }
}

impl Metrics<()> {
    /// An observer for [`Gateway::with_observer`](gateway_core::Gateway::with_observer), or the
    /// constructor of an adapter: it counts and times every request, also those that are refused
    /// before the app.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Gateway, view};
    /// use gateway_util::Metrics;
    ///
    /// let gateway = Gateway::new(view(async |_| "hello")).with_observer(Metrics::observer());
    /// # let _ = gateway;
    /// ```
    #[must_use]
    pub fn observer() -> Self {
        Self::new(())
    }
}

impl<A: App> App for Metrics<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let series = self.series.clone();
        series.begin(environ.request_method().as_str(), environ.scheme());
        environ.observe(series);
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

/// What reaches the middleware: it was counted among the requests in flight.
impl Observer for Series {
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        self.end(request.method(), request.scheme());
        self.record(request, outcome);
    }
}

impl Observer for Metrics<()> {
    fn observe(&self, request: &RequestSummary, outcome: &Outcome) {
        self.series.record(request, outcome);
    }
}

impl<A: fmt::Debug> fmt::Debug for Metrics<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metrics").field(&self.app).finish()
    }
}
