//! Functions before and after an app.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderMap, StatusCode};

/// Calls a function with the environ before the app: Flask's `before_request`. Made by
/// [`MiddlewareExt::on_request`](crate::MiddlewareExt::on_request).
///
/// What the function returns goes to the app. An error it returns is the answer, and the app is not
/// called.
#[doc(alias = "before_request")]
#[derive(Clone)]
pub struct OnRequest<A, F> {
    app: A,
    function: F,
}

impl<A, F> OnRequest<A, F> {
    /// Calls `function` before `app`.
    pub fn new(app: A, function: F) -> Self {
        Self { app, function }
    }
}

impl<A, F, Fut> App for OnRequest<A, F>
where
    A: App,
    F: Fn(Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Environ, Error>> + Send,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let environ = (self.function)(environ).await?;
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

impl<A: fmt::Debug, F> fmt::Debug for OnRequest<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRequest")
            .field("app", &self.app)
            .field("function", &type_name::<F>())
            .finish()
    }
}

/// Calls a function with the head of each answer as it is started: Flask's `after_request`. Made by
/// [`MiddlewareExt::on_response`](crate::MiddlewareExt::on_response).
///
/// The function runs at each start and restart, late ones too, and may change the head; what it
/// leaves is checked like what an app hands over. It must not block. An error that the app fails with
/// has no head yet: what answers errors goes inside.
#[doc(alias = "after_request")]
#[derive(Clone)]
pub struct OnResponse<A, F> {
    app: A,
    function: Arc<F>,
}

impl<A, F> OnResponse<A, F> {
    /// Calls `function` with the heads of `app`.
    pub fn new(app: A, function: F) -> Self {
        Self {
            app,
            function: Arc::new(function),
        }
    }
}

impl<A, F> App for OnResponse<A, F>
where
    A: App,
    F: Fn(&mut StatusCode, &mut HeaderMap) + Send + Sync + 'static,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let function = self.function.clone();
        let start_response = start_response.wrap(move |status, headers| function(status, headers));
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}

impl<A: fmt::Debug, F> fmt::Debug for OnResponse<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnResponse")
            .field("app", &self.app)
            .field("function", &type_name::<F>())
            .finish()
    }
}
