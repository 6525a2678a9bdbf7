//! Bodies for the cases: streams that end, fail, panic, wait or never end.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::facts::Run;

/// A stream of these pieces, without a length.
pub(super) fn pieces<const N: usize>(pieces: [&'static str; N]) -> Body {
    Body::from_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

/// A stream of these pieces that then fails.
pub(super) fn fails_after<const N: usize>(pieces: [&'static str; N]) -> Body {
    let pieces = pieces.map(Ok).into_iter();
    let error = Err(std::io::Error::other("private: the stream failed"));
    Body::from_stream(stream::iter(pieces.chain([error])))
}

/// A stream of these pieces that then panics.
pub(super) fn panics_after<const N: usize>(pieces: [&'static str; N]) -> Body {
    #[expect(clippy::panic, reason = "B9: apps panic")]
    let last = std::iter::once_with(|| panic!("a panic that the case asks for"));
    Body::from_chunks(pieces.into_iter().chain(last))
}

/// A stream without an end, which has a chunk at most polls.
///
/// It is sometimes not ready, so that a deadline can stop a task that reads it forever. It
/// fails when it has given more than anything between the app and its client may hold. So a
/// middleware that collects bodies fails its case and does not fill the memory.
pub(crate) fn endless() -> Body {
    const CHUNK: &[u8] = b"endless ";
    /// The kernel's buffers for a connection hold some megabytes.
    const MOST: u64 = 64 << 20;
    const READY_IN_A_ROW: u64 = 32;
    let mut polls: u64 = 0;
    Body::from_stream(stream::poll_fn(move |cx| {
        polls += 1;
        if polls.is_multiple_of(READY_IN_A_ROW) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = if polls * CHUNK.len() as u64 > MOST {
            Err(std::io::Error::other(
                "an endless body was read and never stopped",
            ))
        } else {
            Ok(Bytes::from_static(CHUNK))
        };
        Poll::Ready(Some(chunk))
    }))
}

/// A body that waits forever.
pub(super) fn silent() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

/// The body, watched: when it is closed, `closed` is noted.
pub(super) fn watched(run: &Run, body: Body) -> Body {
    Body::new(Watched {
        body,
        run: run.clone(),
    })
}

struct Watched {
    body: Body,
    run: Run,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.run.note("closed");
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
