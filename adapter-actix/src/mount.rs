//! `mount`: an app below a prefix of an actix server.

use std::fmt;

use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef, ServiceRequest};
use actix_web::guard::Guard;
use gateway_core::{App, Environ, Observer, ShutdownSignal};

use crate::service::ActixService;
use crate::worker::Place;

/// Mounts an app at a prefix of the application or of a scope.
///
/// The prefix is a pattern of actix's router, so it may have parameters (`/u/{id}`), and matches
/// whole segments; `""` matches every path. The app sees it as SCRIPT_NAME, after those of the
/// scopes around it (E3), and guards added with [`ActixMount::guard`] decide as anywhere in actix.
///
/// Nothing here calls the app's [`startup`](gateway_core::App::startup): run the server inside
/// [`lifespan::run`](gateway_core::lifespan::run) if it has one (L9).
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

/// An app at a prefix; made by [`mount`].
#[doc(alias = "Mount")]
pub struct ActixMount<A> {
    prefix: String,
    service: ActixService<A>,
    guards: Vec<Box<dyn Guard>>,
}

impl<A> ActixMount<A> {
    pub(crate) fn new(prefix: &str, service: ActixService<A>) -> Self {
        Self {
            prefix: prefix.trim_end_matches('/').to_owned(),
            service,
            guards: Vec::new(),
        }
    }
}

impl<A: App> ActixMount<A> {
    /// Adds a guard. A request that it refuses is offered to the next services.
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

    /// As [`ActixService::with_observer`].
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.service = self.service.with_observer(observer);
        self
    }

    /// As [`ActixService::shutdown_signal`].
    #[must_use]
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        self.service.shutdown_signal()
    }

    /// As [`ActixService::with_shutdown_signal`].
    #[must_use]
    pub fn with_shutdown_signal(mut self, signal: ShutdownSignal) -> Self {
        self.service = self.service.with_shutdown_signal(signal);
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
