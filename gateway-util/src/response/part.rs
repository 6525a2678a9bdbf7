//! Cuts a range out of a body.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

#[cfg(feature = "conditions")]
use super::ByteRange;

#[cfg(feature = "conditions")]
/// `part` of a body that is at least that long. A buffered body is cut. Of a stream, the bytes
/// before it are read and dropped.
pub(super) fn part(body: Body, part: ByteRange) -> Body {
    if let Some(bytes) = body.buffered() {
        let start = usize::try_from(part.start()).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(part.len()).unwrap_or(usize::MAX));
        let end = end.min(bytes.len());
        // L2: the callbacks of the body stay.
        return body.with_bytes(bytes.slice(start.min(end)..end));
    }
    Body::new(Part {
        body,
        skip: part.start(),
        left: part.len(),
    })
}

#[cfg(feature = "tokio")]
/// A stream with `length` bytes.
pub(super) fn sized(body: Body, length: u64) -> Body {
    Body::new(Part {
        body,
        skip: 0,
        left: length,
    })
}

struct Part {
    body: Body,
    skip: u64,
    left: u64,
}

impl HttpBody for Part {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else {
                self.left = 0;
                return Poll::Ready(Some(Err(
                    io::Error::from(io::ErrorKind::UnexpectedEof).into()
                )));
            };
            let Ok(mut data) = frame.into_data() else {
                continue;
            };
            let skipped =
                usize::try_from(self.skip).map_or(data.len(), |skip| skip.min(data.len()));
            let _ = data.split_to(skipped);
            self.skip -= skipped as u64;
            data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= data.len() as u64;
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
