//! `with_layer`: wraps an app in tower layers, as a middleware.

use std::any::{Any, type_name};
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use gateway_core::{
    App, AppExt, Body, BoxApp, BoxError, Connection, Detached, Environ, Error, HttpError, Input,
    Response, StartResponse, TryIntoResponse, translate_response,
};
use http::{Request, StatusCode, request};
use http_body::Body as HttpBody;
use tower_layer::Layer;
use tower_service::Service;

use crate::prefix;
use crate::ready_clone::ReadyClone;
use crate::request::input;

/// Tower layers for every [`App`].
pub trait TowerAppExt: App + Sized {
    /// Wraps the app in a tower layer: tower-http's compression, trace, timeout, CORS, limits, or a
    /// stack of them (`tower::ServiceBuilder`). The result is an app.
    ///
    /// The last layer that was added is the first to see the request.
    ///
    /// # What passes
    ///
    /// - The layer sees the URI that was sent, with the prefix of a mount. The variables that were
    ///   set on the environ, its connection and its mount point reach the app beside the layer.
    ///   Extensions pass through the layer: those of the request to the app, and those that the app
    ///   adds to its response ([`StartResponse::insert_extension`]) to the layer, and from there to
    ///   the host.
    /// - The app's errors and panics reach the layer as the responses that they become, so that a
    ///   404 gets its CORS headers too. Causes are logged and not sent.
    /// - An early commit of the app is kept outside the layer, even if the layer replaces the
    ///   body. Trailers and the wish to close the connection pass (M1).
    /// - A switch of protocols passes beside the layer: it sees a 101 without a body, and may
    ///   change its headers. If it changes the status, nothing is switched (U13).
    /// - Readiness and errors of the layer are as in [`tower_app`](crate::tower_app).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use adapter_tower::TowerAppExt;
    /// use gateway_core::{AppExt, Environ, HttpError};
    /// use tower_http::cors::CorsLayer;
    ///
    /// let app = HttpError::not_found().with_layer(CorsLayer::permissive());
    /// let response = app.respond(Environ::from_request(http::Request::get("/").body(())?)).await?;
    /// assert_eq!(response.status(), 404);
    /// assert_eq!(response.headers()["access-control-allow-origin"], "*");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    fn with_layer<L, S, ResBody>(self, layer: L) -> WithLayer<S>
    where
        L: Layer<AppService<Self>, Service = S>,
        S: Service<Request<Input>, Response = http::Response<ResBody>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        ResBody: HttpBody + Send + 'static,
        ResBody::Error: Into<BoxError>,
    {
        self.with_layer_over(layer, |input| input)
    }

    /// Wraps the app in a tower layer that accepts only one type of request body, which `body`
    /// makes from the input: `axum::body::Body::new` for axum's own middlewares.
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_tower::TowerAppExt;
    /// use axum::{extract::Request, middleware::{Next, from_fn}, response::Response};
    /// use gateway_core::{App, view};
    ///
    /// async fn stamp(request: Request, next: Next) -> Response {
    ///     let mut response = next.run(request).await;
    ///     response.headers_mut().insert("x-stamp", "1".parse().unwrap());
    ///     response
    /// }
    ///
    /// fn app() -> impl App {
    ///     view(async |_| "hello").with_layer_over(from_fn(stamp), axum::body::Body::new)
    /// }
    /// # let _ = app();
    /// ```
    fn with_layer_over<L, S, F, ReqBody, ResBody>(self, layer: L, body: F) -> WithLayer<S, F>
    where
        L: Layer<AppService<Self>, Service = S>,
        S: Service<Request<ReqBody>, Response = http::Response<ResBody>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        F: Fn(Input) -> ReqBody + Send + Sync + 'static,
        ResBody: HttpBody + Send + 'static,
        ResBody::Error: Into<BoxError>,
    {
        let app = Arc::new(self);
        let service = AppService { app: app.clone() };
        WithLayer {
            service: ReadyClone::new(layer.layer(service)),
            body,
            app: BoxApp::from(app),
        }
    }
}

impl<A: App> TowerAppExt for A {}

/// An app in a tower layer; made by [`TowerAppExt::with_layer`].
#[derive(Clone)]
pub struct WithLayer<S: Clone, F = fn(Input) -> Input> {
    service: ReadyClone<S>,
    body: F,
    /// The app within, which the layer hides.
    app: BoxApp,
}

impl<S, F, ReqBody, ResBody> App for WithLayer<S, F>
where
    S: Service<Request<ReqBody>, Response = http::Response<ResBody>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    F: Fn(Input) -> ReqBody + Send + Sync + 'static,
    ResBody: HttpBody + Send + 'static,
    ResBody::Error: Into<BoxError>,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let mut service = self.service.ready().await?;
        let response = {
            let connection = *environ.connection();
            let script_name_len = environ.script_name_len();
            let (detached, mut parts, input) = environ.detach();
            prefix::describe(&mut parts, None, connection);
            let carried = Carried::new(detached, script_name_len);
            parts.extensions.insert(carried);
            service.call(Request::from_parts(parts, (self.body)(input)))
        };
        drop(service);
        let mut response = response
            .await
            .map_err(|error| Error::from_boxed(error.into()))?;
        // Taken out, because it must not reach an outer layer.
        let flushed = response.extensions_mut().remove::<Flushed>().is_some();
        let switch = response.extensions_mut().remove::<CarriedSwitch>();
        let response = translate_response(response);
        // U13: a layer that has changed the status has declined.
        if response.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some(body) = switch.and_then(|switch| switch.take())
        {
            return start_response.send(response.map(|_| body));
        }
        // B1: the layer's own body does not keep an early commit.
        start_response.send(if flushed {
            response.map(Body::commit_early)
        } else {
            response
        })
    }

    gateway_core::forward_lifespan!(app);
}

impl<S: Clone, F> fmt::Debug for WithLayer<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithLayer").field(&type_name::<S>()).finish()
    }
}

/// The app as the innermost service of a layer; see [`TowerAppExt::with_layer`].
///
/// Its response is the app's, as [`AppExt::respond`] gives it.
pub struct AppService<A> {
    app: Arc<A>,
}

impl<A> Clone for AppService<A> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
        }
    }
}

impl<A> fmt::Debug for AppService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppService")
            .field(&type_name::<A>())
            .finish()
    }
}

impl<A, B> Service<Request<B>> for AppService<A>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let app = self.app.clone();
        let (parts, body) = request.into_parts();
        let environ = Carried::unpack(parts, own_input(body));
        Box::pin(async move {
            let mut response = app.respond(environ).await.unwrap_or_else(page);
            if response.body().upgrade_protocol().is_some() {
                let body = std::mem::take(response.body_mut());
                response.extensions_mut().insert(CarriedSwitch::new(body));
            }
            if response.body().commits_early() {
                response.extensions_mut().insert(Flushed);
            }
            Ok(response)
        })
    }
}

/// The response of an error.
fn page(error: Error) -> Response {
    let error = HttpError::try_from(error)
        .unwrap_or_else(|error| HttpError::internal_server_error().with_source(error));
    // An `HttpError` has a page, so the default is never taken.
    error.try_into_response().unwrap_or_default()
}

/// The input itself if the layer has not replaced it, with its length and limits.
fn own_input<B>(body: B) -> Input
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut slot = Some(body);
    if let Some(own) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Input>>() {
        return own.take().unwrap_or_default();
    }
    slot.map(input).unwrap_or_default()
}

/// In a response's extensions: the app commits early.
#[derive(Clone, Copy)]
struct Flushed;

/// In a response's extensions: the body that switches the protocol. A layer sees an empty one.
#[derive(Clone)]
struct CarriedSwitch(Arc<Mutex<Option<Body>>>);

impl CarriedSwitch {
    fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Some(body))))
    }

    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// In a request's extensions: what a request cannot hold of the environ.
#[derive(Clone)]
struct Carried {
    /// For layers that call more than once: only the first call gets the environ itself.
    detached: Arc<Mutex<Option<Detached>>>,
    script_name_len: usize,
}

impl Carried {
    fn new(detached: Detached, script_name_len: usize) -> Self {
        Self {
            detached: Arc::new(Mutex::new(Some(detached))),
            script_name_len,
        }
    }

    /// The environ that was given to the layer, with the request that the layer passed on.
    fn unpack(mut parts: request::Parts, input: Input) -> Environ {
        let carried = parts.extensions.remove::<Self>();
        if let Some(detached) = carried.as_ref().and_then(Self::take) {
            return detached.attach(parts, input);
        }
        let connection = parts.extensions.get::<Connection>().copied();
        let mut environ = Environ::from_request(Request::from_parts(parts, Input::empty()));
        environ.set_input(input);
        if let Some(connection) = connection {
            environ.set_connection(connection);
        }
        if let Some(carried) = carried {
            // Refused if the layer has rewritten the path: the app is then at the root.
            let _ = environ.set_script_name_len(carried.script_name_len);
        }
        environ
    }

    fn take(&self) -> Option<Detached> {
        self.detached
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
