//! Apps as tower services.

use std::any::type_name;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateway_core::{App, BoxError, Gateway, Outgoing};
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower_service::Service;

use crate::environ::environ;

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>> + Send>>;

/// An app as a tower service whose type has a name.
///
/// It takes requests with any `http_body::Body`, is always ready, and always answers. Clones share
/// the app. It can be given to axum's `nest_service`, `route_service` and `fallback_service`, to
/// tonic's router (which is axum's), to `hyper_util::service::TowerToHyperService` and to
/// `lambda_http::run`. Each call boxes one future: [`service`] does without.
///
/// # What the app sees
///
/// - Extensions of the request are those of the environ (E15).
/// - The URI is the one that was sent, and SCRIPT_NAME what a router stripped of it: under the
///   feature `axum` from axum's `OriginalUri`, else from [`OriginalUri`](crate::OriginalUri). A
///   route that strips nothing (`route_service`, `fallback_service`) mounts nothing.
/// - The connection is an extension of the type [`Connection`](gateway_core::Connection), if there
///   is one. Else, under the feature `axum`, the peer is axum's `ConnectInfo<SocketAddr>`. A server
///   that ends TLS in this process says so with such an extension: a scheme in the URI is the
///   client's word (E13).
/// - A body that a tower layer bounded (`http_body_util::Limited`) fails with 413 (I4).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::GatewayService;
/// use gateway_core::{Body, HttpError};
/// use tower::ServiceExt;
///
/// let service: GatewayService<HttpError> = GatewayService::new(HttpError::not_found());
/// let response = service.oneshot(http::Request::get("/").body(Body::empty())?).await?;
/// assert_eq!(response.status(), 404);
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
pub struct GatewayService<A> {
    gateway: Gateway<A>,
}

impl<A: App> GatewayService<A> {
    /// The service of an app.
    pub fn new(app: A) -> Self {
        Self {
            gateway: Gateway::new(app),
        }
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &A {
        self.gateway.app()
    }
}

impl<A> Clone for GatewayService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
        }
    }
}

impl<A> fmt::Debug for GatewayService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GatewayService")
            .field(&type_name::<A>())
            .finish()
    }
}

impl<A, B> Service<Request<B>> for GatewayService<A>
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
        Box::pin(answer(&self.gateway, request))
    }
}

/// An app as a tower service, with nothing boxed: what [`GatewayService`] does, for hosts that do
/// not ask for the name of the type.
///
/// The type of the request's body is inferred from where the service is used.
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
    let gateway = Gateway::new(app);
    Unboxed(move |request: Request<B>| answer(&gateway, request))
}

/// A service that is a closure: the type of its future needs no name.
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

#[inline]
fn answer<A, B>(
    gateway: &Gateway<A>,
    request: Request<B>,
) -> impl Future<Output = Result<Response<Outgoing>, Infallible>> + Send + use<A, B>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let response = gateway.handle(environ(gateway, request));
    async move { Ok(response.await) }
}
