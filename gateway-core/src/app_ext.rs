//! What every app can do besides being called.

use std::sync::Arc;

use crate::app::App;
use crate::body::Body;
use crate::box_app::BoxApp;
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::gateway::{Facts, run};
use crate::middleware::LimitInput;
use crate::response::{Response, ResponseExt};

/// Provided methods of every [`App`].
pub trait AppExt: App + Sized {
    /// Runs the app and gives its answer as a value: for views that return another app's answer, for
    /// middlewares that need the whole response, and for tests.
    ///
    /// The response is as the app made it: nothing is done about HEAD, 204 or lengths, that is the
    /// matter of the gateway that sends it. Its body streams; a start after this returned makes it
    /// fail.
    ///
    /// # Errors
    ///
    /// The app's error, a body's error before its first chunk, a panic, a refused or missing start.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Environ, Error, HttpError, Response, view};
    ///
    /// async fn outer(environ: Environ) -> Result<(Response, u16), Error> {
    ///     Ok((view(async |_| "inner").respond(environ).await?, 202))
    /// }
    ///
    /// let response = view(outer).respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.status(), 202);
    /// assert_eq!(response.into_body().bytes().await?, "inner");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[doc(alias = "run_wsgi_app")]
    fn respond(
        &self,
        mut environ: Environ,
    ) -> impl Future<Output = Result<Response, Error>> + Send {
        async move {
            let facts = Facts::of(&environ);
            // In a gateway the exchange that the environ knows of is the gateway's.
            let mut guard = Closing(environ.claim_exchange());
            let exchange = guard.exchange();
            let ready = run(self, environ, &exchange, facts).await?;
            let mut response = Response::new(Body::empty());
            let committed = exchange.commit(&mut response)?;
            *response.body_mut() = ready.into_body(exchange);
            if response.body().buffered().is_none() {
                // The body ends the exchange.
                guard.release();
            }
            if committed.close_connection {
                response.close_connection();
            }
            Ok(response)
        }
    }

    /// Puts the app behind a pointer; see [`BoxApp`].
    fn boxed(self) -> BoxApp {
        BoxApp::new(self)
    }

    /// Checks both sides of the app against the clauses of the specification, and panics when one
    /// is broken: for tests. See [`Lint`](crate::lint::Lint) for what else can be done with a
    /// finding.
    #[cfg(feature = "lint")]
    fn lint(self) -> crate::lint::Lint<Self> {
        crate::lint::Lint::new(self)
    }

    /// Bounds the input to `limit` bytes (I4): a larger declared length is answered with 413 before
    /// the app runs, and reading more than the limit fails with an error that becomes a 413.
    #[doc(alias = "MAX_CONTENT_LENGTH")]
    #[doc(alias = "RequestBodyLimit")]
    fn limit_input(self, limit: u64) -> LimitInput<Self> {
        LimitInput::new(self, limit)
    }
}

impl<A: App> AppExt for A {}

/// Ends an exchange outside of any gateway, for those who wait for that (L3).
struct Closing(Option<Arc<Exchange>>);

impl Closing {
    fn exchange(&mut self) -> Arc<Exchange> {
        self.0.get_or_insert_default().clone()
    }

    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(exchange) = self.0.take() {
            exchange.close();
        }
    }
}
