//! `service` and `HyperService`: an app as a hyper service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use gateway_core::{App, BoxError, Connection, Environ, Gateway, Observer, Outgoing};
use http::{Request, Response, request};
use http_body::Body as HttpBody;
use hyper::rt::Executor;
use hyper::service::{Service, service_fn};
use hyper::upgrade::OnUpgrade;

use crate::answer::Answer;
use crate::request::{With, environ};
use crate::switch::{Spawner, Switchable, UpgradeTask};

/// Makes an app a hyper service, without boxing its future.
///
/// The service accepts any `http_body::Body`. Clones share the app: make one service and clone it
/// for each connection.
///
/// [`service_with`] adds what is known of a connection. [`HyperService`] has a named type, and can
/// add what else is known of a request.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run your accept loop inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9). [`Server`](crate::Server) calls it.
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
    HyperService::new(app).unboxed()
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
/// let connection = Connection::new()
///     .with_peer_addr("192.0.2.7:4711".parse()?)
///     .with_scheme(Scheme::Https);
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
    HyperService::from_gateway(gateway.clone())
        .with_connection(connection)
        .unboxed()
}

/// An app as a hyper service whose type can be named; its future is boxed.
///
/// Clones share the app, and cost one or two reference counts. Make one clone per connection.
///
/// # Examples
///
/// ```
/// use adapter_hyper::HyperService;
/// use gateway_core::{BoxApp, AppExt, view};
///
/// struct Listener { service: HyperService<BoxApp> }
///
/// let listener = Listener { service: HyperService::new(view(async |_| "Hello!").boxed()) };
/// # let _ = listener.service;
/// ```
#[doc(alias = "GatewayService")]
pub struct HyperService<A> {
    gateway: Gateway<A>,
    connection: Connection,
    // One pointer: each connection has a copy.
    options: Option<Arc<Options>>,
}

/// What few services have.
#[derive(Clone, Default)]
struct Options {
    with: Option<Arc<With>>,
    spawner: Option<Spawner>,
}

impl<A: App> HyperService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        Self::from_gateway(Gateway::new(app))
    }

    /// A service for an app in an existing gateway.
    pub fn from_gateway(gateway: Gateway<A>) -> Self {
        Self {
            gateway,
            connection: Connection::new(),
            options: None,
        }
    }

    /// The same service for one connection, with what is known of it. Costs a reference count.
    #[must_use]
    pub fn with_connection(&self, connection: Connection) -> Self {
        Self {
            connection,
            ..self.clone()
        }
    }

    /// Fills the environ with what else is known of the request: `fill` is called with the
    /// request's head and the environ, before the app. It replaces an earlier function.
    ///
    /// Extensions of the request are in the environ without it (E15). A panic in it is
    /// answered with 500, and the app is not called (B9). The head is copied for it.
    ///
    /// Do not use a header to tell the app something: any client can send one. If it must be a header, first remove
    /// the client's own of that name from every request, also from those for which nothing is set. The second
    /// example does.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use adapter_hyper::HyperService;
    /// use gateway_core::{Body, Environ, VarName, view};
    /// use hyper::service::Service;
    ///
    /// /// What a TLS acceptor puts into the extensions of each request.
    /// #[derive(Clone)]
    /// struct ClientName(&'static str);
    ///
    /// let app = view(async |environ: Environ| {
    ///     environ.get("REMOTE_USER").map(|user| user.to_string())
    /// });
    /// let service = HyperService::new(app).with(|head, environ| {
    ///     if let Some(ClientName(name)) = head.extensions.get() {
    ///         environ.set_var(const { VarName::new("REMOTE_USER") }, *name);
    ///     }
    /// });
    /// let mut request = http::Request::get("/").header("host", "a").body(Body::empty())?;
    /// request.extensions_mut().insert(ClientName("ada"));
    /// let response = service.call(request).await?;
    /// assert_eq!(Body::new(response.into_body()).bytes().await?, "ada");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// The same by a header, for an app that reads it behind a proxy, too:
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use adapter_hyper::HyperService;
    /// use gateway_core::{Body, Environ, view};
    /// use http::HeaderValue;
    /// use hyper::service::Service;
    ///
    /// /// What a TLS acceptor puts into the extensions of each request.
    /// #[derive(Clone)]
    /// struct ClientName(HeaderValue);
    ///
    /// let app = view(async |environ: Environ| match environ.header("x-user") {
    ///     Some(user) => format!("Hello, {user}!"),
    ///     None => "Hello, stranger!".to_owned(),
    /// });
    /// let service = HyperService::new(app).with(|head, environ| {
    ///     // First, and for every request: any client can send it.
    ///     environ.headers_mut().remove("x-user");
    ///     if let Some(ClientName(name)) = head.extensions.get() {
    ///         environ.headers_mut().insert("x-user", name.clone());
    ///     }
    /// });
    /// let forged = http::Request::get("/").header("host", "a").header("x-user", "root");
    /// let response = service.call(forged.body(Body::empty())?).await?;
    /// assert_eq!(Body::new(response.into_body()).bytes().await?, "Hello, stranger!");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&request::Parts, &mut Environ) + Send + Sync + 'static,
    {
        self.options_mut().with = Some(Arc::new(fill));
        self
    }

    /// Lets the app switch protocols (U1): `executor` runs the app's part, beside the
    /// connection. Without it nothing is offered. [`Server`](crate::Server) has its own executor.
    ///
    /// The connection must be served with upgrades: hyper's `http1::Connection::with_upgrades`, or
    /// hyper-util's `auto::Builder::serve_connection_with_upgrades`. Otherwise the client gets its 101,
    /// and then the end of the connection. WebSocket over HTTP/2 also needs
    /// `http2::Builder::enable_connect_protocol`.
    ///
    /// The future of an HTTP/1.1 connection ends with the switch. To shut a server down, give the
    /// gateway's signal ([`Gateway::shutdown_signal`]), wait for the tasks of the executor, and
    /// drop them at the deadline (U12).
    ///
    /// # Examples
    ///
    /// ```
    /// use adapter_hyper::HyperService;
    /// use gateway_core::view;
    /// use hyper_util::rt::TokioExecutor;
    ///
    /// let service = HyperService::new(view(async |_| "Hello!")).with_upgrades(TokioExecutor::new());
    /// # let _ = service;
    /// ```
    #[must_use]
    pub fn with_upgrades<E>(mut self, executor: E) -> Self
    where
        E: Executor<UpgradeTask> + Send + Sync + 'static,
    {
        self.options_mut().spawner = Some(Arc::new(executor));
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
    /// use adapter_hyper::HyperService;
    /// use gateway_core::{Body, Outcome, RequestSummary, view};
    /// use hyper::service::Service;
    ///
    /// let (sender, outcomes) = mpsc::channel();
    /// let service = HyperService::new(view(async |_| "Hello!")).with_observer(
    ///     move |request: &RequestSummary, outcome: &Outcome| {
    ///         let _ = sender.send((request.path().to_owned(), outcome.body_bytes()));
    ///     },
    /// );
    /// let request = http::Request::get("/a").header("host", "a").body(Body::empty())?;
    /// drop(service.call(request).await?);
    /// assert_eq!(outcomes.try_recv()?, ("/a".to_owned(), 6));
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.gateway = self.gateway.with_observer(observer);
        self
    }

    fn options_mut(&mut self) -> &mut Options {
        Arc::make_mut(self.options.get_or_insert_default())
    }

    /// The gateway, for the server that runs the service.
    #[cfg(feature = "server")]
    pub(crate) fn gateway(&self) -> &Gateway<A> {
        &self.gateway
    }

    /// The same service without a boxed future; its type has no name.
    pub fn unboxed<B>(
        self,
    ) -> impl Service<
        Request<B>,
        Response = Response<Outgoing>,
        Error = Infallible,
        Future: Future<Output = Result<Response<Outgoing>, Infallible>> + Send,
    > + Clone
    + use<A, B>
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        service_fn(move |request: Request<B>| self.answer(request))
    }

    /// One request, converted and handed to the gateway.
    #[inline]
    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
    ) -> Answer<impl Future<Output = Response<Outgoing>> + Send + use<A, B>>
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let spawner = self.spawner();
        let (parts, body) = request.into_parts();
        let (environ, on_upgrade) = self.environ(parts, body, spawner.is_some());
        let switchable = spawner.zip(on_upgrade).map(|(spawner, on_upgrade)| {
            Box::new(Switchable {
                on_upgrade,
                spawner: spawner.clone(),
            })
        });
        Answer::new(self.gateway.handle(environ), switchable)
    }

    /// The request as an environ, and the right to the stream if the caller can switch.
    #[inline]
    pub(crate) fn environ<B>(
        &self,
        parts: request::Parts,
        body: B,
        can_switch: bool,
    ) -> (Environ, Option<OnUpgrade>)
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let with = self.filling();
        environ(
            &self.gateway,
            self.connection,
            with,
            can_switch,
            parts,
            body,
        )
    }
}

impl<A> HyperService<A> {
    #[inline]
    fn filling(&self) -> Option<&With> {
        self.options.as_ref()?.with.as_deref()
    }

    #[inline]
    fn spawner(&self) -> Option<&Spawner> {
        self.options.as_ref()?.spawner.as_ref()
    }
}

impl<A, B> Service<Request<B>> for HyperService<A>
where
    A: App,
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Outgoing>, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        Box::pin(self.answer(request))
    }
}

impl<A> Clone for HyperService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
            connection: self.connection,
            options: self.options.clone(),
        }
    }
}

impl<A> fmt::Debug for HyperService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperService")
            .field("gateway", &self.gateway)
            .field("connection", &self.connection)
            .field("with", &self.filling().is_some())
            .field("with_upgrades", &self.spawner().is_some())
            .finish()
    }
}
