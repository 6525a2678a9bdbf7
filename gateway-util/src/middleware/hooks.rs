//! `OnRequest` and `OnResponse`: functions that run before an app, and when it starts its response.

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::{HeaderMap, StatusCode};

/// Calls a function with the environ before the app: Flask's `before_request`. Made by
/// [`MiddlewareExt::on_request`](crate::MiddlewareExt::on_request).
///
/// The app gets the environ that the function returns. An error of the function is answered, and
/// the app is not called.
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

/// Calls a function with the head of each response when it is started: Flask's `after_request`.
/// Made by [`MiddlewareExt::on_response`](crate::MiddlewareExt::on_response).
///
/// The function runs at each start and restart, also late ones, and may change the head. The head
/// that it leaves is checked like an app's head. It must not block. It does not see an error that
/// the app fails with: put the middleware that answers errors inside. That is
/// [`error_handlers`](crate::MiddlewareExt::error_handlers) with a
/// [`default`](crate::ErrorHandlers::default).
/// [`error_format`](crate::MiddlewareExt::error_format) changes how an error looks and does not answer it.
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
