//! The body that a gateway gives to its host.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::streaming::Streaming;
use crate::error::Error;

/// The body of a response on its way to the host.
///
/// What it promises to an adapter:
/// - it has no empty data frame, and never more or fewer bytes than its exact size hint, or it ends
///   with an error;
/// - `is_end_stream` from the start means that nothing follows the head. It then has no exact size
///   (HEAD, 204, 304: the host adds no Content-Length) or the exact size 0;
/// - an error was preceded by one `Pending`, so that a host that writes when there is nothing to
///   wait for has sent what came before it.
#[must_use = "dropping the body ends the response"]
pub struct Outgoing(Repr);

enum Repr {
    /// No body, and no word about its length.
    Nothing,
    Full(Bytes),
    // One pointer: what is in hand must stay small.
    Stream(Box<Streaming>),
}

impl Outgoing {
    pub(super) fn nothing() -> Self {
        Self(Repr::Nothing)
    }

    pub(super) fn empty() -> Self {
        Self(Repr::Full(Bytes::new()))
    }

    pub(super) fn full(bytes: Bytes) -> Self {
        Self(Repr::Full(bytes))
    }

    pub(super) fn stream(streaming: Box<Streaming>) -> Self {
        Self(Repr::Stream(streaming))
    }

    /// Takes the bytes out, if they are in hand; hosts that box bodies need not box these.
    ///
    /// # Errors
    ///
    /// Gives the body back when it is a stream, or is nothing at all.
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
            Repr::Nothing => Poll::Ready(None),
            Repr::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Repr::Stream(streaming) => Pin::new(&mut **streaming).poll_frame(cx),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Repr::Nothing => true,
            Repr::Full(bytes) => bytes.is_empty(),
            Repr::Stream(streaming) => streaming.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Repr::Nothing => SizeHint::default(),
            Repr::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Repr::Stream(streaming) => streaming.size_hint(),
        }
    }
}

/// A body of no bytes, for hosts' middlewares that answer in the place of the app.
impl Default for Outgoing {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Nothing => f.write_str("Outgoing::Nothing"),
            Repr::Full(bytes) => write!(f, "Outgoing::Full({} bytes)", bytes.len()),
            Repr::Stream(_) => f.write_str("Outgoing::Stream"),
        }
    }
}
