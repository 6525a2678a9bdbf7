//! What one worker of an actix server needs to run an app, and one request's way through it.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Version, header};
use actix_web::{HttpMessage, HttpResponse};
use gateway_core::{App, Connection, Gateway, Input, Outgoing, Scheme};

use crate::convert::{self, Scratch};
use crate::headers::{Lender, Lending};
use crate::payload::{DRAINED, Pump, Pumped};
use crate::prefix;
use crate::response::{Facts, response};

/// After so many turns between the app and the pump the exchange lets others run.
const TURNS: u32 = 32;

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
    gateway: Gateway<A>,
    lender: Lender,
    place: Place,
    targets: RefCell<Scratch>,
    values: RefCell<Scratch>,
    connection_info: bool,
}

impl<A: App> Worker<A> {
    pub(crate) fn new(app: A, place: Place, connection_info: bool) -> Self {
        Self {
            gateway: Gateway::new(app),
            lender: Lender::default(),
            place,
            targets: RefCell::default(),
            values: RefCell::default(),
            connection_info,
        }
    }

    /// Answers a request; it never fails: an app's error or panic is a response.
    pub(crate) async fn answer(
        self: Rc<Self>,
        mut request: ServiceRequest,
    ) -> Result<ServiceResponse, actix_web::Error> {
        let head = request.head();
        let facts = Facts::of(head);
        let parts = convert::request_parts(
            &head.method,
            &head.uri,
            head.version,
            &mut self.targets.borrow_mut(),
        );
        let Some(mut parts) = parts else {
            return Ok(request.into_response(HttpResponse::BadRequest().finish()));
        };
        parts.headers = self.values.borrow_mut().spare_map();
        let (split, lending) = match self.place {
            Place::Mount => {
                let split = prefix::raw_offset(request.match_info(), request.path());
                (split, Lending::Own)
            }
            Place::Fallback => (0, Lending::Copy),
        };
        let connection = self.connection(&request);
        let declared = declared_length(&request);
        let (input, mut pump) = open(request.take_payload(), facts, declared).await;

        // Dropped after what holds its headers.
        let lease = self.lender.lend(request, lending);
        let mut environ = self.gateway.environ(parts, input);
        environ.set_header_source(lease.source());
        environ.set_connection(connection);
        // An offset that is no end of a segment leaves the path whole.
        let _ = environ.set_split(split);
        let answer = drive(self.gateway.handle(environ), pump.as_mut()).await;

        if let Some(unread) = pump.take_if(|pump| pump.is_over() || !pump.has_reader()) {
            discard(unread, facts, declared).await;
        }
        let answer = response(answer, facts, pump, &mut self.values.borrow_mut());
        Ok(ServiceResponse::new(lease.end(), answer))
    }

    /// The facts of the connection (E13, E16).
    fn connection(&self, request: &ServiceRequest) -> Connection {
        let mut connection = Connection::new();
        let config = request.app_config();
        if config.secure() {
            connection = connection.scheme(Scheme::Https);
        }
        if let Some(peer) = request.peer_addr() {
            // Without a peer it is a Unix socket, for which actix makes a local address up.
            connection = connection.peer(peer).local(config.local_addr());
        }
        if self.connection_info {
            let info = request.connection_info();
            connection = connection.scheme(convert::scheme(info.scheme()));
            let client = info.realip_remote_addr().and_then(client);
            // The peer itself keeps its port, which is not the forwarded client's.
            if let Some(client) = client
                .filter(|client| connection.peer_addr().map(|peer| peer.ip()) != Some(client.ip()))
            {
                connection = connection.peer(client);
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
async fn open(payload: Payload, facts: Facts, declared: Option<u64>) -> (Input, Option<Pump>) {
    if matches!(payload, Payload::None) {
        return (Input::empty(), None);
    }
    // A tunnel's payload has no end: what the head declares is all of the request's body (I1).
    let length = facts.is_tunnel.then(|| declared.unwrap_or(0));
    let (input, mut pump) = Pump::new(payload, length);
    if facts.is_tunnel || facts.version >= Version::HTTP_2 {
        // HTTP/2 has a payload for every request; most are over by now (I1).
        std::future::poll_fn(|cx| {
            pump.read_ahead(cx);
            Poll::Ready(())
        })
        .await;
    }
    if pump.is_empty() {
        return (Input::empty(), None);
    }
    (input, Some(pump))
}

/// Runs the driver and, after each of its polls, the pump.
async fn drive(
    answer: impl Future<Output = http::Response<Outgoing>>,
    pump: Option<&mut Pump>,
) -> http::Response<Outgoing> {
    let Some(pump) = pump else {
        return answer.await;
    };
    let mut answer = pin!(answer);
    std::future::poll_fn(|cx| {
        for _ in 0..TURNS {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            if pump.poll(cx) == Pumped::Idle {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Deals with a request body that nobody will read (I5).
async fn discard(mut pump: Pump, facts: Facts, declared: Option<u64>) {
    let is_small = declared.is_none_or(|length| length <= DRAINED as u64);
    if !pump.is_over() && !facts.is_tunnel && is_small {
        pump.drain_arrived().await;
    }
}
