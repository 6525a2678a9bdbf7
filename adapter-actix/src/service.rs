//! `service` and `ActixService`: an app as a default service or a route of an actix server.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_service::{ServiceFactory, fn_factory};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use gateway_core::{App, Environ, Gateway, Observer, Outcome, RequestSummary, ShutdownSignal};

use crate::mount::ActixMount;
use crate::worker::{Place, Settings, Unnamed, Worker, WorkerService};

/// An app as an actix service, for `default_service` and for `Route::service`.
///
/// These places are not mounts: the app sees the whole path in PATH_INFO, also within a scope,
/// because actix passes unmatched requests of a scope to the application's default service.
/// [`mount`](crate::mount()) puts an app below a prefix. `mount("", app)`, as the last service of a
/// scope, answers its unmatched requests.
///
/// [`ActixService`] is a service with a named type.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run the server inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9).
///
/// # Examples
///
/// ```
/// use actix_web::{App, guard, web};
/// use gateway_core::view;
///
/// let app = App::new()
///     .route("/native", web::get().to(async || "native"))
///     .service(web::resource("/one").route(web::get().service(
///         adapter_actix::service(view(async |_| "one")),
///     )))
///     .default_service(adapter_actix::service(view(async |_| ("nothing here", 404))));
/// # let _ = app;
/// ```
pub fn service<A: App>(
    app: A,
) -> impl ServiceFactory<
    ServiceRequest,
    Config = (),
    Response = ServiceResponse,
    Error = actix_web::Error,
    InitError = (),
> + use<A> {
    ActixService::new(app).unboxed(Place::Fallback)
}

/// An app as an actix service with a named type; its futures are boxed.
///
/// Clones share the app.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run the server inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9).
///
/// # Examples
///
/// ```
/// use adapter_actix::ActixService;
/// use gateway_core::{AppExt, BoxApp, view};
///
/// let fallback: ActixService<BoxApp> = ActixService::new(view(async |_| "Hello!").boxed());
/// let app = actix_web::App::new().default_service(fallback);
/// # let _ = app;
/// ```
#[doc(alias = "GatewayService")]
pub struct ActixService<A> {
    /// Makes the gateway of a worker.
    gateway: Arc<dyn Fn() -> Gateway<Arc<A>> + Send + Sync>,
    settings: Settings,
    shutdown: ShutdownSignal,
}

impl<A: App> ActixService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        let app = Arc::new(app);
        Self::from_gateway_fn(move || Gateway::new(app.clone()))
    }

    /// A service for an app in gateways that `gateway` makes, one for each worker. So each worker
    /// recycles its own memory. One gateway for all of them works, too:
    /// `move || gateway.clone()`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use adapter_actix::ActixService;
    /// use gateway_core::{Gateway, view};
    ///
    /// let app = Arc::new(view(async |_| "Hello!"));
    /// let service = ActixService::from_gateway_fn(move || Gateway::new(app.clone()));
    /// let app = actix_web::App::new().service(service.mount("/app"));
    /// # let _ = app;
    /// ```
    pub fn from_gateway_fn<F>(gateway: F) -> Self
    where
        F: Fn() -> Gateway<Arc<A>> + Send + Sync + 'static,
    {
        Self {
            gateway: Arc::new(gateway),
            settings: Settings {
                connection_info: false,
                with: None,
            },
            shutdown: ShutdownSignal::new(),
        }
    }

    /// Mounts the app at a prefix, as [`mount`](crate::mount()) does.
    #[must_use]
    pub fn mount(self, prefix: &str) -> ActixMount<A> {
        ActixMount::new(prefix, self)
    }

    /// Fills the environ with what actix knows of the request: `fill` is called with actix's
    /// request and the environ, before the app. It replaces an earlier function.
    ///
    /// actix's request extensions, app data and what its middlewares store there (sessions,
    /// identities) are not `Send`: copy what the app needs into
    /// [`extensions_mut`](Environ::extensions_mut), or set it as a variable. The payload was taken
    /// out of the request. The parameters of routes need no such function: they are a
    /// [`PathParams`](gateway_core::PathParams) in the extensions.
    ///
    /// A panic in it is answered with 500, and the app is not called (B9). The request's headers are
    /// copied for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::{App, HttpMessage, web};
    /// use adapter_actix::ActixService;
    /// use gateway_core::{Environ, VarName, view};
    ///
    /// /// What an authentication middleware of actix's leaves in the extensions.
    /// struct User(String);
    ///
    /// async fn hello(environ: Environ) -> String {
    ///     match environ.get("REMOTE_USER") {
    ///         Some(user) => format!("Hello, {user}!"),
    ///         None => "Hello, stranger!".to_owned(),
    ///     }
    /// }
    ///
    /// let service = ActixService::new(view(hello)).with(|request, environ| {
    ///     if let Some(User(name)) = request.extensions().get() {
    ///         environ.set_var(const { VarName::new("REMOTE_USER") }, name.clone());
    ///     }
    /// });
    /// let app = App::new().service(service.mount("/app"));
    /// # let _ = app;
    /// ```
    #[must_use]
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&ServiceRequest, &mut Environ) + Send + Sync + 'static,
    {
        self.settings.with = Some(Arc::new(fill));
        self
    }

    /// Lets the forwarded headers set the client's address and the scheme, by actix's own rules:
    /// those of `ConnectionInfo`, which trusts the first entry of `Forwarded` or `X-Forwarded-*`.
    ///
    /// Any client can send these. Use it only behind a proxy that replaces them (E13).
    #[must_use]
    pub fn connection_info(mut self) -> Self {
        self.settings.connection_info = true;
        self
    }

    /// Registers an observer that is told how each exchange ended, also of requests that are
    /// refused before the app. There is one for all workers. If there is one already, also from the function given
    /// to [`from_gateway_fn`](Self::from_gateway_fn), this call has no effect. A middleware adds more with
    /// [`Environ::observe`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use adapter_actix::ActixService;
    /// use gateway_core::{Outcome, RequestSummary, view};
    ///
    /// # #[actix_web::main]
    /// # async fn main() {
    /// let sent = Arc::new(AtomicU64::new(0));
    /// let sum = sent.clone();
    /// let service = ActixService::new(view(async |_| "Hello!")).with_observer(
    ///     move |_: &RequestSummary, outcome: &Outcome| {
    ///         sum.fetch_add(outcome.body_bytes(), Ordering::Relaxed);
    ///     },
    /// );
    /// let app = actix_web::App::new().service(service.mount("/app"));
    ///
    /// let app = actix_web::test::init_service(app).await;
    /// let request = actix_web::test::TestRequest::with_uri("/app/a").to_request();
    /// drop(actix_web::test::call_service(&app, request).await);
    /// assert_eq!(sent.load(Ordering::Relaxed), 6);
    /// # }
    /// ```
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        let (gateway, observer) = (self.gateway, Arc::new(observer));
        self.gateway = Arc::new(move || {
            let shared = observer.clone();
            gateway().with_observer(move |request: &RequestSummary, outcome: &Outcome| {
                shared.observe(request, outcome);
            })
        });
        self
    }

    /// The signal that the server has begun to shut down, one for all workers and clones of the
    /// service. actix does not tell services of its shutdown. Give the signal
    /// ([`begin`](ShutdownSignal::begin)) right before you stop the server. Apps wait for it with
    /// [`Environ::closing`] and [`Duplex::closing`](gateway_core::Duplex::closing) (L4, U12).
    ///
    /// actix then waits for the connections, also upgraded ones, up to
    /// `HttpServer::shutdown_timeout`, and cuts the rest.
    ///
    /// Take it before the service is moved into the function of `HttpServer::new`, which is called
    /// for each worker. If a function of [`from_gateway_fn`](Self::from_gateway_fn) gave a gateway
    /// its own signal, the gateway keeps it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use actix_web::{App, HttpServer, rt};
    /// use adapter_actix::ActixService;
    /// use gateway_core::{Environ, view};
    ///
    /// async fn wait(mut environ: Environ) -> &'static str {
    ///     environ.closing().await;
    ///     "The server is closing."
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let service = ActixService::new(view(wait));
    /// let closing = service.shutdown_signal();
    /// let server = HttpServer::new(move || App::new().service(service.clone().mount("")))
    ///     .disable_signals()
    ///     .shutdown_timeout(30)
    ///     .bind(("127.0.0.1", 8080))?
    ///     .run();
    ///
    /// let handle = server.handle();
    /// rt::spawn(async move {
    ///     if rt::signal::ctrl_c().await.is_ok() {
    ///         closing.begin();
    ///         handle.stop(true).await;
    ///     }
    /// });
    /// server.await
    /// # }
    /// ```
    #[must_use]
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        self.shutdown.clone()
    }

    /// Shares the signal of another service, or of the server, instead of
    /// [this service's](Self::shutdown_signal): for servers that run several apps.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::App;
    /// use adapter_actix::{ActixService, mount};
    /// use gateway_core::{ShutdownSignal, view};
    ///
    /// let closing = ShutdownSignal::new();
    /// let fallback = ActixService::new(view(async |_| "blog")).with_shutdown_signal(closing.clone());
    /// assert!(!fallback.shutdown_signal().has_begun());
    /// let app = App::new()
    ///     .service(mount("/shop", view(async |_| "shop")).with_shutdown_signal(closing.clone()))
    ///     .default_service(fallback.clone());
    ///
    /// closing.begin();
    /// assert!(fallback.shutdown_signal().has_begun());
    /// # let _ = app;
    /// ```
    #[must_use]
    pub fn with_shutdown_signal(mut self, signal: ShutdownSignal) -> Self {
        self.shutdown = signal;
        self
    }

    fn worker(&self, place: Place) -> Worker<Arc<A>> {
        let gateway = (self.gateway)().with_shutdown_signal(self.shutdown.clone());
        Worker::new(gateway, place, self.settings.clone())
    }

    /// The service with unnamed futures, made for each worker, so that each recycles its own
    /// memory.
    pub(crate) fn unboxed(
        self,
        place: Place,
    ) -> impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    > + use<A> {
        fn_factory(move || {
            let worker = self.worker(place);
            let call = move |request| worker.answer(request);
            ready(Ok::<_, ()>(Unnamed(call)))
        })
    }
}

impl<A: App> ServiceFactory<ServiceRequest> for ActixService<A> {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Config = ();
    type Service = WorkerService<A>;
    type InitError = ();
    type Future = Ready<Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(WorkerService(self.worker(Place::Fallback))))
    }
}

impl<A> Clone for ActixService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
            settings: self.settings.clone(),
            shutdown: self.shutdown.clone(),
        }
    }
}

impl<A> fmt::Debug for ActixService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixService")
            .field("app", &std::any::type_name::<A>())
            .field("connection_info", &self.settings.connection_info)
            .field("with", &self.settings.with.is_some())
            .field("shutdown", &self.shutdown)
            .finish()
    }
}
