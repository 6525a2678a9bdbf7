//! Bodies for cases.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream;
use gateway_core::{Body, Error};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::facts::Run;

/// A stream of these pieces, which has no length.
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

/// A stream that never ends and is always ready.
pub(super) fn endless() -> Body {
    Body::from_chunks(std::iter::repeat("endless "))
}

/// A body that waits for ever.
pub(super) fn silent() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())
}

/// The body, watched: its closing is noted as `closed`.
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
