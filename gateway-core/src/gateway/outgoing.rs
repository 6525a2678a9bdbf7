//! `Outgoing`: the response body that a gateway gives to its host: nothing, bytes in memory, the
//! streaming body of the app, or a switch of the protocol.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::committed_body::CommittedBody;
use super::upgrade::Upgrade;
use crate::error::Error;

/// The body of a response on its way to the host.
///
/// # What a response promises to an adapter
///
/// [`Gateway::handle`](crate::Gateway::handle), [`Gateway::refuse`](crate::Gateway::refuse) and
/// [`reply`](crate::reply()) return a `Response<Outgoing>`. The status is final (S5), the headers
/// are checked (S6 to S9), and the adapter decides nothing about HTTP:
///
/// | request, response | Content-Length in the headers | the body |
/// |---|---|---|
/// | known length | only if the app declared it, then it is true | exact `size_hint`, which the host writes as Content-Length if it is not there |
/// | unknown length | none | no exact `size_hint`: the host frames it (chunked; on HTTP/1.0 the end of the connection) |
/// | HEAD | the length of GET, where it is known, also as [`announced`](Self::announced) | `is_end_stream`, no exact `size_hint` |
/// | 204, 304 | none | `is_end_stream`, no exact `size_hint`: the host adds no Content-Length |
/// | 205 | `0`, also as `announced` | `is_end_stream`, no exact `size_hint` |
/// | a switch of protocols | none | `is_end_stream`, no exact `size_hint` |
///
/// - **A head that cannot be expressed in an environ**, such as a method or a target that `http` does not accept:
///   the adapter calls [`Gateway::refuse`](crate::Gateway::refuse) with a [`RefusedHead`](crate::RefusedHead) and the
///   error to answer with. The head needs the version, on which the framing and `Connection: close` depend. It should
///   have the method, if that was read, because the response to HEAD has no body. The target and the connection are
///   for observers only. The response keeps the same promises, and closes the connection on HTTP/1 (E17).
/// - **Switching protocols**: only as the response to an offer of the adapter. The status is 101 with
///   `Connection` and `Upgrade` on HTTP/1, and 200 on HTTP/2. The adapter sends the head as it is, and
///   runs the [`Upgrade`] that [`take_upgrade`](Self::take_upgrade) returns.
/// - **Closing**: on HTTP/1 a `Connection: close` header asks the host to close the connection
///   after this response. A host that writes `Connection` by itself takes it out and acts on it.
///   Nothing that follows on the connection reaches the app (E17). The version of such a response to
///   HTTP/1.0 is HTTP/1.0.
///   There is no other hop-by-hop field (S7), except those of a switch.
/// - **HTTP/1.0**: a stream of unknown length ends with its connection. The host says `Connection:
///   close` and sends no chunks. With a known length, the host decides about keep-alive.
/// - **Data**: no frame is empty (B2). There are never more bytes than the exact size; if there are
///   fewer, the body ends with an error (B5).
/// - **Errors**: the body is `Pending` once before it returns an error, so that a host that flushes
///   when nothing is ready has sent the bytes before it. The host then aborts the response so that
///   the client can tell (B8): it closes the HTTP/1 connection without a terminator, or resets the
///   HTTP/2 stream. A host that does not poll while its client does not read learns of an abort by
///   [`wake_on_abort`](Self::wake_on_abort), if it can end the connection then.
/// - **Trailers** come last, and only if the request's protocol and client accept them (B11). A
///   host that cannot send trailers drops them.
/// - **Dropping** the body closes the app's body and ends the exchange (L1, L2). The host drops it
///   when its last frame was handed over, or as soon as it knows that the client has gone.
#[must_use = "dropping the body ends the response"]
pub struct Outgoing(Repr);

enum Repr {
    /// No body, and the length that the head announces.
    Nothing {
        announced: Option<u64>,
    },
    Full(Bytes),
    // Boxed to one pointer, so that a buffered body stays small.
    Stream(Box<CommittedBody>),
    Upgrade(Box<Upgrade>),
}

impl Outgoing {
    pub(super) fn nothing() -> Self {
        Self(Repr::Nothing { announced: None })
    }

    pub(super) fn announcing(length: u64) -> Self {
        Self(Repr::Nothing {
            announced: Some(length),
        })
    }

    pub(super) fn full(bytes: Bytes) -> Self {
        Self(Repr::Full(bytes))
    }

    pub(super) fn upgrade(upgrade: Upgrade) -> Self {
        Self(Repr::Upgrade(Box::new(upgrade)))
    }

    pub(super) fn stream(stream: Box<CommittedBody>) -> Self {
        Self(Repr::Stream(stream))
    }

    /// The length to announce in Content-Length: that of the body, or for HEAD the one that GET
    /// would have. `None` if it is unknown, and for 204 and 304.
    ///
    /// For hosts that write Content-Length by themselves.
    #[must_use]
    pub fn announced(&self) -> Option<u64> {
        match &self.0 {
            Repr::Nothing { announced } => *announced,
            _ => self.size_hint().exact(),
        }
    }

    /// Takes the switch of protocols out, for an adapter that has offered one with
    /// [`Environ::offer_upgrades`](crate::Environ::offer_upgrades). It sends the head, and then
    /// runs the switch on the stream with [`Upgrade::run`]. The body is empty afterwards.
    ///
    /// If it is not taken, the app's part is dropped with this body, and does not run.
    #[must_use]
    pub fn take_upgrade(&mut self) -> Option<Upgrade> {
        match std::mem::replace(&mut self.0, Repr::Nothing { announced: None }) {
            Repr::Upgrade(upgrade) => Some(*upgrade),
            repr => {
                self.0 = repr;
                None
            }
        }
    }

    /// Registers who is woken when the response is aborted by something other than its body, which
    /// the host may not poll because the client does not read (B8): a timer
    /// ([`StartResponse::abort`](crate::StartResponse::abort)), or a start after the commit (S2).
    ///
    /// For hosts that own their connections, and can end one that makes no progress. The next poll
    /// of the body fails. The waker is not made if there is no stream.
    pub fn wake_on_abort(&self, waker: impl FnOnce() -> Waker) {
        if let Repr::Stream(stream) = &self.0 {
            stream.watch_abort(waker);
        }
    }

    /// Takes the bytes out, if they are buffered, so that a host that boxes bodies need not box
    /// these.
    ///
    /// # Errors
    ///
    /// Returns the body if it is a stream, or if there is none.
    pub fn try_into_bytes(self) -> Result<Bytes, Self> {
        match self.0 {
            Repr::Full(bytes) => Ok(bytes),
            repr => Err(Self(repr)),
        }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.get_mut().0 {
            Repr::Nothing { .. } | Repr::Upgrade(_) => Poll::Ready(None),
            Repr::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Repr::Stream(stream) => Pin::new(&mut **stream).poll_frame(cx),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Repr::Nothing { .. } | Repr::Upgrade(_) => true,
            Repr::Full(bytes) => bytes.is_empty(),
            Repr::Stream(stream) => stream.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Repr::Nothing { .. } | Repr::Upgrade(_) => SizeHint::default(),
            Repr::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Repr::Stream(stream) => stream.size_hint(),
        }
    }
}

/// A body of no bytes, for middlewares of the host that respond instead of the app.
impl Default for Outgoing {
    fn default() -> Self {
        Self::full(Bytes::new())
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Nothing { .. } => f.write_str("Outgoing::Nothing"),
            Repr::Full(bytes) => write!(f, "Outgoing::Full({} bytes)", bytes.len()),
            Repr::Stream(_) => f.write_str("Outgoing::Stream"),
            Repr::Upgrade(_) => f.write_str("Outgoing::Upgrade"),
        }
    }
}
