//! The service of one connection, which reports its exchanges to the `Activity`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use gateway_core::{App, Error, Outgoing};
use gateway_server::Ending;
use http::{HeaderValue, Request, Response, Version, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::upgrade::OnUpgrade;
use pin_project_lite::pin_project;

use super::activity::{Activity, Exchange};
use super::limits::ConnectionLimits;
use super::timed_body::TimedBody;
use super::tunnel;
use crate::service::HyperService;

/// HTTP/2: how much of a chunk is handed over at a time. hyper takes a whole chunk as soon as the
/// client accepts one byte of it.
const PIECE: usize = 16 * 1024;

/// The service for one connection.
pub(super) fn tracked<A: App>(
    service: HyperService<A>,
    activity: Arc<Activity>,
    limits: ConnectionLimits,
    ending: Option<Ending>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<TrackedBody>,
    Error = Infallible,
    Future: Future<Output = Result<Response<TrackedBody>, Infallible>> + Send,
> + use<A> {
    service_fn(move |request: Request<Incoming>| {
        let version = request.version();
        let (parts, body) = request.into_parts();
        let body = TimedBody::new(body, limits.body_read_timeout);
        let exchange = activity.begin();
        let (environ, on_upgrade) = service.environ(parts, body, true);
        TrackedAnswer {
            exchange: Some(exchange),
            answer: service.gateway().handle(environ),
            switchable: on_upgrade.map(|on_upgrade| Box::new((on_upgrade, ending.clone()))),
            version,
        }
    })
}

pin_project! {
    struct TrackedAnswer<F> {
        #[pin]
        answer: F,
        exchange: Option<Exchange>,
        // The right to the stream, and the guard that a tunnel holds as long as it lives.
        switchable: Option<Box<(OnUpgrade, Option<Ending>)>>,
        version: Version,
    }
}

impl<F> Future for TrackedAnswer<F>
where
    F: Future<Output = Response<Outgoing>>,
{
    type Output = Result<Response<TrackedBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(cx));
        let mut exchange = this.exchange.take();
        let is_http2 = *this.version >= Version::HTTP_2;
        if let Some(switchable) = this.switchable.take() {
            switch(&mut response, &mut exchange, *switchable, is_http2);
        }
        if let Some(exchange) = &mut exchange {
            exchange.set_at_work(false);
            // hyper does not poll a body that it cannot write.
            let activity = exchange.activity();
            response
                .body()
                .wake_on_abort(|| Waker::from(activity.clone()));
        }
        if !is_http2 && exchange.as_ref().is_some_and(Exchange::closes_connection) {
            // RFC 9112 section 9.6: the head says `close` before the connection closes.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        Poll::Ready(Ok(response.map(|outgoing| TrackedBody {
            outgoing,
            rest: Bytes::new(),
            is_http2,
            exchange,
        })))
    }
}

/// Runs the switch, if the response has one. Its exchange moves with it.
#[cold]
fn switch(
    response: &mut Response<Outgoing>,
    exchange: &mut Option<Exchange>,
    (on_upgrade, ending): (OnUpgrade, Option<Ending>),
    is_http2: bool,
) {
    match response.body_mut().take_upgrade() {
        Some(upgrade) => {
            if let Some(exchange) = exchange.take() {
                let activity = exchange.activity().clone();
                activity.run(tunnel::run(upgrade, on_upgrade, exchange, ending));
            }
        }
        // hyper does not shut such a connection down.
        None if !is_http2 => {
            if let Some(exchange) = exchange {
                exchange.activity().keep_upgrade(on_upgrade);
            }
        }
        None => {}
    }
}

/// The body of a response on its way to hyper.
pub(super) struct TrackedBody {
    outgoing: Outgoing,
    /// The rest of a chunk that is handed over in pieces.
    rest: Bytes,
    is_http2: bool,
    exchange: Option<Exchange>,
}

impl TrackedBody {
    fn piece(&mut self, mut bytes: Bytes) -> Bytes {
        if self.is_http2 && bytes.len() > PIECE {
            self.rest = bytes.split_off(PIECE);
        }
        bytes
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let frame = if this.rest.is_empty() {
            Pin::new(&mut this.outgoing).poll_frame(cx)
        } else {
            Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.rest)))))
        };
        if let Some(exchange) = &mut this.exchange {
            exchange.set_at_work(frame.is_pending());
        }
        frame.map(|frame| {
            frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| this.piece(bytes))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.outgoing.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let hint = self.outgoing.size_hint();
        if rest == 0 {
            return hint;
        }
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper.saturating_add(rest));
        }
        whole
    }
}
