//! `Reports`: a middleware that gives each request a hub of Sentry, and reports its faults.

mod in_hub;
mod reporter;
mod request;

use std::future::poll_fn;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, StartResponse};
use sentry_core::Hub;

use in_hub::InHub;
use reporter::Reporter;

/// Gives each request to an app a hub of Sentry, and reports its errors and panics.
///
/// # Contract
///
/// - The hub is a new one above the current hub, or above [that of `with_hub`](Self::with_hub). It
///   is the current hub whenever code of the app runs for the request: in the call, in the body,
///   and in the destructors of both. What the app puts on its scope stays with the request, on
///   every thread. A task that the app spawns needs `bind_hub`, as always with Sentry. The stream of
///   a switched protocol runs outside of the hub.
/// - Its scope has the request: the method, the URL without the query, and the headers without
///   those that `sentry-core` calls sensitive. With `send_default_pii` of the client it also has
///   the query, the sensitive headers and the client's address.
/// - An error of the app or of its body whose response is a 5xx is reported once, with its sources,
///   which the client never sees. An error that the client has caused, such as a body that it cut
///   short, is not reported.
/// - A panic is reported and goes on. It is reported once, also where the integration
///   `sentry-panic` has done so.
/// - If the app breaks a clause in another way, such as a body that is too short, the clause is
///   reported, as the observer of the exchange is told it.
/// - Each request is a transaction, from the trace that the client names. It is sent if the client's
///   sampling says so. It ends with the exchange: with the status `aborted` where the response was
///   aborted, and `cancelled` where the client has left or the server has cut it. Neither is an
///   error report by itself (L3).
/// - Without an enabled client, the request passes as it is.
///
/// It changes no response (M1). A middleware inside that turns errors into pages hides them, so
/// `ErrorHandlers` of `gateway-util` belongs around it.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::sync::Arc;
///
/// use gateway_core::{AppExt, Environ, HttpError, view};
/// use gateway_observability::Reports;
/// use sentry_core::test::TestTransport;
/// use sentry_core::{ClientOptions, Hub};
///
/// let transport = TestTransport::new();
/// let options = ClientOptions::new()
///     .dsn("https://key@sentry.invalid/1")
///     .transport(transport.clone());
/// let hub = Hub::new(Some(Arc::new(options.into())), Arc::default());
///
/// let app = view(async |_| {
///     Err::<&str, _>(HttpError::service_unavailable().with_source(std::fmt::Error))
/// });
/// let app = Reports::new(app).with_hub(hub);
/// let request = http::Request::get("/reports?token=1").body(())?;
/// let _page = app.respond(Environ::from_request(request)).await;
///
/// let events = transport.fetch_and_clear_events();
/// // The cause comes first, and then the error that it was the source of.
/// assert_eq!(events[0].exception[0].ty, "Error");
/// assert_eq!(events[0].transaction.as_deref(), Some("GET /reports"));
/// # Ok::<(), gateway_core::BoxError>(())
/// # })?;
/// # Ok::<(), gateway_core::BoxError>(())
/// ```
#[doc(alias = "sentry")]
#[derive(Debug, Clone)]
pub struct Reports<A> {
    app: A,
    hub: Option<Arc<Hub>>,
}

impl<A> Reports<A> {
    /// Reports the faults of an app to the client of the current hub, which is that of
    /// `sentry::init` unless the server's threads have another.
    pub fn new(app: A) -> Self {
        Self { app, hub: None }
    }

    /// Reports to the client of this hub.
    #[must_use]
    pub fn with_hub(mut self, hub: impl Into<Arc<Hub>>) -> Self {
        self.hub = Some(hub.into());
        self
    }
}

impl<A: App> App for Reports<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let top = self.hub.clone().unwrap_or_else(Hub::current);
        let Some(client) = top.client().filter(|client| client.is_enabled()) else {
            return self.app.call(environ, start_response).await;
        };
        let reporter = Arc::new(Reporter::new(&top, &client, &environ));
        environ.observe(reporter.clone());
        // `call` is inside: it may panic before there is a future.
        let call = async move { self.app.call(environ, start_response).await };
        let mut call = InHub::new(Box::pin(call), reporter.clone());
        let outcome = poll_fn(|cx| call.run(|call| call.as_mut().poll(cx))).await;
        drop(call);
        let body = outcome.inspect_err(|error| reporter.error(error))?;
        // No code of the app runs while bytes in memory are sent.
        if body.buffered().is_some() {
            return Ok(body);
        }
        Ok(body.wrap(|body| InHub::new(body, reporter)))
    }

    gateway_core::forward_lifespan!(app);
}
