//! An app in an actix server: as a prefix, as the default service, in a route.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_service::{ServiceFactory, fn_factory};
use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse,
};
use actix_web::guard::Guard;
use gateway_core::{App, Environ, Gateway};

use crate::worker::{Place, Settings, Unnamed, Worker, WorkerService};

/// An app as an actix service, for `default_service` and for `Route::service`.
///
/// These places are no mounts: the app sees the whole path in PATH_INFO, also within a scope, whose
/// unmatched requests actix hands to the application's default service. [`mount`] puts an app below
/// a prefix; `mount("", app)`, as the last service of a scope, makes it what answers there.
///
/// A service whose type has a name is [`ActixService`].
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

/// Mounts an app at a prefix of the application or of a scope.
///
/// The prefix is a pattern of actix's router, so it may have parameters (`/u/{id}`), and matches
/// whole segments; `""` matches every path. The app sees it as SCRIPT_NAME, after those of the
/// scopes around it (E3), and guards added with [`ActixMount::guard`] decide as anywhere in actix.
///
/// # Examples
///
/// ```
/// use actix_web::{App, guard, web};
/// use adapter_actix::mount;
/// use gateway_core::{Environ, view};
///
/// async fn whoami(environ: Environ) -> String {
///     format!("{} {}", environ.script_name(), environ.path_info())
/// }
///
/// let app = App::new()
///     .service(mount("/files", view(whoami)))
///     .service(web::scope("/u/{id}").service(mount("/app", view(whoami))))
///     .service(mount("/admin", view(whoami)).guard(guard::Host("admin.example")));
/// # let _ = app;
/// ```
pub fn mount<A: App>(prefix: &str, app: A) -> ActixMount<A> {
    ActixService::new(app).mount(prefix)
}

/// An app as an actix service whose type can be named; its futures are boxed.
///
/// Clones share the app.
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
}

impl<A: App> ActixService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        let app = Arc::new(app);
        Self::from_gateway_fn(move || Gateway::new(app.clone()))
    }

    /// A service for an app in gateways that `gateway` makes, one for each worker: the memory that a
    /// gateway uses again is then its worker's own. One gateway for all of them works, too:
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
        }
    }

    /// Mounts the app at a prefix, as [`mount`] does.
    #[must_use]
    pub fn mount(self, prefix: &str) -> ActixMount<A> {
        ActixMount {
            prefix: prefix.trim_end_matches('/').to_owned(),
            service: self,
            guards: Vec::new(),
        }
    }

    /// Fills the environ with what actix knows of the request: `fill` is called with actix's request
    /// and the environ, before the app is. It replaces a function given before.
    ///
    /// actix's request extensions, app data and what its middlewares keep there (sessions,
    /// identities) are not `Send`: what the app needs of them is copied into
    /// [`extensions_mut`](Environ::extensions_mut), or set as a variable. The payload has been taken
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
    /// those of `ConnectionInfo`, which believes the first entry of `Forwarded` or `X-Forwarded-*`.
    ///
    /// Any client can send these: ask for it only behind a proxy that replaces them (E13).
    #[must_use]
    pub fn connection_info(mut self) -> Self {
        self.settings.connection_info = true;
        self
    }

    fn worker(&self, place: Place) -> Worker<Arc<A>> {
        Worker::new((self.gateway)(), place, self.settings.clone())
    }

    /// The service with futures that have no name, made anew for each worker: a worker's recycled
    /// memory is its own.
    fn unboxed(
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
        }
    }
}

impl<A> fmt::Debug for ActixService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixService")
            .field("app", &std::any::type_name::<A>())
            .field("connection_info", &self.settings.connection_info)
            .field("with", &self.settings.with.is_some())
            .finish()
    }
}

/// An app at a prefix; made by [`mount`].
#[doc(alias = "Mount")]
pub struct ActixMount<A> {
    prefix: String,
    service: ActixService<A>,
    guards: Vec<Box<dyn Guard>>,
}

impl<A: App> ActixMount<A> {
    /// Adds a guard: a request that it refuses is offered to the services behind this one.
    #[must_use]
    pub fn guard(mut self, guard: impl Guard + 'static) -> Self {
        self.guards.push(Box::new(guard));
        self
    }

    /// As [`ActixService::with`].
    #[must_use]
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&ServiceRequest, &mut Environ) + Send + Sync + 'static,
    {
        self.service = self.service.with(fill);
        self
    }

    /// As [`ActixService::connection_info`].
    #[must_use]
    pub fn connection_info(mut self) -> Self {
        self.service = self.service.connection_info();
        self
    }
}

impl<A: App> HttpServiceFactory for ActixMount<A> {
    fn register(self, config: &mut AppService) {
        let guards = (!self.guards.is_empty()).then_some(self.guards);
        let factory = self.service.unboxed(Place::Mount);
        config.register_service(
            ResourceDef::root_prefix(&self.prefix),
            guards,
            factory,
            None,
        );
    }
}

impl<A> fmt::Debug for ActixMount<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixMount")
            .field("prefix", &self.prefix)
            .field("service", &self.service)
            .field("guards", &self.guards.len())
            .finish()
    }
}
