//! `Input`: the body of a request, as an app reads it.

mod error;
mod into_input;
#[cfg(feature = "tokio")]
mod read;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::body::{Frames, HttpFrames};
use crate::error::{BoxError, Error};
use crate::exchange::UnreadMark;
use crate::http_error::HttpError;

pub use error::InputError;
pub use into_input::IntoInput;
#[cfg(feature = "tokio")]
pub use read::InputReader;

/// After this many empty chunks in a row, the input lets other tasks run.
const EMPTY_CHUNKS: u32 = 32;

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
pub struct Input {
    repr: Repr,
    /// What is left of the declared length.
    remaining: Option<u64>,
    /// How many bytes may still be read, and the limit.
    allowance: Option<Allowance>,
    trailers: Option<Box<HeaderMap>>,
    /// The `Stream` has returned its error, and is over.
    is_error_given: bool,
    // Dropped after the frames: when the mark is seen, the host knows that the frames are gone.
    mark: Option<UnreadMark>,
}

#[derive(Default)]
enum Repr {
    #[default]
    Empty,
    Full(Bytes),
    Stream(Frames),
    Failed(InputError),
}

#[derive(Clone, Copy)]
struct Allowance {
    limit: u64,
    left: u64,
}

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
        Self {
            repr: Repr::Stream(Box::pin(HttpFrames::new(body))),
            ..Self::default()
        }
    }

    /// True if it is the same as [`empty`](Self::empty).
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        matches!(self.repr, Repr::Empty)
            && self.remaining.is_none()
            && self.allowance.is_none()
            && self.trailers.is_none()
            && !self.is_error_given
            && self.mark.is_none()
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
        matches!(self.repr, Repr::Stream(_) | Repr::Full(_))
    }

    /// Sets a mark on the host's body, if there is one.
    pub(crate) fn set_mark(&mut self, mark: impl FnOnce() -> UnreadMark) {
        if matches!(self.repr, Repr::Stream(_)) {
            self.mark = Some(mark());
        }
    }

    pub(crate) fn declare(&mut self, length: Option<u64>) {
        self.remaining = length;
    }

    /// Puts a watcher around the frames. The declared length and the limit stay. False if there are
    /// no frames. For the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn watch(&mut self, watcher: impl FnOnce(Frames, Option<u64>) -> Frames) -> bool {
        let (repr, is_stream) = match std::mem::take(&mut self.repr) {
            Repr::Stream(frames) => (Repr::Stream(watcher(frames, self.remaining)), true),
            repr => (repr, false),
        };
        self.repr = repr;
        is_stream
    }

    /// Limits how many bytes can be read: a read that would pass `limit` fails with an error that
    /// is answered with 413 (I4). A lower limit that was set before stays.
    ///
    /// This does not look at the length that the client declared. `MiddlewareExt::limit_input` of
    /// `gateway-util` checks that before the app runs.
    pub fn limit(&mut self, limit: u64) {
        if self
            .allowance
            .is_none_or(|allowance| limit < allowance.left)
        {
            self.allowance = Some(Allowance { limit, left: limit });
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
    /// 413 over the limit, 400 for a broken body and for bytes that are not UTF-8.
    pub async fn text(&mut self, limit: u64) -> Result<String, HttpError> {
        let bytes = self.bytes(limit).await?;
        String::from_utf8(bytes.into()).map_err(|error| HttpError::bad_request().with_source(error))
    }

    /// Reads the rest as JSON, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// 413 over the limit, 400 for a broken body and for what is not JSON of that shape. The source
    /// of the error says what is wrong, for the log.
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
        self.trailers.as_deref()
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, InputError>>> {
        for _ in 0..EMPTY_CHUNKS {
            let frame = match &mut self.repr {
                // A buffered body may be shorter than declared (I3).
                Repr::Empty => None,
                Repr::Failed(error) => return Poll::Ready(Some(Err(error.clone()))),
                Repr::Full(bytes) => {
                    let bytes = std::mem::take(bytes);
                    self.repr = Repr::Empty;
                    Some(Ok(Frame::data(bytes)))
                }
                Repr::Stream(frames) => {
                    let frame = ready!(frames.as_mut().poll_frame(cx));
                    if (frame.is_none() || frames.is_end_stream())
                        && let Some(mark) = self.mark.take()
                    {
                        mark.end();
                    }
                    frame
                }
            };
            match self.admit(frame) {
                Ok(None) => {
                    self.repr = Repr::Empty;
                    return Poll::Ready(None);
                }
                Ok(Some(bytes)) if bytes.is_empty() => {}
                Ok(Some(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Err(error) => {
                    self.repr = Repr::Failed(error.clone());
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Checks a frame against the declared length and the limit; `None` is the end.
    fn admit(
        &mut self,
        frame: Option<Result<Frame<Bytes>, Error>>,
    ) -> Result<Option<Bytes>, InputError> {
        let frame = match frame {
            Some(frame) => frame.map_err(|error| InputError::transport(error.into_boxed()))?,
            None => return self.end(),
        };
        let mut data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                // I7: trailers are the last frame.
                self.trailers = frame.into_trailers().ok().map(Box::new);
                return self.end();
            }
        };
        if let Some(left) = &mut self.remaining {
            if *left == 0 && !data.is_empty() {
                return Ok(None);
            }
            // I1: bytes after the declared length are not part of this request.
            data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= data.len() as u64;
        }
        if let Some(allowance) = &mut self.allowance {
            allowance.left = allowance
                .left
                .checked_sub(data.len() as u64)
                .ok_or_else(|| InputError::too_large(allowance.limit))?;
        }
        Ok(Some(data))
    }

    /// Ends the frames. If bytes of the declared length are missing, that is an error (I3).
    fn end(&self) -> Result<Option<Bytes>, InputError> {
        if self.remaining.is_some_and(|left| left > 0) {
            return Err(InputError::incomplete());
        }
        Ok(None)
    }
}

impl Input {
    /// As [`poll_chunk`](Self::poll_chunk), but after an error the stream ends, because a reader
    /// that skips errors would read forever.
    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, InputError>>> {
        if self.is_error_given {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_chunk(cx));
        self.is_error_given = matches!(item, Some(Err(_)));
        Poll::Ready(item)
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
        let this = self.get_mut();
        Poll::Ready(match ready!(this.poll_item(cx)) {
            Some(chunk) => Some(chunk.map(Frame::data)),
            None => this
                .trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(*trailers))),
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.repr, Repr::Empty) && self.trailers.is_none() && self.end().is_ok()
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.repr, self.remaining) {
            (Repr::Failed(_), _) => SizeHint::default(),
            (_, Some(left)) => SizeHint::with_exact(left),
            (Repr::Empty, None) => SizeHint::with_exact(0),
            (Repr::Full(bytes), None) => SizeHint::with_exact(bytes.len() as u64),
            (Repr::Stream(frames), None) => frames.size_hint(),
        }
    }
}

/// After an error the stream ends.
impl Stream for Input {
    type Item = Result<Bytes, InputError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(cx)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Empty => f.write_str("Input::Empty"),
            Repr::Full(bytes) => write!(f, "Input::Full({} bytes)", bytes.len()),
            Repr::Stream(_) => match self.remaining {
                Some(left) => write!(f, "Input::Stream({left} bytes left)"),
                None => f.write_str("Input::Stream"),
            },
            Repr::Failed(error) => write!(f, "Input::Failed({error})"),
        }
    }
}
