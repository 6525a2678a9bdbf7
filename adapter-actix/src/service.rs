//! An app in an actix server: as a prefix, as the default service, in a route.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_service::boxed::BoxFuture;
use actix_service::{Service, ServiceFactory, fn_factory};
use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, ServiceRequest, ServiceResponse,
};
use actix_web::guard::Guard;
use gateway_core::App;

use crate::worker::{Place, Worker};

/// An app as an actix service, for `default_service` and for `Route::service`.
///
/// These places are no mounts: the app sees the whole path in PATH_INFO, also within a scope, whose
/// unmatched requests actix hands to the application's default service. [`mount`] puts an app below
/// a prefix; `mount("", app)`, as the last service of a scope, makes it what answers there.
///
/// A service whose type has a name is [`GatewayService`].
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
    GatewayService::new(app).unboxed(Place::Fallback)
}

/// Mounts an app at a prefix of the application or of a scope.
///
/// The prefix is a pattern of actix's router, so it may have parameters (`/u/{id}`), and matches
/// whole segments; `""` matches every path. The app sees it as SCRIPT_NAME, after those of the
/// scopes around it (E3), and guards added with [`Mount::guard`] decide as anywhere in actix.
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
pub fn mount<A: App>(prefix: &str, app: A) -> Mount<A> {
    Mount {
        prefix: prefix.trim_end_matches('/').to_owned(),
        service: GatewayService::new(app),
        guards: Vec::new(),
    }
}

/// An app as an actix service whose type can be named; its futures are boxed.
///
/// Clones share the app.
///
/// # Examples
///
/// ```
/// use adapter_actix::GatewayService;
/// use gateway_core::{AppExt, BoxApp, view};
///
/// let fallback: GatewayService<BoxApp> = GatewayService::new(view(async |_| "Hello!").boxed());
/// let app = actix_web::App::new().default_service(fallback);
/// # let _ = app;
/// ```
pub struct GatewayService<A> {
    app: Arc<A>,
    connection_info: bool,
}

impl<A: App> GatewayService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        Self {
            app: Arc::new(app),
            connection_info: false,
        }
    }

    /// Lets the forwarded headers set the client's address and the scheme, by actix's own rules:
    /// those of `ConnectionInfo`, which believes the first entry of `Forwarded` or `X-Forwarded-*`.
    ///
    /// Any client can send these: ask for it only behind a proxy that replaces them (E13).
    #[must_use]
    pub fn connection_info(mut self) -> Self {
        self.connection_info = true;
        self
    }

    fn worker(&self, place: Place) -> Worker<Arc<A>> {
        Worker::new(self.app.clone(), place, self.connection_info)
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

impl<A: App> ServiceFactory<ServiceRequest> for GatewayService<A> {
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

impl<A> Clone for GatewayService<A> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            connection_info: self.connection_info,
        }
    }
}

impl<A> fmt::Debug for GatewayService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayService")
            .field("app", &std::any::type_name::<A>())
            .field("connection_info", &self.connection_info)
            .finish()
    }
}

/// A [`GatewayService`] in one worker.
pub struct WorkerService<A>(Worker<Arc<A>>);

impl<A: App> Service<ServiceRequest> for WorkerService<A> {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = BoxFuture<Result<ServiceResponse, actix_web::Error>>;

    actix_service::always_ready!();

    fn call(&self, request: ServiceRequest) -> Self::Future {
        Box::pin(self.0.answer(request))
    }
}

impl<A> fmt::Debug for WorkerService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorkerService")
            .field(&std::any::type_name::<A>())
            .finish()
    }
}

/// A service made of a closure.
struct Unnamed<F>(F);

impl<F, Fut> Service<ServiceRequest> for Unnamed<F>
where
    F: Fn(ServiceRequest) -> Fut,
    Fut: Future<Output = Result<ServiceResponse, actix_web::Error>>,
{
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = Fut;

    actix_service::always_ready!();

    fn call(&self, request: ServiceRequest) -> Fut {
        (self.0)(request)
    }
}

/// An app at a prefix; made by [`mount`].
pub struct Mount<A> {
    prefix: String,
    service: GatewayService<A>,
    guards: Vec<Box<dyn Guard>>,
}

impl<A: App> Mount<A> {
    /// Adds a guard: a request that it refuses is offered to the services behind this one.
    #[must_use]
    pub fn guard(mut self, guard: impl Guard + 'static) -> Self {
        self.guards.push(Box::new(guard));
        self
    }

    /// As [`GatewayService::connection_info`].
    #[must_use]
    pub fn connection_info(mut self) -> Self {
        self.service = self.service.connection_info();
        self
    }
}

impl<A: App> HttpServiceFactory for Mount<A> {
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

impl<A> fmt::Debug for Mount<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount")
            .field("prefix", &self.prefix)
            .field("service", &self.service)
            .field("guards", &self.guards.len())
            .finish()
    }
}
