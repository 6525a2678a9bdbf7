//! Makes a `FrameSource` of an `http_body` body, of a `Stream` or of an iterator.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{Body, FrameSource};
use crate::error::{BoxError, Error};

/// Gives a [`Body`] back as it is, so that bodies handed from layer to layer are boxed once.
pub(super) fn downcast<B: 'static>(body: B) -> Result<Body, B> {
    let mut slot = Some(body);
    if let Some(body) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Body>>() {
        return Ok(body.take().unwrap_or_default());
    }
    match slot {
        Some(body) => Err(body),
        None => Ok(Body::empty()),
    }
}

pin_project! {
    /// Any `http_body::Body`, its data as `Bytes` and its errors as ours.
    pub(crate) struct HttpFrames<B> {
        #[pin]
        body: B,
    }
}

impl<B> HttpFrames<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body }
    }
}

impl<B> HttpBody for HttpFrames<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(
            ready!(self.project().body.poll_frame(cx)).map(|frame| match frame {
                // For `Bytes` this copies nothing.
                Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
                Err(error) => Err(Error::from_boxed(error.into())),
            }),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> FrameSource for HttpFrames<B>
where
    B: HttpBody + Send,
    B::Error: Into<BoxError>,
{
}

/// No bytes. The length that they would have is not known.
pub(super) struct Removed;

static NO_BYTES: Bytes = Bytes::new();

impl HttpBody for Removed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

impl FrameSource for Removed {
    fn buffered(&self) -> Option<&Bytes> {
        Some(&NO_BYTES)
    }
}

pin_project! {
    /// A stream of chunks.
    pub(super) struct StreamFrames<S> {
        #[pin]
        stream: S,
        ended: bool,
    }
}

impl<S> StreamFrames<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            ended: false,
        }
    }
}

impl<S, T, E> HttpBody for StreamFrames<S>
where
    S: Stream<Item = Result<T, E>>,
    T: Into<Bytes>,
    E: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.project();
        // A stream need not be fused, but some hosts poll a body again after its end.
        if *this.ended {
            return Poll::Ready(None);
        }
        let item = ready!(this.stream.poll_next(cx));
        *this.ended = !matches!(item, Some(Ok(_)));
        Poll::Ready(item.map(|item| match item {
            Ok(chunk) => Ok(Frame::data(chunk.into())),
            Err(error) => Err(Error::from_boxed(error.into())),
        }))
    }
}

impl<S, T, E> FrameSource for StreamFrames<S>
where
    S: Stream<Item = Result<T, E>> + Send,
    T: Into<Bytes>,
    E: Into<BoxError>,
{
}

/// An iterator of chunks.
pub(super) struct IterFrames<I>(std::iter::Fuse<I>);

impl<I: Iterator> IterFrames<I> {
    pub(super) fn new(chunks: I) -> Self {
        // An iterator may continue after its end, and some hosts poll a body again.
        Self(chunks.fuse())
    }
}

// The iterator is called through `&mut` and never pinned.
impl<I> Unpin for IterFrames<I> {}

impl<I> HttpBody for IterFrames<I>
where
    I: Iterator,
    I::Item: Into<Bytes>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(Frame::data(chunk.into()))))
    }
}

impl<I> FrameSource for IterFrames<I>
where
    I: Iterator + Send,
    I::Item: Into<Bytes>,
{
}
