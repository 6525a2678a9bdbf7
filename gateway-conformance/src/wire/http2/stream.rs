use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;

use crate::wire::deadline::Deadline;
use crate::wire::request::Body;
use crate::wire::response::is_bodyless;
use crate::wire::{End, Framing, Head, WireError, WireRequest, WireResponse};

use super::convert::{fields, fields_from, head_from};

/// One request and its response, step by step.
///
/// Dropping it before both are complete gives the stream up with RST_STREAM (CANCEL).
/// Not reading it stops the server once its window is used up.
#[derive(Debug)]
pub struct Stream {
    id: u32,
    method: String,
    limit: Duration,
    sender: SendStream<Bytes>,
    incoming: Option<ResponseFuture>,
    interim: Vec<Head>,
    reading: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    response: WireResponse,
    body: BytesMut,
    receiver: RecvStream,
    unreleased: usize,
    done: bool,
}

impl Stream {
    /// Sends what the request has; `head` is its head, converted.
    pub(super) fn open(
        engine: &mut SendRequest<Bytes>,
        head: http::Request<()>,
        request: &WireRequest,
        limit: Duration,
    ) -> Result<Self, WireError> {
        let fault = |error| WireError::h2("opening a stream", error);
        let trailers = fields(&request.trailers)?;
        let bare = matches!(request.body, Body::None);
        let (incoming, sender) = engine.send_request(head, bare).map_err(fault)?;
        let mut this = Self {
            id: incoming.stream_id().as_u32(),
            method: request.method.clone(),
            limit,
            sender,
            incoming: Some(incoming),
            interim: Vec::new(),
            reading: None,
        };
        // The server may have answered and closed the stream by now, and then what is left of the
        // request does not matter; what it made of it shows in what there is to read.
        let _ = this.send_body(request, trailers);
        Ok(this)
    }

    fn send_body(&mut self, request: &WireRequest, trailers: HeaderMap) -> Result<(), h2::Error> {
        match &request.body {
            Body::None | Body::Streamed => {}
            Body::Full(body) => self.sender.send_data(body.clone(), true)?,
            Body::Chunks(chunks) => {
                for (at, chunk) in chunks.iter().enumerate() {
                    let last = trailers.is_empty() && at + 1 == chunks.len();
                    self.sender.send_data(chunk.clone(), last)?;
                }
                if !trailers.is_empty() {
                    self.sender.send_trailers(trailers)?;
                } else if chunks.is_empty() {
                    self.sender.send_data(Bytes::new(), true)?;
                }
            }
        }
        Ok(())
    }

    /// The stream's number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sets how long each operation may take.
    pub fn set_deadline(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Queues a piece of a streamed request's body, which leaves as the server's window
    /// allows; [`Http2Connection::wait_for`](super::Http2Connection::wait_for) can tell that it did.
    ///
    /// # Errors
    ///
    /// [`is_request`](WireError::is_request) if the request is complete or reset.
    pub fn send(&mut self, data: impl Into<Bytes>) -> Result<(), WireError> {
        let sent = self.sender.send_data(data.into(), false);
        sent.map_err(|error| WireError::h2("sending DATA", error))
    }

    /// Completes a streamed request, with an empty DATA frame.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn end(&mut self) -> Result<(), WireError> {
        let sent = self.sender.send_data(Bytes::new(), true);
        sent.map_err(|error| WireError::h2("sending END_STREAM", error))
    }

    /// Queues RST_STREAM.
    pub fn reset(&mut self, reason: Reason) {
        self.sender.send_reset(reason);
    }

    /// Waits for the final head, the interim ones collected. Repeated, it gives the
    /// same head.
    ///
    /// # Errors
    ///
    /// As for [`Http2Connection::request`](super::Http2Connection::request).
    pub async fn head(&mut self) -> Result<Head, WireError> {
        self.head_by(Deadline::after(self.limit)).await
    }

    /// Waits for the next DATA frame that the engine shows; `None` is the end of the
    /// response, however it came. The window it used stays used until
    /// [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// As for [`Http2Connection::request`](super::Http2Connection::request).
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, WireError> {
        self.chunk_by(Deadline::after(self.limit)).await
    }

    /// Gives back this much of the window that the chunks read so far have used, or
    /// what there is.
    ///
    /// # Errors
    ///
    /// None that a server could cause.
    pub fn release(&mut self, count: usize) -> Result<(), WireError> {
        match &mut self.reading {
            Some(reading) => reading.release(count),
            None => Ok(()),
        }
    }

    /// Reads what is left of the response and gives all of it, with the chunks read
    /// before. The window is released.
    ///
    /// # Errors
    ///
    /// As for [`Http2Connection::request`](super::Http2Connection::request).
    pub async fn finish(&mut self) -> Result<WireResponse, WireError> {
        let deadline = Deadline::after(self.limit);
        self.head_by(deadline).await?;
        loop {
            self.release(usize::MAX)?;
            if self.chunk_by(deadline).await?.is_none() {
                break;
            }
        }
        match self.reading.take() {
            Some(mut reading) => {
                reading.response.body = reading.body.freeze();
                Ok(reading.response)
            }
            None => Err(WireError::request(
                "the response has been given out already",
            )),
        }
    }

    async fn head_by(&mut self, deadline: Deadline) -> Result<Head, WireError> {
        if let Some(reading) = &self.reading {
            let response = &reading.response;
            return Ok(Head {
                status: response.status,
                reason: String::new(),
                version: response.version,
                headers: response.headers.clone(),
                raw: Bytes::new(),
            });
        }
        let Self {
            incoming: Some(incoming),
            interim,
            ..
        } = self
        else {
            return Err(WireError::request(
                "the response has been given out already",
            ));
        };
        let heads = poll_fn(|cx| {
            while let Some(head) = ready!(incoming.poll_informational(cx)) {
                match head {
                    Ok(head) => interim.push(head_from(head.status().as_u16(), head.headers())),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            Poll::Ready(Ok(()))
        });
        let fault = |error| WireError::h2("the response head", error);
        deadline
            .bound("response head", &[], heads)
            .await?
            .map_err(fault)?;
        let response = deadline
            .bound("response head", &[], incoming)
            .await?
            .map_err(fault)?;
        let (parts, receiver) = response.into_parts();
        let status = parts.status.as_u16();
        let head = head_from(status, &parts.headers);
        let bodyless = is_bodyless(&self.method, status);
        let framing = if bodyless {
            Framing::None
        } else {
            Framing::Frames
        };
        let interim = std::mem::take(&mut self.interim);
        let mut response = WireResponse::begin(head.clone(), interim, framing);
        response.stream = Some(self.id);
        let body = BytesMut::new();
        self.incoming = None;
        self.reading = Some(Reading {
            response,
            body,
            receiver,
            unreleased: 0,
            done: false,
        });
        Ok(head)
    }

    async fn chunk_by(&mut self, deadline: Deadline) -> Result<Option<Bytes>, WireError> {
        self.head_by(deadline).await?;
        let Some(reading) = &mut self.reading else {
            return Err(WireError::request(
                "the response has been given out already",
            ));
        };
        if reading.done {
            return Ok(None);
        }
        let next = deadline.bound("next DATA frame", &reading.body, reading.receiver.data());
        match next.await? {
            Some(Ok(data)) => return Ok(Some(reading.keep(data))),
            Some(Err(error)) => reading.response.end = end_of(error)?,
            None => {
                let trailers = reading.receiver.trailers();
                match deadline
                    .bound("trailers or END_STREAM", &[], trailers)
                    .await?
                {
                    Ok(trailers) => {
                        reading.response.trailers =
                            trailers.as_ref().map(fields_from).unwrap_or_default();
                        reading.response.end = End::Complete;
                    }
                    Err(error) => reading.response.end = end_of(error)?,
                }
            }
        }
        reading.done = true;
        Ok(None)
    }
}

impl Reading {
    fn keep(&mut self, data: Bytes) -> Bytes {
        self.unreleased += data.len();
        self.body.extend_from_slice(&data);
        self.response.chunks.push(data.clone());
        data
    }

    fn release(&mut self, count: usize) -> Result<(), WireError> {
        let count = count.min(self.unreleased);
        self.unreleased -= count;
        let released = self.receiver.flow_control().release_capacity(count);
        released.map_err(|error| WireError::h2("releasing the window", error))
    }
}

/// How a response ended that an error broke off, unless the error is a violation.
fn end_of(error: h2::Error) -> Result<End, WireError> {
    if error.is_remote() {
        return Ok(End::Reset(error.reason()));
    }
    match error.get_io().map(io::Error::kind) {
        // What the engine makes of an end of the connection.
        Some(io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof) => Ok(End::Truncated),
        Some(io::ErrorKind::ConnectionReset) => Ok(End::Reset(None)),
        _ => Err(WireError::h2("the response body", error)),
    }
}
