//! `Body`: the body of a response, empty, in memory or streamed.

mod buffered;
mod frames;
mod from;
mod on_close;
mod push;
mod resumed;
mod sources;
mod switch;
mod without_length;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::error::{BoxError, Error};

pub use buffered::BufferError;
pub(crate) use frames::{FrameSource, Frames, Running, Switch};
pub use push::{WriteError, Writer};
pub(crate) use sources::HttpFrames;
pub(crate) use switch::NoBytes;

/// A response body: nothing, bytes in memory, a stream of frames, or a switch of protocols.
///
/// Text, bytes and vectors become bodies through `From`; [`Body::from_chunks`], [`Body::from_stream`],
/// [`Body::new`] and [`Body::from_producer`] make streams, [`Body::upgrade`] a switch.
///
/// # Contract
///
/// - Bytes pass through untouched (B10); empty chunks never reach the wire (B2).
/// - The gateway asks for a chunk when it has handed over the one before (B3).
/// - A body whose length is known gets a `Content-Length` by itself (B4).
/// - Dropping a body closes it. A gateway drops every body exactly once, whatever happened to the
///   exchange (L1). A middleware that takes the bytes out of a body closes it, and its
///   [`on_close`](Self::on_close) callbacks run before anything was sent. [`buffer`](Self::buffer)
///   and [`with_bytes`](Self::with_bytes) keep the callbacks (L2).
/// - An error before the first chunk is answered with a 500. An error after it aborts the response,
///   so that the client can tell (B1, B8).
///
/// # Examples
///
/// ```
/// use gateway_core::Body;
///
/// assert_eq!(Body::from("hello").known_len(), Some(5));
/// assert_eq!(Body::empty().known_len(), Some(0));
/// assert_eq!(Body::from_chunks(["a", "b"]).known_len(), None);
/// ```
#[must_use = "a body that is dropped is closed"]
#[derive(Default)]
pub struct Body(pub(crate) Repr);

/// Two variants keep the enum at four words. A third would add a fifth.
pub(crate) enum Repr {
    /// Bytes in memory, with nothing to close; an empty body has no bytes.
    Full(Bytes),
    /// Everything else, also a buffered body that has something to close.
    Stream {
        frames: Frames,
        /// The head is committed before the first chunk: see [`Body::commit_early`].
        flush: bool,
    },
}

impl Default for Repr {
    fn default() -> Self {
        Self::Full(Bytes::new())
    }
}

impl Body {
    /// A body of no bytes.
    pub const fn empty() -> Self {
        Self(Repr::Full(Bytes::new()))
    }

    /// The body of a response that was made for another interface, and has no bytes. What made it may
    /// have removed them, because the request was a HEAD: the length that GET would have is not
    /// known (B6).
    pub(crate) fn removed() -> Self {
        Self::boxed(sources::Removed)
    }

    /// Any `http_body::Body` as a body, with its trailers. Data that is `Bytes` is not copied.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody + Send + 'static,
        B::Data: Buf,
        B::Error: Into<BoxError>,
    {
        sources::downcast(body).unwrap_or_else(|body| Self::boxed(sources::HttpFrames::new(body)))
    }

    /// A body from a stream of chunks.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use futures_util::stream;
    /// use gateway_core::Body;
    ///
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("Hello "), Ok("World!\n")]);
    /// let body = Body::from_stream(chunks);
    /// assert_eq!(body.bytes().await?, "Hello World!\n");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[doc(alias = "stream")]
    pub fn from_stream<S, T, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<T, E>> + Send + 'static,
        T: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::boxed(sources::StreamFrames::new(stream))
    }

    /// A body from an iterator of chunks, as a WSGI app returns one.
    ///
    /// The iterator runs on the server's thread: it must not block.
    #[doc(alias = "iter")]
    pub fn from_chunks<I>(chunks: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
        I::IntoIter: Send + 'static,
    {
        Self::boxed(sources::IterFrames::new(chunks.into_iter()))
    }

    /// A body that the app writes to: the `write` of PEP 3333, without a task and without a
    /// channel.
    ///
    /// The producer starts when the gateway asks for the first chunk, and runs only while the
    /// gateway asks for more: [`Writer::write`] waits until its chunk has been taken. The body ends
    /// when the producer's future ends; an error it returns is the body's error. Dropping the body
    /// drops the future.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::Body;
    ///
    /// let body = Body::from_producer(async |mut writer| {
    ///     for line in ["one\n", "two\n"] {
    ///         writer.write(line).await?;
    ///     }
    ///     Ok(())
    /// });
    /// assert_eq!(body.bytes().await?, "one\ntwo\n");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    #[doc(alias = "push")]
    pub fn from_producer<F, Fut>(producer: F) -> Self
    where
        F: FnOnce(Writer) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self::boxed(push::PushFrames::new(producer))
    }

    pub(crate) fn boxed<B>(frames: B) -> Self
    where
        B: FrameSource + 'static,
    {
        Self::from_frames(Box::pin(frames))
    }

    pub(crate) fn from_frames(frames: Frames) -> Self {
        Self(Repr::Stream {
            frames,
            flush: false,
        })
    }

    /// Adds a callback that runs when the body is closed (L2): after its last byte was handed over,
    /// or when the exchange ended before that.
    ///
    /// Callbacks run in the order they were added, each exactly once; one that panics is logged and
    /// the others still run. They run inside a destructor on the server's thread: they must not
    /// block.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use gateway_core::Body;
    ///
    /// let closed = Arc::new(AtomicU32::new(0));
    /// let counter = closed.clone();
    /// let body = Body::from("text").on_close(move || { counter.fetch_add(1, Ordering::Relaxed); });
    /// assert_eq!(body.known_len(), Some(4));
    /// drop(body);
    /// assert_eq!(closed.load(Ordering::Relaxed), 1);
    /// ```
    #[doc(alias = "ClosingIterator")]
    #[doc(alias = "call_on_close")]
    pub fn on_close<F>(self, callback: F) -> Self
    where
        F: FnOnce() + Send + 'static,
    {
        let flush = matches!(self.0, Repr::Stream { flush: true, .. });
        let frames = Box::pin(on_close::Closing::new(self, callback));
        Self(Repr::Stream { frames, flush })
    }

    /// Allows the response head to be sent before the first chunk is ready (B1), for event streams
    /// and long polling: the body's counterpart of
    /// [`StartResponse::commit_early`](crate::StartResponse::commit_early).
    #[doc(alias = "flush")]
    pub fn commit_early(mut self) -> Self {
        if let Repr::Stream { flush, .. } = &mut self.0 {
            *flush = true;
        }
        self
    }

    /// Puts another body around this one: for middlewares that count, transform or watch the bytes.
    /// Unlike [`Body::new`], it keeps an early commit ([`commit_early`](Self::commit_early)), and it
    /// returns a [switch of protocols](Self::upgrade) untouched: `wrap` is not called for it (U13).
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use bytes::Bytes;
    /// use gateway_core::Body;
    /// use http_body_util::BodyExt as _;
    ///
    /// let body = Body::from_chunks(["a", "b"]).commit_early();
    /// let body = body.wrap(|body| {
    ///     body.map_frame(|frame| frame.map_data(|data| Bytes::from(data.to_ascii_uppercase())))
    /// });
    /// assert_eq!(body.bytes().await?, "AB");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn wrap<B>(self, wrap: impl FnOnce(Self) -> B) -> Self
    where
        B: HttpBody + Send + 'static,
        B::Data: Buf,
        B::Error: Into<BoxError>,
    {
        if self.switch().is_some() {
            return self;
        }
        let flushed = self.commits_early();
        let body = Self::new(wrap(self));
        if flushed { body.commit_early() } else { body }
    }

    /// True if the head may be sent before the first chunk: [`commit_early`](Self::commit_early)
    /// was called on this body, or on the `StartResponse` of the app whose response it belongs to.
    /// A middleware that puts a body of its own around this one calls it on that body as well, or
    /// uses [`wrap`](Self::wrap).
    #[doc(alias = "is_flushed")]
    #[must_use]
    pub fn commits_early(&self) -> bool {
        matches!(self.0, Repr::Stream { flush: true, .. })
    }

    /// The length in bytes, if it is known without reading.
    #[doc(alias = "len")]
    #[must_use]
    pub fn known_len(&self) -> Option<u64> {
        match &self.0 {
            Repr::Full(bytes) => Some(bytes.len() as u64),
            Repr::Stream { frames, .. } => frames.size_hint().exact(),
        }
    }

    /// The bytes, if all of them are in memory. `None` for a stream, which [`buffer`](Self::buffer)
    /// reads. Nothing is copied.
    ///
    /// A body is more than its bytes: it may have callbacks and trailers.
    /// [`with_bytes`](Self::with_bytes) replaces the bytes and keeps both. A new body made of the
    /// bytes runs the callbacks too early (L2).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Body;
    ///
    /// assert_eq!(Body::from("hello").buffered().as_deref(), Some(&b"hello"[..]));
    /// assert_eq!(Body::from_chunks(["hello"]).buffered(), None);
    /// ```
    #[doc(alias = "in_hand")]
    #[must_use]
    pub fn buffered(&self) -> Option<Bytes> {
        match &self.0 {
            Repr::Full(bytes) => Some(bytes.clone()),
            Repr::Stream { frames, .. } => frames.buffered().cloned(),
        }
    }

    /// True if the body is known to have no bytes.
    #[doc(alias = "is_empty")]
    #[must_use]
    pub fn is_known_empty(&self) -> bool {
        self.known_len() == Some(0) || self.is_end_stream()
    }

    /// Reads the whole body into memory, without its trailers, and closes it: its
    /// [`on_close`](Self::on_close) callbacks have run when this returns.
    ///
    /// There is no limit: this is for tests and for bodies whose size the caller knows. A
    /// middleware that sends the bytes uses [`buffer`](Self::buffer), which has a limit and keeps
    /// the body open.
    ///
    /// # Errors
    ///
    /// The body's own error.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        match self.0 {
            Repr::Full(bytes) => Ok(bytes),
            Repr::Stream { mut frames, .. } => match buffered::read(&mut frames, u64::MAX).await {
                Ok((bytes, _)) => Ok(bytes),
                Err(error) => Err(error.try_into_body_error().unwrap_or_else(Error::from)),
            },
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        match &mut this.0 {
            Repr::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Repr::Stream { frames, .. } => frames.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Repr::Full(bytes) => bytes.is_empty(),
            Repr::Stream { frames, .. } => frames.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Repr::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Repr::Stream { frames, .. } => frames.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Full(bytes) if bytes.is_empty() => f.write_str("Body::Empty"),
            Repr::Full(bytes) => write!(f, "Body::Full({} bytes)", bytes.len()),
            Repr::Stream { frames, .. } if frames.switch().is_some() => {
                f.write_str("Body::Upgrade")
            }
            Repr::Stream { frames, .. } => match frames.size_hint().exact() {
                Some(length) => write!(f, "Body::Stream({length} bytes)"),
                None => f.write_str("Body::Stream"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn a_flush_survives_wrapping() {
        let wrapped = |body: Body| body.wrap(|body| body.map_err(|error| error));
        let flushed = |body: &Body| matches!(body.0, Repr::Stream { flush: true, .. });
        assert!(flushed(&wrapped(Body::from_chunks(["a"]).commit_early())));
        assert!(!flushed(&wrapped(Body::from_chunks(["a"]))));
        assert_eq!(wrapped(Body::from("abc")).known_len(), Some(3));
    }
}
