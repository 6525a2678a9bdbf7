//! What one worker of an actix server needs to run an app, and how a request is handed to it.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::task::{Context, Waker};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::{Version, header};
use actix_web::{HttpMessage, HttpResponse};
use gateway_core::{App, Connection, Environ, Gateway, Input, Outgoing, Scheme};

use crate::answer::Answer;
use crate::convert;
use crate::headers::{Lease, Lender, Lending};
use crate::payload::Pump;
use crate::prefix;
use crate::response::Facts;

/// Where in an application the app is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// Below a prefix, right below the router, which has just had the request for itself: nobody
    /// else holds it.
    Mount,
    /// A default service or a route. A default service also gets what scopes had nothing for: that
    /// they matched says nothing of where the app is, so it sees the whole path.
    Fallback,
}

/// The app, and memory that one worker's requests use again.
pub(crate) struct Worker<A> {
    gateway: Rc<Gateway<A>>,
    lender: Rc<Lender>,
    place: Place,
    connection_info: bool,
}

impl<A: App> Worker<A> {
    pub(crate) fn new(app: A, place: Place, connection_info: bool) -> Self {
        Self {
            gateway: Rc::new(Gateway::new(app)),
            lender: Rc::default(),
            place,
            connection_info,
        }
    }

    /// Answers a request; it never fails: an app's error or panic is a response.
    #[inline]
    pub(crate) fn answer(
        &self,
        mut request: ServiceRequest,
    ) -> Answer<A, impl Future<Output = http::Response<Outgoing>> + use<A>> {
        let facts = Facts::of(request.head());
        let (split, lending) = match self.place {
            Place::Mount => {
                let split = prefix::raw_offset(request.match_info(), request.path());
                (split, Lending::Own)
            }
            Place::Fallback => (0, Lending::Copy),
        };
        let connection = self.connection(&request);
        let (input, pump) = open(&mut request, facts);
        let lease = self.lender.lend(request, lending);
        let Some(mut environ) = self.environ(&lease, input) else {
            let refused = HttpResponse::BadRequest().finish();
            return Answer::refused(lease.end(), refused);
        };
        environ.set_connection(connection);
        // An offset that is no end of a segment leaves the path whole.
        let _ = environ.set_script_name_len(split);
        let driven = self.gateway.handle(environ);
        Answer::driven(driven, pump, lease, facts, self.gateway.clone())
    }

    /// The environ; `None` where `http` 1 takes the target for none.
    #[inline]
    fn environ(&self, lease: &Lease, input: Input) -> Option<Environ> {
        let head = lease.head();
        let source = lease.source();
        let method = convert::method(&head.method)?;
        let version = convert::version(head.version);
        if source.target().is_some() {
            return Some(self.gateway.lend((method, version), source, input));
        }
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = method;
        parts.version = version;
        parts.uri = convert::uri(&head.uri)?;
        let mut environ = self.gateway.environ(parts, input);
        environ.set_head_source(source);
        Some(environ)
    }

    /// The facts of the connection (E13, E16).
    #[inline]
    fn connection(&self, request: &ServiceRequest) -> Connection {
        let mut connection = Connection::new();
        let config = request.app_config();
        if config.secure() {
            connection = connection.with_scheme(Scheme::Https);
        }
        if let Some(peer) = request.peer_addr() {
            // Without a peer it is a Unix socket, for which actix makes a local address up.
            connection = connection
                .with_peer_addr(peer)
                .with_local_addr(config.local_addr());
        }
        if self.connection_info {
            let info = request.connection_info();
            connection = connection.with_scheme(convert::scheme(info.scheme()));
            let client = info.realip_remote_addr().and_then(client);
            // The peer itself keeps its port, which is not the forwarded client's.
            if let Some(client) = client
                .filter(|client| connection.peer_addr().map(|peer| peer.ip()) != Some(client.ip()))
            {
                connection = connection.with_peer_addr(client);
            }
        }
        connection
    }
}

/// A forwarded address; its port is 0 where the proxy named none.
fn client(text: &str) -> Option<SocketAddr> {
    let ip = |text: &str| {
        text.trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
    };
    text.parse()
        .ok()
        .or_else(|| Some(SocketAddr::new(ip(text).ok()?, 0)))
}

fn declared_length(request: &ServiceRequest) -> Option<u64> {
    let value = request.headers().get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.trim().parse().ok()
}

/// The request's body as an input, and the pump that fills it.
#[inline]
fn open(request: &mut ServiceRequest, facts: Facts) -> (Input, Option<Pump>) {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return (Input::empty(), None);
    }
    let declared = declared_length(request);
    // A tunnel's payload has no end: what the head declares is all of the request's body (I1).
    let length = facts.is_tunnel.then(|| declared.unwrap_or(0));
    let (input, mut pump) = Pump::new(payload, declared, length);
    if facts.is_tunnel || facts.version >= Version::HTTP_2 {
        // HTTP/2 has a payload for every request; most are over by now (I1). Nobody waits yet: who
        // does asks again.
        pump.read_ahead(&mut Context::from_waker(Waker::noop()));
    }
    if pump.is_empty() {
        return (Input::empty(), None);
    }
    (input, Some(pump))
}
