//! `Body::without_length`: hides the length of a body.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::Body;
use crate::error::Error;

impl Body {
    /// The same body, which does not tell its length: for a middleware that changes the bytes of
    /// GET, in its response to HEAD. The length that the app knows is that of other bytes (RFC 9110
    /// section 8.6), and HEAD may leave it out. Remove a declared `Content-Length` from the head as
    /// well.
    ///
    /// The body keeps its callbacks, its trailers and an early commit. A
    /// [switch of protocols](Self::upgrade) comes back untouched.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::Body;
    ///
    /// let body = Body::from("Hello, World!").without_length();
    /// assert_eq!(body.known_len(), None);
    /// assert_eq!(body.bytes().await?, "Hello, World!");
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn without_length(self) -> Self {
        self.wrap(WithoutLength)
    }
}

struct WithoutLength(Body);

impl HttpBody for WithoutLength {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
