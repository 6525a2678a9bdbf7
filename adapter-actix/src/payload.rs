//! Bridges actix's payload, which is not `Send`, to the input of an app, which is.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::{Version, header};
use bytes::Bytes;
use futures_core::Stream;
use gateway_core::{Input, bridge};

use crate::response::Facts;

/// How many bytes of an unread body are read and dropped.
const DRAINED: usize = 64 * 1024;

/// The adapter's end of the bridge.
pub(crate) struct Upload {
    pub(crate) pump: bridge::Pump<Bounded>,
    /// The length that the head declares.
    declared: Option<u64>,
}

/// A payload that ends after its declared length, if it has no end of its own.
pub(crate) struct Bounded {
    payload: Payload,
    left: Option<u64>,
}

impl Stream for Bounded {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let mut item = ready!(Pin::new(&mut self.payload).poll_next(cx));
        if let (Some(Ok(chunk)), Some(left)) = (&mut item, &mut self.left) {
            chunk.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= chunk.len() as u64;
        }
        Poll::Ready(item)
    }
}

/// The request's body as an input, and the pump that fills it, if there is anything to read.
#[inline]
pub(crate) fn open(request: &mut ServiceRequest, facts: Facts) -> (Input, Option<Upload>) {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return (Input::empty(), None);
    }
    let declared = declared_length(request);
    // The payload of a tunnel has no end: only the declared bytes are the request's body (I1).
    let left = facts.is_tunnel.then(|| declared.unwrap_or(0));
    let (input, mut pump) = bridge::open(Bounded { payload, left });
    if facts.is_tunnel || facts.version >= Version::HTTP_2 {
        // HTTP/2 has a payload for every request, and most have ended already (I1). Nobody waits
        // yet: a reader polls again.
        pump.read_ahead(&mut Context::from_waker(Waker::noop()));
    }
    // I3, RFC 9113 section 8.1.1: an end before the declared length is an error of the read.
    if pump.is_empty() && declared.unwrap_or(0) == 0 {
        return (Input::empty(), None);
    }
    (input, Some(Upload { pump, declared }))
}

fn declared_length(request: &ServiceRequest) -> Option<u64> {
    let value = request.headers().get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.trim().parse().ok()
}

impl Upload {
    /// Drains what nobody will read, before the response (I5). Of what is too large to be dropped it
    /// only finds out whether there is anything left.
    pub(crate) fn drain(self) -> Drain {
        Drain {
            budget: if self.is_short() { DRAINED } else { 0 },
            upload: self,
            waited: false,
        }
    }

    /// True if the body may be short enough to be dropped.
    pub(crate) fn is_short(&self) -> bool {
        self.declared.is_none_or(|length| length <= DRAINED as u64)
    }

    /// True if actix would read the body on to its end, however far that is, once nobody holds it. It
    /// does so for the chunked coding. Of a body with a length it reads what comes during the
    /// response, and then closes the connection.
    pub(crate) fn is_read_on(&self) -> bool {
        self.declared.is_none()
    }
}

/// Reads and drops an unread body that has arrived with its head (I5), because actix would close
/// the connection for it. It does not wait for bytes that have not arrived.
pub(crate) struct Drain {
    upload: Upload,
    budget: usize,
    waited: bool,
}

impl Drain {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let drained = self.upload.pump.poll_drain(cx, &mut self.budget);
        if drained.is_ready() || self.waited {
            return Poll::Ready(());
        }
        // actix polls a handler once before it decodes what follows the head.
        self.waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The body, if there is more of it.
    pub(crate) fn into_rest(self) -> Option<Upload> {
        Some(self.upload).filter(|upload| !upload.pump.is_over())
    }
}
