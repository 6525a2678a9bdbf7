//! An app as a hyper service.

mod answer;

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;

use gateway_core::{App, BoxError, Connection, Gateway, HttpError, Input, Outgoing};
use http::{HeaderValue, Request, Response, Version, header};
use http_body::Body as HttpBody;
use hyper::service::{Service, service_fn};

use crate::host;
use answer::Answer;

/// Makes an app a hyper service, without boxing its future.
///
/// The service accepts any `http_body::Body`. Clones share the app and the gateway's recycled
/// memory: make one service and clone it for each connection.
///
/// What is known of a connection is added with [`service_with`]; a service whose type has a name is
/// [`GatewayService`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use bytes::Bytes;
/// use gateway_core::view;
/// use http_body_util::Empty;
/// use hyper::service::Service;
///
/// let service = adapter_hyper::service::<_, Empty<Bytes>>(view(async |_| "Hello, World!"));
/// let request = http::Request::get("/").header("host", "a.example").body(Empty::new())?;
/// let response: http::Response<_> = service.call(request).await?;
/// assert_eq!(response.status(), 200);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn service<A, B>(
    app: A,
) -> impl Service<
    Request<B>,
    Response = Response<Outgoing>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Outgoing>, Infallible>> + Send,
> + Clone
+ use<A, B>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    service_with(&Gateway::new(app), Connection::new())
}

/// A service for one connection, with what is known of it: the addresses of its two ends, and its
/// scheme (E13, E16). As [`service`] it boxes nothing, and costs a reference count.
///
/// # Examples
///
/// ```
/// use adapter_hyper::service_with;
/// use gateway_core::{Connection, Gateway, Scheme, view};
/// # fn serve<S: hyper::service::Service<http::Request<hyper::body::Incoming>>>(_: S) {}
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// let gateway = Gateway::new(view(async |_| "Hello, World!"));
/// // For each connection:
/// let connection = Connection::new().with_peer_addr("192.0.2.7:4711".parse()?).scheme(Scheme::Https);
/// serve(service_with(&gateway, connection));
/// # Ok(())
/// # }
/// ```
pub fn service_with<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
) -> impl Service<
    Request<B>,
    Response = Response<Outgoing>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Outgoing>, Infallible>> + Send,
> + Clone
+ use<A, B>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let gateway = gateway.clone();
    service_fn(move |request: Request<B>| answer(&gateway, connection, request))
}

/// An app as a hyper service whose type can be named; its future is boxed.
///
/// # Examples
///
/// ```
/// use adapter_hyper::GatewayService;
/// use gateway_core::{BoxApp, AppExt, view};
///
/// struct Listener { service: GatewayService<BoxApp> }
///
/// let listener = Listener { service: GatewayService::new(view(async |_| "Hello!").boxed()) };
/// # let _ = listener.service;
/// ```
pub struct GatewayService<A> {
    gateway: Gateway<A>,
    connection: Connection,
}

impl<A: App> GatewayService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        Self {
            gateway: Gateway::new(app),
            connection: Connection::new(),
        }
    }

    /// The same service for one connection, with what is known of it. Costs a reference count.
    #[must_use]
    pub fn with_connection(&self, connection: Connection) -> Self {
        Self {
            gateway: self.gateway.clone(),
            connection,
        }
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
    type Future = Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        Box::pin(answer(&self.gateway, self.connection, request))
    }
}

impl<A> Clone for GatewayService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
            connection: self.connection,
        }
    }
}

impl<A> fmt::Debug for GatewayService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayService")
            .field("gateway", &self.gateway)
            .field("connection", &self.connection)
            .finish()
    }
}

/// One request, converted and handed to the gateway.
#[inline]
fn answer<A, B>(
    gateway: &Gateway<A>,
    connection: Connection,
    request: Request<B>,
) -> Answer<impl Future<Output = Response<Outgoing>> + Send + use<A, B>>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut parts, body) = request.into_parts();
    let is_valid = host::is_valid(&parts);
    let is_http1 = parts.version < Version::HTTP_2;
    if is_http1 && !body.is_end_stream() && parts.headers.contains_key(header::TRANSFER_ENCODING) {
        // I2; RFC 9112 section 6.3: the chunked coding overrides a length, which hyper removes
        // today and other senders of requests may not.
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let mut environ = gateway.environ(parts, Input::new(body));
    environ.set_connection(connection);
    if is_valid {
        return Answer::driven(gateway.handle(environ));
    }
    let mut response = gateway.refuse(environ, HttpError::bad_request());
    if is_http1 {
        // Who framed the head wrongly is not trusted with where the next one begins.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Answer::refused(response)
}
