//! Apps at exact paths.

use std::collections::HashMap;
use std::fmt;

use gateway_core::{App, AppExt, Body, BoxApp, Environ, Error, HttpError, StartResponse, lifespan};
use http::Method;

/// Apps at exact paths; any other path is a 404.
///
/// A router is an app that calls another, nothing more. For apps under a prefix there is
/// [`Mount`](gateway_util::Mount).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use examples::Routes;
/// use gateway_core::{AppExt, Environ, HttpError, view};
///
/// let routes = Routes::new().get("/hello", view(async |_| "hello"));
///
/// let environ = Environ::from_request(http::Request::get("/hello").body(())?);
/// assert_eq!(routes.respond(environ).await?.into_body().bytes().await?, "hello");
///
/// let environ = Environ::from_request(http::Request::put("/hello").body(())?);
/// let refused = routes.respond(environ).await.err();
/// let refused = refused.as_ref().and_then(|error| error.downcast_ref::<HttpError>());
/// assert_eq!(refused.map(|error| error.status().as_u16()), Some(405));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct Routes(HashMap<&'static str, BoxApp>);

impl Routes {
    /// No paths.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an app at a path, which is decoded text, for every method.
    #[must_use]
    pub fn at(mut self, path: &'static str, app: impl App) -> Self {
        self.0.insert(path, app.boxed());
        self
    }

    /// All apps, in the order of their paths.
    fn apps(&self) -> Vec<&BoxApp> {
        let mut apps: Vec<_> = self.0.iter().collect();
        apps.sort_unstable_by_key(|(path, _)| **path);
        apps.into_iter().map(|(_, app)| app).collect()
    }

    /// Puts an app at a path for GET and HEAD; other methods are answered with 405.
    #[must_use]
    pub fn get(self, path: &'static str, app: impl App) -> Self {
        self.at(path, Get(app))
    }
}

impl App for Routes {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let path = environ.path_info();
        match path.to_str().and_then(|path| self.0.get(path)) {
            Some(app) => {
                drop(path);
                app.call(environ, start_response).await
            }
            None => Err(HttpError::not_found().into()),
        }
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(self.apps()).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(self.apps()).await
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A middleware that lets GET and HEAD pass.
struct Get<A>(A);

impl<A: App> App for Get<A> {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        if !matches!(*environ.request_method(), Method::GET | Method::HEAD) {
            // RFC 9110 section 15.5.6: a 405 names what is allowed.
            return Err(HttpError::method_not_allowed()
                .with_headers([("Allow", "GET, HEAD")])?
                .into());
        }
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}
