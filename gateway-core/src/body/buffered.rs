//! `Body::buffer`: reads a body into memory, and fails if it has more bytes than a given limit. The
//! body in memory keeps its trailers and its on-close callbacks (L2).

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Body, FrameSource, Frames, Repr};
use crate::error::Error;

impl Body {
    /// Reads the whole body into memory, at most `limit` bytes, and keeps it open. The returned
    /// body has its bytes in [`buffered`](Self::buffered), its trailers (M1), and its
    /// [`on_close`](Self::on_close) callbacks, which run when it is dropped (L2). For middlewares
    /// that need all the bytes; [`with_bytes`](Self::with_bytes) replaces them.
    ///
    /// The returned body does not commit early ([`commit_early`](Self::commit_early)): the head
    /// waits while the body is read. So a middleware passes on unread a body that
    /// [commits early](Self::commits_early), and the response to HEAD, whose body may have no end. If it
    /// changes the bytes, it passes on a HEAD [without its length](Self::without_length). A
    /// middleware that passes large bodies on uses [`buffer_or_stream`](Self::buffer_or_stream).
    ///
    /// # Errors
    ///
    /// - The body has more than `limit` bytes. If it knows its length, nothing of it was read.
    /// - The body's own error.
    ///
    /// The body is closed in both cases.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use gateway_core::Body;
    ///
    /// let closed = Arc::new(AtomicBool::new(false));
    /// let flag = closed.clone();
    /// let body = Body::from_chunks(["Hello, ", "World!"])
    ///     .on_close(move || flag.store(true, Ordering::Relaxed));
    ///
    /// let body = body.buffer(1024).await?;
    /// let bytes = body.buffered().ok_or("the body was just buffered")?;
    /// assert_eq!(bytes, "Hello, World!");
    /// let body = body.with_bytes(bytes.to_ascii_uppercase());
    /// assert_eq!(body.known_len(), Some(13));
    ///
    /// // It is closed when it has been sent.
    /// assert!(!closed.load(Ordering::Relaxed));
    /// drop(body);
    /// assert!(closed.load(Ordering::Relaxed));
    /// # Ok::<(), gateway_core::BoxError>(())
    /// # }).unwrap();
    /// ```
    pub async fn buffer(self, limit: u64) -> Result<Self, BufferError> {
        if self.known_len().is_some_and(|length| length > limit) {
            return Err(BufferError(Kind::TooLarge(limit)));
        }
        if self.buffered().is_some() {
            return Ok(self);
        }
        let Repr::Stream { mut frames, .. } = self.0 else {
            return Ok(self);
        };
        let (data, trailers) = read(&mut frames, limit).await?;
        Ok(Self::boxed(Buffered::new(data, trailers, frames)))
    }

    /// A buffered body of other bytes instead of those of this one. It keeps the
    /// [`on_close`](Self::on_close) callbacks, and the trailers of a [buffered](Self::buffer) body.
    /// A stream that was not buffered is not read any further, and is closed with the new body.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Body;
    ///
    /// let body = Body::from("a long text").on_close(|| println!("over"));
    /// let body = body.with_bytes("short");
    /// assert_eq!(body.buffered().as_deref(), Some(&b"short"[..]));
    /// // Prints "over".
    /// drop(body);
    /// ```
    #[doc(alias = "map_bytes")]
    pub fn with_bytes(self, bytes: impl Into<Bytes>) -> Self {
        let mut data = bytes.into();
        match self.0 {
            Repr::Full(_) => Self::from(data),
            Repr::Stream { mut frames, flush } => match frames.as_mut().buffered_mut() {
                Some(old) => {
                    std::mem::swap(old, &mut data);
                    Self(Repr::Stream { frames, flush })
                }
                None => Self::boxed(Buffered::new(data, None, frames)),
            },
        }
    }
}

/// Reads frames to their end and returns their bytes and trailers.
pub(super) async fn read(
    frames: &mut Frames,
    limit: u64,
) -> Result<(Bytes, Option<HeaderMap>), BufferError> {
    match read_up_to(frames, limit).await? {
        (data, End::Whole(trailers)) => Ok((data, trailers)),
        (_, End::TooLarge) => Err(BufferError(Kind::TooLarge(limit))),
    }
}

/// Where a read of frames has ended.
pub(super) enum End {
    /// At the end of the body, with its trailers.
    Whole(Option<HeaderMap>),
    /// With the chunk that went beyond the limit.
    TooLarge,
}

/// Reads frames to their end, or up to the first chunk that goes beyond the limit, and returns the
/// bytes that were read.
pub(super) async fn read_up_to(
    frames: &mut Frames,
    limit: u64,
) -> Result<(Bytes, End), BufferError> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    let mut end = End::Whole(None);
    while let Some(frame) = poll_fn(|cx| frames.as_mut().poll_frame(cx)).await {
        let data = match frame
            .map_err(|error| BufferError(Kind::Failed(error)))?
            .into_data()
        {
            Ok(data) => data,
            Err(frame) => {
                // Trailers are the last frame.
                end = End::Whole(frame.into_trailers().ok());
                break;
            }
        };
        let is_over = (first.len() + all.len()) as u64 + data.len() as u64 > limit;
        // A single chunk is not copied.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
        if is_over {
            end = End::TooLarge;
            break;
        }
    }
    let data = if all.is_empty() { first } else { all.freeze() };
    Ok((data, end))
}

/// A body that was read whole. It keeps the frames that it was read from: dropping them closes it.
pub(super) struct Buffered {
    data: Bytes,
    trailers: Option<HeaderMap>,
    _origin: Frames,
}

impl Buffered {
    pub(super) fn new(data: Bytes, trailers: Option<HeaderMap>, origin: Frames) -> Self {
        Self {
            data,
            trailers,
            _origin: origin,
        }
    }
}

impl FrameSource for Buffered {
    fn buffered(&self) -> Option<&Bytes> {
        Some(&self.data)
    }

    fn buffered_mut(self: Pin<&mut Self>) -> Option<&mut Bytes> {
        Some(&mut self.get_mut().data)
    }
}

impl HttpBody for Buffered {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let data = std::mem::take(&mut this.data);
        Poll::Ready(if data.is_empty() {
            this.trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(trailers)))
        } else {
            Some(Ok(Frame::data(data)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.len() as u64)
    }
}

/// Why a body could not be buffered; see [`Body::buffer`] and [`Body::buffer_or_stream`].
///
/// On the wire, the body's own error counts as if it had come without the buffering. A body that is
/// too large is a generic 500, because the app set the limit.
#[derive(Debug)]
pub struct BufferError(Kind);

#[derive(Debug)]
enum Kind {
    TooLarge(u64),
    Failed(Error),
}

impl BufferError {
    /// True if the body has more bytes than the limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge(_))
    }

    /// True if the body failed while it was read; the [source](StdError::source) is its error.
    #[must_use]
    pub fn is_body_error(&self) -> bool {
        matches!(self.0, Kind::Failed(_))
    }

    /// The body's own error, if it failed.
    ///
    /// # Errors
    ///
    /// Gives the error back when the body was too large.
    pub fn try_into_body_error(self) -> Result<Error, Self> {
        match self.0 {
            Kind::Failed(error) => Ok(error),
            kind @ Kind::TooLarge(_) => Err(Self(kind)),
        }
    }

    /// The body's own error, if it failed.
    pub(crate) fn body_error(&self) -> Option<&Error> {
        match &self.0 {
            Kind::Failed(error) => Some(error),
            Kind::TooLarge(_) => None,
        }
    }
}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::TooLarge(limit) => write!(f, "the body is larger than {limit} bytes"),
            Kind::Failed(_) => f.write_str("the body failed while it was buffered"),
        }
    }
}

impl StdError for BufferError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::TooLarge(_) => None,
            Kind::Failed(error) => Some(error.as_dyn()),
        }
    }
}
