//! `AppExt`: methods of every app: run it in process for its response, box it, or wrap it in the
//! lint, which checks at run time.

use crate::app::App;
use crate::body::Body;
use crate::box_app::BoxApp;
use crate::environ::Environ;
use crate::error::Error;
use crate::exchange::Owner;
use crate::gateway::{RequestKind, call};
use crate::observer::Ended;
use crate::response::{Response, ResponseExt};

/// Provided methods of every [`App`].
pub trait AppExt: App + Sized {
    /// Runs the app and returns its response as a value: for views that return another app's
    /// response, for middlewares that need the whole response, and for tests.
    ///
    /// The response is as the app made it: HEAD, 204 and lengths are left to the gateway that sends
    /// it. Its body streams. A start after this has returned makes the body fail.
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
            let kind = RequestKind::of_request(&environ);
            // Inside a gateway, the exchange of the environ belongs to the gateway.
            let exchange = environ.claim_exchange().unwrap_or_default();
            let mut owner = Owner::new(exchange);
            let mut response = Response::new(Body::empty());
            // Before there is a response, a drop means that the app failed or was dropped.
            let ready = match call(self, environ, owner.exchange(), kind).await {
                Ok(ready) => ready,
                Err(error) => {
                    owner.ends(Ended::Aborted);
                    return Err(error);
                }
            };
            let committed = owner.commit(&mut response)?;
            owner.committed(response.status(), committed.is_observed);
            *response.body_mut() = ready.into_body(owner);
            if committed.closes_connection {
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
    /// is broken: for tests. [`Lint`](crate::lint::Lint) can also log or collect findings.
    #[cfg(feature = "lint")]
    fn lint(self) -> crate::lint::Lint<Self> {
        crate::lint::Lint::new(self)
    }
}

impl<A: App> AppExt for A {}
