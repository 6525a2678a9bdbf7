//! The driver's body as actix's.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use gateway_core::{Error, Outgoing};
use http_body::Body as HttpBody;

use crate::payload::{Pump, Pumped};

/// After so many turns between the app and the pump the body lets others run.
const TURNS: u32 = 32;

/// Who puts the chunked coding around a stream on HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// actix, or nobody.
    Host,
    /// The adapter: actix announces the coding and then does not apply it.
    Own,
}

/// The size as actix is to announce it; `declared` is the head's Content-Length.
#[inline]
pub(crate) fn size(outgoing: &Outgoing, declared: Option<u64>) -> BodySize {
    match outgoing.size_hint().exact() {
        Some(length) => BodySize::Sized(length),
        // Nothing follows the head. HEAD and 205 announce a length, 204 and 304 have none.
        None if outgoing.is_end_stream() => declared.map_or(BodySize::None, BodySize::Sized),
        None => BodySize::Stream,
    }
}

/// The body for actix.
#[inline]
pub(crate) fn body(
    outgoing: Outgoing,
    size: BodySize,
    framing: Framing,
    pump: Option<Pump>,
) -> BoxBody {
    let outgoing = match outgoing.try_into_bytes() {
        Ok(bytes) => return BoxBody::new(bytes),
        Err(outgoing) => outgoing,
    };
    if outgoing.is_end_stream() {
        return match size {
            BodySize::None => BoxBody::new(body::None::new()),
            size => BoxBody::new(Announced(size)),
        };
    }
    BoxBody::new(Stream {
        outgoing,
        size,
        pump,
        framing,
        pieces: VecDeque::new(),
        ended: false,
    })
}

/// No body, of a size: what HEAD answers (B6). actix would read any other to its end.
struct Announced(BodySize);

impl MessageBody for Announced {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// A stream, which also keeps the request's body moving.
struct Stream {
    outgoing: Outgoing,
    size: BodySize,
    pump: Option<Pump>,
    framing: Framing,
    /// Framed pieces that wait for their turn.
    pieces: VecDeque<Bytes>,
    ended: bool,
}

impl Stream {
    /// The next chunk. Trailers are dropped: actix cannot send them (B11).
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        for _ in 0..TURNS {
            let poll = Pin::new(&mut self.outgoing).poll_frame(cx);
            // After each poll, also of a body that always has something: a reader elsewhere waits.
            let pumped = match &mut self.pump {
                Some(pump) => pump.poll(cx),
                None => Pumped::Idle,
            };
            match poll {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending if pumped == Pumped::Delivered => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl MessageBody for Stream {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let this = self.get_mut();
        if let Some(piece) = this.pieces.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        if this.ended {
            return Poll::Ready(None);
        }
        let data = ready!(this.poll_data(cx));
        this.ended = !matches!(data, Some(Ok(_)));
        if this.framing == Framing::Host {
            return Poll::Ready(data);
        }
        // RFC 9112 section 7.1.
        Poll::Ready(match data {
            Some(Ok(data)) => {
                let head = format!("{:x}\r\n", data.len());
                this.pieces.push_back(data);
                this.pieces.push_back(Bytes::from_static(b"\r\n"));
                Some(Ok(Bytes::from(head)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => Some(Ok(Bytes::from_static(b"0\r\n\r\n"))),
        })
    }
}
