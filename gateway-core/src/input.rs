//! `Input`: the body of a request, as an app reads it.

mod error;
mod into_input;
#[cfg(feature = "tokio")]
mod read;
mod reading;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

#[cfg(feature = "lint")]
use crate::body::Frames;
use crate::body::HttpFrames;
use crate::error::BoxError;
use crate::exchange::UnreadMark;
use crate::http_error::HttpError;

pub use error::InputError;
pub use into_input::IntoInput;
#[cfg(feature = "tokio")]
pub use read::InputReader;
use reading::Reading;

/// The input: WSGI's `wsgi.input`, the request's body.
///
/// # Contract
///
/// - It ends at the declared Content-Length, or where the chunked coding ends (I1, I2). A read
///   after the end gives the end again.
/// - If the client cuts the body short, the read fails instead of ending (I3).
/// - Bytes are handed over as they arrive. At most one chunk is buffered. The gateway drains or
///   closes what is left unread (I5).
/// - `100 Continue` goes out at the latest at the first read (I6).
/// - Trailers can be read after the end (I7).
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::Environ;
///
/// let mut environ = Environ::from_request(http::Request::post("/").body("name=Ada")?);
/// let text = environ.take_input().text(1024).await?;
/// assert_eq!(text, "name=Ada");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct Input(
    // `None` for an input of no bytes, as most requests have.
    Option<Reading>,
);

impl Input {
    /// An input of no bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Any `http_body::Body` as an input.
    #[inline]
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody + Send + 'static,
        B::Error: Into<BoxError>,
    {
        // Most requests have no body, and nothing is boxed for them.
        if body.is_end_stream() {
            return Self::empty();
        }
        Self(Some(Reading::stream(Box::pin(HttpFrames::new(body)))))
    }

    /// True if it is the same as [`empty`](Self::empty).
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        self.0.is_none()
    }

    /// Makes it empty.
    #[inline]
    pub(crate) fn reset(&mut self) {
        // Saves most requests a drop and a move.
        if !self.is_untouched() {
            *self = Self::empty();
        }
    }

    /// True if there is something to hold to a declared length.
    pub(crate) fn is_there(&self) -> bool {
        self.0.as_ref().is_some_and(Reading::is_there)
    }

    /// Sets a mark on the host's body, if there is one.
    pub(crate) fn set_mark(&mut self, mark: impl FnOnce() -> UnreadMark) {
        if let Some(reading) = &mut self.0 {
            reading.set_mark(mark);
        }
    }

    pub(crate) fn declare(&mut self, length: Option<u64>) {
        if let Some(reading) = &mut self.0 {
            reading.declare(length);
        }
    }

    /// Puts a watcher around the frames. The declared length and the limit stay. False if there are
    /// no frames. For the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn watch(&mut self, watcher: impl FnOnce(Frames, Option<u64>) -> Frames) -> bool {
        self.0
            .as_mut()
            .is_some_and(|reading| reading.watch(watcher))
    }

    /// Limits how many bytes can be read: a read that would pass `limit` fails with an error that
    /// is answered with 413 (I4). A lower limit that was set before stays.
    ///
    /// This does not look at the length that the client declared. `MiddlewareExt::limit_input` of
    /// `gateway-util` checks that before the app runs.
    pub fn limit(&mut self, limit: u64) {
        if let Some(reading) = &mut self.0 {
            reading.limit(limit);
        }
    }

    /// The next chunk, or `None` at the end.
    ///
    /// # Errors
    ///
    /// When the client cut the body short, the transport failed, or a limit was passed. Every later
    /// read returns the same error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, InputError> {
        std::future::poll_fn(|cx| self.poll_chunk(cx))
            .await
            .transpose()
    }

    /// Reads the rest into memory, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn bytes(&mut self, limit: u64) -> Result<Bytes, InputError> {
        self.limit(limit);
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Reads the rest as UTF-8 text, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 over the limit, 400 for a broken body and for bytes that are not UTF-8. The client sees the general
    /// page of the status. The source of the error says what is wrong, and is logged at DEBUG (N6).
    pub async fn text(&mut self, limit: u64) -> Result<String, HttpError> {
        let bytes = self.bytes(limit).await?;
        String::from_utf8(bytes.into()).map_err(|error| HttpError::bad_request().with_source(error))
    }

    /// Reads the rest as JSON, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 over the limit, 400 for a broken body and for what is not JSON of that shape. The client sees the
    /// general page of the status. The source of the error says what is wrong, and is logged at DEBUG (N6).
    #[cfg(feature = "json")]
    pub async fn json<T: serde::de::DeserializeOwned>(
        &mut self,
        limit: u64,
    ) -> Result<T, HttpError> {
        let bytes = self.bytes(limit).await?;
        serde_json::from_slice(&bytes).map_err(|error| HttpError::bad_request().with_source(error))
    }

    /// The trailers, after the end was read (I7). `None` before the end, if there were none, and on
    /// hosts that do not pass them on.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.0.as_ref()?.trailers()
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, InputError>>> {
        match &mut self.0 {
            Some(reading) => reading.poll_chunk(cx),
            None => Poll::Ready(None),
        }
    }
}

/// After an error the body ends.
impl HttpBody for Input {
    type Data = Bytes;
    type Error = InputError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InputError>>> {
        match &mut self.get_mut().0 {
            Some(reading) => reading.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Reading::is_end)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Some(reading) => reading.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

/// After an error the stream ends.
impl Stream for Input {
    type Item = Result<Bytes, InputError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.get_mut().0 {
            Some(reading) => reading.poll_item(cx),
            None => Poll::Ready(None),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(reading) => reading.fmt(f),
            None => f.write_str("Input::Empty"),
        }
    }
}
