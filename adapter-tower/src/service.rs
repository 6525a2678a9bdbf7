//! `service` and `TowerService`: an app as a tower service.

use std::any::type_name;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gateway_core::{App, BoxError, Environ, Gateway, Observer, Outgoing, ShutdownSignal};
use http::{Request, Response, request};
use http_body::Body as HttpBody;
use tower_service::Service;

use crate::answer::Answer;
use crate::request::{With, environ};
use crate::switch::Spawner;
#[cfg(feature = "upgrade")]
use crate::switch::UpgradeTask;

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>> + Send>>;

/// An app as a tower service with a named type.
///
/// It accepts requests with any `http_body::Body`, is always ready, and always responds. Clones
/// share the app. It can be given to axum's `nest_service`, `route_service` and `fallback_service`,
/// to tonic's router (which is axum's), to `hyper_util::service::TowerToHyperService` and to
/// `lambda_http::run`. Each call boxes one future; [`service`] boxes none.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run the server inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9).
///
/// # What the app sees
///
/// - Extensions of the request are those of the environ (E15); axum's `Extension(..)` layer adds to
///   them. [`with`](Self::with) adds what else is known of a request. Extensions that the app adds
///   to its response are in the `http::Response`.
/// - Under the feature `axum`, the parameters of the routes around the app are a
///   [`PathParams`](gateway_core::PathParams) in the extensions.
/// - The URI is the one that was sent, and SCRIPT_NAME is the prefix that a router stripped of it:
///   with the feature `axum` from axum's `OriginalUri`, else from
///   [`OriginalUri`](crate::OriginalUri). A route that strips nothing (`route_service`,
///   `fallback_service`) gives no SCRIPT_NAME.
/// - The connection is an extension of the type [`Connection`](gateway_core::Connection), if there
///   is one. Otherwise, with the feature `axum`, the peer is axum's `ConnectInfo<SocketAddr>`. If
///   the peer is known, an HTTP/1.1 request without a `Host` is refused with 400 (E12). A
///   server that ends TLS in this process says so with such an extension, because the client
///   chooses the scheme in the URI (E13).
/// - A body that a tower layer bounded (`http_body_util::Limited`) fails with 413 (I4).
///
/// # Do not use headers to tell the app something
///
/// Any client can send a header of any name. A middleware that tells the app who is logged in uses
/// an extension, or [`with`](Self::with). If it must be a header, as between processes, first
/// remove the client's own header of that name from every request, also from those for which
/// nothing is set:
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::TowerService;
/// use axum::extract::Request;
/// use axum::middleware::{Next, from_fn};
/// use axum::response::Response;
/// use axum::{Extension, Router, body::Body, http::HeaderValue};
/// use gateway_core::{Environ, view};
/// use tower::ServiceExt;
///
/// /// What an authentication layer of axum's puts into the extensions.
/// #[derive(Clone)]
/// struct User(HeaderValue);
///
/// /// Tells who is logged in, in `X-User`.
/// async fn tell_user(mut request: Request, next: Next) -> Response {
///     // First, and for every request: any client can send it.
///     request.headers_mut().remove("x-user");
///     if let Some(User(name)) = request.extensions().get().cloned() {
///         request.headers_mut().insert("x-user", name);
///     }
///     next.run(request).await
/// }
///
/// let app = view(async |environ: Environ| match environ.header("x-user") {
///     Some(user) => format!("Hello, {user}!"),
///     None => "Hello, stranger!".to_owned(),
/// });
/// let router: Router = Router::new()
///     .nest_service("/app", TowerService::new(app))
///     .layer(from_fn(tell_user));
///
/// let forged = || Request::get("/app").header("x-user", "root").body(Body::empty());
/// let response = router.clone().oneshot(forged()?).await?;
/// let body = axum::body::to_bytes(response.into_body(), 100).await?;
/// assert_eq!(body, "Hello, stranger!");
///
/// let router = router.layer(Extension(User(HeaderValue::from_static("ada"))));
/// let response = router.oneshot(forged()?).await?;
/// let body = axum::body::to_bytes(response.into_body(), 100).await?;
/// assert_eq!(body, "Hello, ada!");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::TowerService;
/// use gateway_core::{Body, HttpError};
/// use tower::ServiceExt;
///
/// let service: TowerService<HttpError> = TowerService::new(HttpError::not_found());
/// let response = service.oneshot(http::Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[doc(alias = "GatewayService")]
pub struct TowerService<A> {
    gateway: Gateway<A>,
    with: Option<Arc<With>>,
    spawner: Spawner,
}

impl<A: App> TowerService<A> {
    /// The service of an app.
    pub fn new(app: A) -> Self {
        Self::from_gateway(Gateway::new(app))
    }

    /// The service of an app in an existing gateway.
    pub fn from_gateway(gateway: Gateway<A>) -> Self {
        Self {
            gateway,
            with: None,
            spawner: Spawner::default(),
        }
    }

    /// Fills the environ with what the host knows of the request: `fill` is called with the host's
    /// request head and the environ, before the app. It replaces an earlier function.
    ///
    /// A panic in it is answered with 500, and the app is not called (B9). The head is copied for
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use adapter_tower::TowerService;
    /// use axum::{Extension, Router, body::Body, http::Request};
    /// use gateway_core::{Environ, VarName, view};
    /// use tower::ServiceExt;
    ///
    /// /// What an authentication layer of axum's puts into the extensions.
    /// #[derive(Clone)]
    /// struct User(&'static str);
    ///
    /// let app = view(async |environ: Environ| {
    ///     environ.get("REMOTE_USER").map(|user| user.to_string())
    /// });
    /// let service = TowerService::new(app).with(|head, environ| {
    ///     if let Some(User(name)) = head.extensions.get() {
    ///         environ.set_var(const { VarName::new("REMOTE_USER") }, *name);
    ///     }
    /// });
    /// let router: Router = Router::new()
    ///     .nest_service("/app", service)
    ///     .layer(Extension(User("ada")));
    ///
    /// let response = router.oneshot(Request::get("/app").body(Body::empty())?).await?;
    /// let body = axum::body::to_bytes(response.into_body(), 100).await?;
    /// assert_eq!(body, "ada");
    /// # Ok::<(), gateway_core::BoxError>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&request::Parts, &mut Environ) + Send + Sync + 'static,
    {
        self.with = Some(Arc::new(fill));
        self
    }

    /// Registers an observer that is told how each exchange ended, also of requests that are
    /// refused before the app. If there is one already, this call has no effect: a gateway has one observer. A
    /// middleware adds more with [`Environ::observe`].
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use std::sync::mpsc;
    /// use adapter_tower::TowerService;
    /// use gateway_core::{Body, Outcome, RequestSummary, view};
    /// use tower::ServiceExt;
    ///
    /// let (sender, outcomes) = mpsc::channel();
    /// let service = TowerService::new(view(async |_| "Hello!")).with_observer(
    ///     move |request: &RequestSummary, outcome: &Outcome| {
    ///         let _ = sender.send((request.path().to_owned(), outcome.body_bytes()));
    ///     },
    /// );
    /// let request = http::Request::get("/a").body(Body::empty())?;
    /// drop(service.oneshot(request).await?);
    /// assert_eq!(outcomes.try_recv()?, ("/a".to_owned(), 6));
    /// # Ok::<(), gateway_core::BoxError>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.gateway = self.gateway.with_observer(observer);
        self
    }

    /// Runs the app's part of a switch of protocols on `executor`. By default it is a task of the
    /// tokio runtime in which the service is called; without a runtime, nothing is offered (U1).
    ///
    /// The host must be hyper, and must serve its connections with upgrades, as axum and hyper-util's
    /// `serve_connection_with_upgrades` do. Otherwise the client gets its 101, and then the end of the
    /// connection. WebSocket over HTTP/2 also needs `http2::Builder::enable_connect_protocol`, which
    /// `axum::serve` sets.
    ///
    /// A host that shuts down does not know of these tasks, and does not wait for them. To shut it
    /// down, give the signal of [`shutdown_signal`](Self::shutdown_signal), on which the app sends
    /// its last message, and wait for the tasks of the executor (U12).
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_tower::TowerService;
    /// use gateway_core::view;
    /// use hyper_util::rt::TokioExecutor;
    ///
    /// let service = TowerService::new(view(async |_| "Hello!")).with_upgrades(TokioExecutor::new());
    /// # let _ = service;
    /// ```
    #[cfg(feature = "upgrade")]
    #[cfg_attr(docsrs, doc(cfg(feature = "upgrade")))]
    #[must_use]
    pub fn with_upgrades<E>(mut self, executor: E) -> Self
    where
        E: hyper::rt::Executor<UpgradeTask> + Send + Sync + 'static,
    {
        self.spawner = Spawner::new(executor);
        self
    }

    /// The signal that the server has begun to shut down. The operator of the server gives it:
    /// [`Environ::closing`] and [`Duplex::closing`](gateway_core::Duplex::closing) then resolve.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use adapter_tower::TowerService;
    /// use axum::Router;
    /// use gateway_core::view;
    ///
    /// # async fn run(ctrl_c: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    /// let service = TowerService::new(view(async |_| "Hello!"));
    /// let signal = service.shutdown_signal();
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    /// axum::serve(listener, Router::new().fallback_service(service))
    ///     .with_graceful_shutdown(async move {
    ///         ctrl_c.await;
    ///         signal.begin();
    ///     })
    ///     .await
    /// # }
    /// ```
    #[must_use]
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        self.gateway.shutdown_signal()
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &A {
        self.gateway.app()
    }

    /// The same service without a boxed future; its type has no name.
    pub fn unboxed<B>(
        self,
    ) -> impl Service<
        Request<B>,
        Response = Response<Outgoing>,
        Error = Infallible,
        Future = impl Future<Output = Result<Response<Outgoing>, Infallible>> + Send,
    > + Clone
    + Send
    + Sync
    + 'static
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Unboxed(move |request: Request<B>| self.answer(request))
    }

    #[inline]
    fn answer<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Outgoing>, Infallible>> + Send + use<A, B>
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let with = self.with.as_deref();
        let (environ, switchable) = environ(&self.gateway, with, &self.spawner, request);
        Answer::new(self.gateway.handle(environ), switchable)
    }
}

impl<A> Clone for TowerService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
            with: self.with.clone(),
            spawner: self.spawner.clone(),
        }
    }
}

impl<A> fmt::Debug for TowerService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerService")
            .field("app", &type_name::<A>())
            .field("with", &self.with.is_some())
            .field("spawner", &self.spawner)
            .finish()
    }
}

impl<A, B> Service<Request<B>> for TowerService<A>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = BoxFuture;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> BoxFuture {
        Box::pin(self.answer(request))
    }
}

/// An app as a tower service without boxes: as [`TowerService`], for hosts that do
/// not need the name of the type.
///
/// The type of the request's body is inferred from where the service is used.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run the server inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9).
///
/// # Examples
///
/// ```
/// use adapter_tower::service;
/// use axum::Router;
/// use gateway_core::view;
///
/// let router: Router = Router::new()
///     .route_service("/hello", service(view(async |_| "hello")))
///     .nest_service("/shop", service(view(async |_| "shop")))
///     .fallback_service(service(view(async |_| ("nothing here", 404))));
/// # let _ = router;
/// ```
pub fn service<A, B>(
    app: A,
) -> impl Service<
    Request<B>,
    Response = Response<Outgoing>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Outgoing>, Infallible>> + Send,
> + Clone
+ Send
+ Sync
+ 'static
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    TowerService::new(app).unboxed()
}

/// A service that is a closure, so the type of its future needs no name.
#[derive(Clone)]
struct Unboxed<F>(F);

impl<F, B, Fut> Service<Request<B>> for Unboxed<F>
where
    F: Fn(Request<B>) -> Fut,
    Fut: Future<Output = Result<Response<Outgoing>, Infallible>>,
{
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = Fut;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Fut {
        (self.0)(request)
    }
}
