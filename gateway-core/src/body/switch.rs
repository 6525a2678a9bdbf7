//! `Body::upgrade`: a body made of a protocol's name and a function that runs on the connection's
//! stream after the switch to that protocol, such as WebSocket.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};

use super::frames::{FrameSource, Running, Switch};
use super::{Body, Repr};
use crate::duplex::Duplex;
use crate::error::Error;

impl Body {
    /// A body that switches the connection to another protocol, one that the client has offered
    /// ([`Environ::upgrades`](crate::Environ::upgrades)), and then calls `run` with the stream. As the
    /// return value of a view it makes a 101 response; headers are added as to any body.
    ///
    /// The app says 101, on every version of HTTP; the gateway writes what the protocol asks for
    /// (U5). `run` begins when the head was sent (U6). No request and no view waits for it. The
    /// exchange ends with it: [`on_close`](Self::on_close) callbacks, observers and
    /// [`Environ::closed`](crate::Environ::closed) wait for its end.
    ///
    /// # Errors
    ///
    /// The response is a 500, the cause is logged, and `run` is not called when
    ///
    /// - the client has not offered the protocol (U3);
    /// - the status is not 101, or the response was not started when the body is returned (U4).
    ///
    /// An error or a panic of `run` is logged, and aborts the connection where the host can (U9).
    ///
    /// # Middlewares
    ///
    /// Such a body has no bytes and passes untouched (U13): [`wrap`](Self::wrap) gives it back as it is,
    /// and reading it is an error.
    ///
    /// # Cancellation
    ///
    /// The future of `run` is dropped at any await when the server cuts the stream (U12).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Body, Environ, HttpError, TryIntoResponse, view};
    ///
    /// async fn echo(environ: Environ) -> Result<impl TryIntoResponse, HttpError> {
    ///     if !environ.offers_upgrade("echo") {
    ///         return Err(HttpError::new(426).with_description("This speaks echo only."));
    ///     }
    ///     Ok(Body::upgrade("echo", async |mut stream| {
    ///         let mut buffer = [0; 1024];
    ///         loop {
    ///             let read = stream.read(&mut buffer).await?;
    ///             if read == 0 {
    ///                 return Ok(());
    ///             }
    ///             stream.write_all(&buffer[..read]).await?;
    ///         }
    ///     }))
    /// }
    /// # let _ = view(echo);
    /// ```
    #[doc(alias = "hijack")]
    #[doc(alias = "websocket")]
    pub fn upgrade<F, Fut>(protocol: impl Into<Cow<'static, str>>, run: F) -> Self
    where
        F: FnOnce(Duplex) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self::boxed(SwitchFrames {
            protocol: protocol.into(),
            run: Some(run),
        })
    }

    /// The protocol that this body switches to; `None` for one of bytes. A middleware passes such a
    /// body untouched (U13).
    #[must_use]
    pub fn upgrade_protocol(&self) -> Option<&str> {
        Some(self.switch()?.protocol())
    }

    pub(crate) fn switch(&self) -> Option<&dyn Switch> {
        match &self.0 {
            Repr::Full(_) => None,
            Repr::Stream { frames, .. } => frames.switch(),
        }
    }
}

/// A switch in the place of frames.
struct SwitchFrames<F> {
    protocol: Cow<'static, str>,
    run: Option<F>,
}

// `run` is called by value and never pinned.
impl<F> Unpin for SwitchFrames<F> {}

impl<F, Fut> Switch for SwitchFrames<F>
where
    F: FnOnce(Duplex) -> Fut + Send,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    fn protocol(&self) -> &str {
        &self.protocol
    }

    fn begin(&mut self, stream: Duplex) -> Option<Running> {
        let run = self.run.take()?;
        Some(Box::pin(run(stream)))
    }
}

impl<F> HttpBody for SwitchFrames<F> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Err(NoBytes.into())))
    }
}

impl<F, Fut> FrameSource for SwitchFrames<F>
where
    F: FnOnce(Duplex) -> Fut + Send,
    Fut: Future<Output = Result<(), Error>> + Send + 'static,
{
    fn switch(&self) -> Option<&dyn Switch> {
        Some(self)
    }

    fn switch_mut(self: Pin<&mut Self>) -> Option<&mut dyn Switch> {
        Some(self.get_mut())
    }
}

/// A switch was read as if it had bytes (U13).
#[derive(Debug)]
pub(crate) struct NoBytes;

impl fmt::Display for NoBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a body that switches the protocol was read; it has no bytes, and a middleware has to \
             pass it untouched",
        )
    }
}

impl std::error::Error for NoBytes {}
