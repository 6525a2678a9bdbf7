//! `tower_app`: a tower service as an app.

use std::any::type_name;
use std::fmt;

use gateway_core::{App, Body, BoxError, Environ, Error, Input, StartResponse, translate_response};
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower_service::Service;

use crate::foreign_switch::ForeignSwitch;
use crate::prefix;
use crate::ready_clone::ReadyClone;

/// Makes an app from a tower service: an axum `Router`, a tonic service, tower-http's `ServeDir`,
/// any service that takes a request with any `http_body::Body`.
///
/// [`tower_app_over`] is for a service that accepts only one type of body.
///
/// # Contract
///
/// - The service is cloned for each request, the clone is polled until it is ready, and then
///   called. There is no worker task and no channel: the service runs in the app's own future and
///   is dropped with it. A service need not be `Sync`.
/// - A mounted service sees its path as below axum's `nest_service`: SCRIPT_NAME is stripped from
///   the URI, an empty rest is `/`, and the rest keeps its bytes. The URI that was sent is an
///   [`OriginalUri`](crate::OriginalUri) in the extensions, and with the feature `axum` also one of
///   axum's.
/// - The extensions of the environ are those of the request (E15), and so is a
///   [`Connection`](gateway_core::Connection); with the feature `axum` there is a
///   `ConnectInfo<SocketAddr>`. A request cannot hold the variables that were set on the environ,
///   so the service does not see them. The extensions of the response are passed on to the host.
/// - Hop-by-hop fields that the service sets are removed; `Connection: close` closes the
///   connection (S7). The rest of the head is checked like any app's.
/// - A response commits early, as under hyper: its head is sent when its body has nothing
///   ready (B1). Trailers pass (B11).
/// - An error of the service is an error of the app: an [`HttpError`](gateway_core::HttpError)
///   gives its own page, any other a 500. An error of `poll_ready` is a 503. `ServiceExt::map_err`
///   converts errors of tower's middlewares.
/// - With the feature `upgrade`, a service that switches protocols does so on every host that can:
///   the request has an `OnUpgrade` of hyper's, which axum's `WebSocketUpgrade` takes, and a 101 is
///   the app's switch (U13). The service sees WebSocket over HTTP/2 as an extended CONNECT (RFC
///   8441). Any other status of 1xx is a 500 (S5).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::tower_app;
/// use axum::{Router, extract::Path, routing::get};
/// use gateway_core::{AppExt, Environ};
/// use gateway_util::Mount;
///
/// let router: Router = Router::new()
///     .route("/items/{id}", get(async |Path(id): Path<u32>| format!("item {id}")));
/// let site = Mount::new().at("/shop", tower_app(router));
///
/// let environ = Environ::from_request(http::Request::get("/shop/items/7").body(())?);
/// let response = site.respond(environ).await?;
/// assert_eq!(response.into_body().bytes().await?, "item 7");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
pub fn tower_app<S, ResBody>(service: S) -> TowerApp<S>
where
    S: Service<Request<Input>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    ResBody: HttpBody + Send + 'static,
    ResBody::Error: Into<BoxError>,
{
    tower_app_over(service, |input| input)
}

/// Makes an app from a tower service that accepts only one type of body, which `body` makes from
/// the input: `axum::body::Body::new`, `tonic::body::Body::new`, `BodyExt::boxed_unsync`.
///
/// # Examples
///
/// ```
/// use adapter_tower::tower_app_over;
/// use axum::extract::Request;
/// use gateway_core::App;
/// use std::convert::Infallible;
/// use tower::service_fn;
///
/// fn app() -> impl App {
///     let service = service_fn(async |request: Request| {
///         Ok::<_, Infallible>(http::Response::new(request.into_body()))
///     });
///     tower_app_over(service, axum::body::Body::new)
/// }
/// # let _ = app();
/// ```
pub fn tower_app_over<S, F, ReqBody, ResBody>(service: S, body: F) -> TowerApp<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    F: Fn(Input) -> ReqBody + Send + Sync + 'static,
    ResBody: HttpBody + Send + 'static,
    ResBody::Error: Into<BoxError>,
{
    TowerApp {
        service: ReadyClone::new(service),
        body,
    }
}

/// A tower service as an app; made by [`tower_app`] and [`tower_app_over`].
#[derive(Clone)]
pub struct TowerApp<S: Clone, F = fn(Input) -> Input> {
    service: ReadyClone<S>,
    body: F,
}

impl<S, F, ReqBody, ResBody> App for TowerApp<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    F: Fn(Input) -> ReqBody + Send + Sync + 'static,
    ResBody: HttpBody + Send + 'static,
    ResBody::Error: Into<BoxError>,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let mut service = self.service.ready().await?;
        let (response, switch) = {
            let stripped = prefix::strip(&environ)?;
            let connection = *environ.connection();
            let mut switch = ForeignSwitch::of(&environ);
            let (mut parts, input) = environ.into_parts();
            prefix::describe(&mut parts, stripped, connection);
            if let Some(switch) = &mut switch {
                switch.offer(&mut parts);
            }
            let request = Request::from_parts(parts, (self.body)(input));
            (service.call(request), switch)
        };
        // A clone is good for one call, and is dropped after it.
        drop(service);
        let response = response
            .await
            .map_err(|error| Error::from_boxed(error.into()))?;
        if let Some(switch) = switch
            && let Some(protocol) = switch.protocol(&response)
        {
            return start_response.send(switch.switch(protocol, translate_response(response)));
        }
        // A tower service that has returned its response expects it to be sent: a client may wait
        // for the head before it continues (gRPC, event streams).
        start_response.send(translate_response(response).map(Body::commit_early))
    }
}

impl<S: Clone, F> fmt::Debug for TowerApp<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TowerApp").field(&type_name::<S>()).finish()
    }
}
