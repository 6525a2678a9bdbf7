//! Converts the driver's response body into actix's.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use gateway_core::{Error, Outgoing};
use http_body::Body as HttpBody;

use crate::ending::Ending;
use crate::payload::Upload;

/// Who adds the chunked coding to a stream on HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// actix, or the stream has none.
    Host,
    /// The adapter, because actix announces the coding and then does not apply it.
    Own,
}

/// The size that actix announces; `declared` is the head's Content-Length.
#[inline]
pub(crate) fn size(outgoing: &Outgoing) -> BodySize {
    match outgoing.announced() {
        Some(length) => BodySize::Sized(length),
        // 204, 304, and HEAD if the length is unknown.
        None if outgoing.is_end_stream() => BodySize::None,
        None => BodySize::Stream,
    }
}

/// The body for actix.
#[inline]
pub(crate) fn body(
    outgoing: Outgoing,
    size: BodySize,
    framing: Framing,
    mut upload: Option<Upload>,
    ending: Option<Ending>,
) -> BoxBody {
    let body = match outgoing.try_into_bytes() {
        Ok(bytes) => BoxBody::new(bytes),
        Err(outgoing) if outgoing.is_end_stream() => match size {
            BodySize::None => BoxBody::new(body::None::new()),
            size => BoxBody::new(Announced(size)),
        },
        Err(outgoing) => BoxBody::new(Stream {
            outgoing,
            size,
            upload: upload.take(),
            framing,
            pieces: VecDeque::new(),
            ended: false,
        }),
    };
    let held = upload.filter(Upload::is_read_on);
    if held.is_none() && ending.is_none() {
        return body;
    }
    BoxBody::new(Last {
        body,
        _held: held,
        _ending: ending,
    })
}

/// A body behind which the connection ends, or may end.
struct Last {
    body: BoxBody,
    /// The body of the request. actix closes the connection for what is left of it, if somebody
    /// holds it at the end of the response (I5).
    _held: Option<Upload>,
    _ending: Option<Ending>,
}

impl MessageBody for Last {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

/// No body, but with a size: for HEAD (B6). actix would read any other body to its end.
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

/// A stream, which also pumps the request's body.
struct Stream {
    outgoing: Outgoing,
    size: BodySize,
    upload: Option<Upload>,
    framing: Framing,
    /// Framed pieces that were not sent yet.
    pieces: VecDeque<Bytes>,
    ended: bool,
}

impl Stream {
    /// The next chunk. Trailers are dropped, because actix cannot send them (B11).
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let outgoing = &mut self.outgoing;
        let mut poll = |cx: &mut Context<'_>| {
            while let Some(frame) = ready!(Pin::new(&mut *outgoing).poll_frame(cx)) {
                if let Some(data) = frame.map(|frame| frame.into_data().ok()).transpose() {
                    return Poll::Ready(Some(data));
                }
            }
            Poll::Ready(None)
        };
        match &mut self.upload {
            Some(upload) => upload.pump.drive(cx, poll),
            None => poll(cx),
        }
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
