//! `Body::buffer_or_stream`: reads a body into memory up to a given limit, and gives a longer one
//! back as a stream of the same bytes. Trailers and on-close callbacks stay.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::buffered::{BufferError, Buffered, End, read_up_to};
use super::{Body, FrameSource, Frames, Repr};
use crate::error::Error;

impl Body {
    /// Reads a body of at most `limit` bytes into memory, as [`buffer`](Self::buffer) does, and gives
    /// a longer one back as a stream: for middlewares that need all the bytes of short bodies, and
    /// pass long ones on. [`buffered`](Self::buffered) tells which it is. A stream begins with the
    /// bytes that were read.
    ///
    /// Either keeps its trailers (M1) and its [`on_close`](Self::on_close) callbacks (L2). Nothing is
    /// read of a body that knows that it is longer, of one that
    /// [commits early](Self::commits_early), and of a [switch of protocols](Self::upgrade). They come
    /// back as they are.
    ///
    /// The head waits until the body has ended, or has had more than `limit` bytes. At most `limit`
    /// bytes and one chunk are in memory. The body of a response to HEAD may have no end: pass it on.
    ///
    /// # Errors
    ///
    /// The body's own error, if it fails within the limit. It is closed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::Body;
    ///
    /// let short = Body::from_chunks(["Hello, ", "World!"]).buffer_or_stream(1024).await?;
    /// assert_eq!(short.buffered().as_deref(), Some(&b"Hello, World!"[..]));
    ///
    /// let long = Body::from_chunks(["Hello, ", "World!"]).buffer_or_stream(10).await?;
    /// assert_eq!(long.buffered(), None);
    /// assert_eq!(long.bytes().await?, "Hello, World!");
    /// # Ok::<(), gateway_core::BoxError>(())
    /// # }).unwrap();
    /// ```
    pub async fn buffer_or_stream(self, limit: u64) -> Result<Self, BufferError> {
        let is_longer = self.known_len().is_some_and(|length| length > limit);
        if is_longer || self.commits_early() || self.buffered().is_some() {
            return Ok(self);
        }
        if self.switch().is_some() {
            return Ok(self);
        }
        let Repr::Stream { mut frames, .. } = self.0 else {
            return Ok(self);
        };
        Ok(match read_up_to(&mut frames, limit).await? {
            (data, End::Whole(trailers)) => Self::boxed(Buffered::new(data, trailers, frames)),
            (begin, End::TooLarge) => Self::boxed(Resumed {
                begin,
                rest: frames,
            }),
        })
    }
}

/// A body whose begin was read.
struct Resumed {
    begin: Bytes,
    rest: Frames,
}

impl FrameSource for Resumed {}

impl HttpBody for Resumed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if this.begin.is_empty() {
            return this.rest.as_mut().poll_frame(cx);
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.begin)))))
    }

    fn is_end_stream(&self) -> bool {
        self.begin.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (begin, rest) = (self.begin.len() as u64, self.rest.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(begin));
        }
        hint.set_lower(rest.lower().saturating_add(begin));
        hint
    }
}
