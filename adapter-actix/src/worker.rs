//! Runs an app in one worker of an actix server.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use actix_service::Service;
use actix_service::boxed::BoxFuture;
use actix_web::HttpMessage as _;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Version;
use gateway_core::{App, Gateway, HttpError, Outgoing};

use crate::actix_app::is_bridged;
use crate::answer::{Answer, End, Rest};
use crate::ending;
use crate::lent_head::{Lender, Lending};
use crate::payload;
use crate::prefix;
use crate::request::{self, With};
use crate::response::Facts;
use crate::upgrade;

/// Where the app is in an application.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// Below a prefix, directly below the router. The router has just owned the request, so nobody
    /// else holds it.
    Mount,
    /// A default service or a route. A default service also gets the unmatched requests of scopes.
    /// Their match says nothing about the place of the app, so it sees the whole path.
    Fallback,
}

/// What a worker needs for each request.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) connection_info: bool,
    pub(crate) with: Option<Arc<With>>,
}

/// The app, and memory that one worker recycles.
pub(crate) struct Worker<A> {
    gateway: Rc<Gateway<A>>,
    lender: Rc<Lender>,
    place: Place,
    settings: Settings,
}

impl<A: App> Worker<A> {
    pub(crate) fn new(gateway: Gateway<A>, place: Place, settings: Settings) -> Self {
        Self {
            gateway: Rc::new(gateway),
            lender: Rc::default(),
            place,
            settings,
        }
    }

    /// Answers a request. It never fails: an app's error or panic becomes a response.
    #[inline]
    pub(crate) fn answer(
        &self,
        mut request: ServiceRequest,
    ) -> Answer<A, impl Future<Output = http::Response<Outgoing>> + use<A>> {
        let facts = Facts::of(request.head(), || is_bridged(&request.extensions()));
        let split = match self.place {
            Place::Mount => prefix::raw_offset(request.match_info(), request.path()),
            Place::Fallback => 0,
        };
        let lending = match (self.place, &self.settings.with) {
            (Place::Mount, None) => Lending::Own,
            // The user's function sees the request with its headers.
            _ => Lending::Copy,
        };
        let connection = request::connection(&request, self.settings.connection_info);
        let tunnel = upgrade::take_payload(&mut request, facts);
        let (input, upload) = payload::open(&mut request, facts);
        let lease = self.lender.lend(request, lending);
        let is_behind =
            facts.version < Version::HTTP_2 && ending::has_ended(lease.request().head());
        let environ = if is_behind {
            None
        } else {
            request::environ(&self.gateway, &lease, input)
        };
        let Some(mut environ) = environ else {
            let mut error = HttpError::bad_request();
            if is_behind {
                error = error.with_description("The connection has ended before this request.");
            }
            let head = request::refused_head(&lease, connection);
            let page = self.gateway.refuse(&head, error);
            let rest = Rest::new(upload, None);
            return Answer::refused(page, End::new(rest, lease, facts, self.gateway.clone()));
        };
        environ.set_connection(connection);
        // An offset that is not the end of a segment leaves the path whole.
        let _ = environ.set_script_name_len(split);
        request::note_path_params(lease.request(), &mut environ);
        let tunnel = tunnel.and_then(|payload| upgrade::offer(&mut environ, payload));
        if let Some(with) = &self.settings.with
            && !self.gateway.refuses(&environ)
        {
            request::fill(&**with, lease.request(), &mut environ);
        }
        let driven = self.gateway.handle(environ);
        let rest = Rest::new(upload, tunnel);
        Answer::driven(driven, End::new(rest, lease, facts, self.gateway.clone()))
    }
}

/// An [`ActixService`](crate::ActixService) in one worker.
pub struct WorkerService<A>(pub(crate) Worker<Arc<A>>);

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

/// A service that is a closure.
pub(crate) struct Unnamed<F>(pub(crate) F);

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
