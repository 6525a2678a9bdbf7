//! A bound on the input.

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};

/// Bounds the input of an app; made by [`MiddlewareExt::limit_input`](crate::MiddlewareExt::limit_input).
#[derive(Debug, Clone)]
pub struct LimitInput<A> {
    app: A,
    limit: u64,
}

impl<A> LimitInput<A> {
    pub(super) fn new(app: A, limit: u64) -> Self {
        Self { app, limit }
    }
}

impl<A: App> App for LimitInput<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        // I4: what is declared is refused before the app runs.
        if environ
            .content_length()
            .is_some_and(|length| length > self.limit)
        {
            return Err(HttpError::payload_too_large().into());
        }
        environ.input_mut().limit(self.limit);
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}
