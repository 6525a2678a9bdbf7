//! `Routes`: a router. The gateway has none, so an app brings the one that it likes: here `matchit`,
//! which axum uses, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_core::{
    App, AppExt, Body, BoxApp, Environ, Error, HttpError, PathParams, StartResponse,
    TryIntoResponse, lifespan, view_with,
};
use gateway_util::Methods;
use http::Method;
use matchit::InsertError;
use percent_encoding::percent_decode_str;

use crate::error::SiteError;
use crate::state::State;

/// Routes that are being collected. [`build`](Self::build) makes an app of them.
pub(crate) struct Routes {
    state: Arc<State>,
    paths: BTreeMap<&'static str, Methods>,
}

impl Routes {
    /// No routes. Their views get this state.
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self {
            state,
            paths: BTreeMap::new(),
        }
    }

    /// A view for GET, and HEAD, at a pattern such as `/posts/{id}`.
    pub(crate) fn get<F, Fut>(self, path: &'static str, view: F) -> Self
    where
        F: Fn(Arc<State>, Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TryIntoResponse> + Send + 'static,
    {
        let app = view_with(self.state.clone(), view);
        self.on(Method::GET, path, app)
    }

    /// A view for POST.
    pub(crate) fn post<F, Fut>(self, path: &'static str, view: F) -> Self
    where
        F: Fn(Arc<State>, Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TryIntoResponse> + Send + 'static,
    {
        let app = view_with(self.state.clone(), view);
        self.on(Method::POST, path, app)
    }

    /// A view for DELETE.
    pub(crate) fn delete<F, Fut>(self, path: &'static str, view: F) -> Self
    where
        F: Fn(Arc<State>, Environ) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: TryIntoResponse> + Send + 'static,
    {
        let app = view_with(self.state.clone(), view);
        self.on(Method::DELETE, path, app)
    }

    /// Any app, for a method.
    pub(crate) fn on(mut self, method: Method, path: &'static str, app: impl App) -> Self {
        let methods = self.paths.remove(path).unwrap_or_default();
        self.paths.insert(path, methods.on(method, app));
        self
    }

    /// The router.
    ///
    /// # Errors
    ///
    /// If a pattern is malformed, or two patterns mean the same paths.
    pub(crate) fn build(self) -> Result<Router, InsertError> {
        let mut places = matchit::Router::new();
        let mut apps = Vec::new();
        for (path, methods) in self.paths {
            places.insert(path, apps.len())?;
            apps.push(methods.boxed());
        }
        Ok(Router { places, apps })
    }
}

/// An app that calls another by the path. It leaves the parameters of the path in the environ, where
/// the adapters leave those of axum and actix-web.
pub(crate) struct Router {
    places: matchit::Router<usize>,
    apps: Vec<BoxApp>,
}

impl Router {
    /// The app of a path, and what its pattern leaves open.
    fn find(&self, path: &str) -> Option<(&BoxApp, PathParams)> {
        let found = self.places.at(path).ok()?;
        let mut params = PathParams::new();
        for (name, value) in found.params.iter() {
            // The path is matched as it was sent, and each parameter decoded once: a `%2F` in one is
            // no separator.
            params.set(name, percent_decode_str(value).decode_utf8().ok()?);
        }
        Some((self.apps.get(*found.value)?, params))
    }
}

impl App for Router {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        // Mounted at `/site`, the request for `/site` has an empty path.
        let path = match environ.raw_path_info() {
            "" => "/",
            path => path,
        };
        let (app, params) = self.find(path).ok_or_else(HttpError::not_found)?;
        environ.extensions_mut().insert(params);
        app.call(environ, start_response).await
    }

    async fn startup(&self) -> Result<(), Error> {
        lifespan::startup_all(&self.apps).await
    }

    async fn shutdown(&self) -> Result<(), Error> {
        lifespan::shutdown_all(&self.apps).await
    }
}

/// A number in the path: `{id}`.
///
/// # Errors
///
/// 404 if it is no number: there is nothing at such a path.
pub(crate) fn number(environ: &Environ, name: &str) -> Result<i64, SiteError> {
    let number = text(environ, name)?.parse();
    number.map_err(|_| SiteError::NotFound)
}

/// A text in the path.
///
/// # Errors
///
/// 404 if the pattern has none of that name.
pub(crate) fn text<'a>(environ: &'a Environ, name: &str) -> Result<&'a str, SiteError> {
    let params = environ.extensions().get::<PathParams>();
    let text = params.and_then(|params| params.get(name));
    text.ok_or(SiteError::NotFound)
}
