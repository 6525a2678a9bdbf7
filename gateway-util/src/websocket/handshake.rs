//! A handshake that was accepted.

use gateway_core::{Body, Duplex, Error, HttpError, Response};
use http::{HeaderMap, StatusCode, header};

use super::limits::Limits;
use super::run;
use super::socket::WebSocket;
use crate::tokio_context;

/// A WebSocket handshake that was checked, and what it is answered with; made by
/// [`Acceptor::accept`](super::Acceptor::accept) and [`accept`](super::accept()).
#[derive(Debug)]
#[must_use = "the connection is open when the response of `run` is returned"]
pub struct Handshake {
    headers: HeaderMap,
    limits: Limits,
}

impl Handshake {
    pub(super) fn new(headers: HeaderMap, limits: Limits) -> Self {
        Self { headers, limits }
    }

    /// The subprotocol that was chosen: one of the client's; `None` if none was.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        let protocol = self.headers.get(header::SEC_WEBSOCKET_PROTOCOL)?;
        protocol.to_str().ok()
    }

    /// The fields of the response: `Sec-WebSocket-Accept` on HTTP/1.1, and `Sec-WebSocket-Protocol` if
    /// a subprotocol was chosen.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The response that opens the connection, and runs the app's part on it. The connection is closed
    /// when that returns; see [`WebSocket`].
    ///
    /// An error that the socket gave, passed on with `?`, is one of the client: it ends the exchange and
    /// is no fault of the app. Any other error closes with 1011, and is logged (U9).
    ///
    /// # Errors
    ///
    /// 500 where the app is called outside of a tokio runtime (L7). The runtime has to have its time driver
    /// (`enable_time`): tokio panics without.
    ///
    /// # Cancellation
    ///
    /// The future of `run` is dropped when the server cuts the connection (U12), and the client gets no
    /// Close.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Environ, HttpError, Response, view};
    /// use gateway_util::websocket::{self, CloseCode};
    ///
    /// async fn sum(environ: Environ) -> Result<Response, HttpError> {
    ///     websocket::accept(&environ)?.run(async |mut socket| {
    ///         let mut sum = 0;
    ///         while let Some(message) = socket.recv().await? {
    ///             match message.as_text().and_then(|text| text.parse::<u32>().ok()) {
    ///                 Some(number) => sum += number,
    ///                 None => return Ok(socket.close(CloseCode::UNSUPPORTED, "no number").await?),
    ///             }
    ///             socket.send(sum.to_string()).await?;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// # let _ = view(sum);
    /// ```
    pub fn run<F, Fut>(self, run: F) -> Result<Response, HttpError>
    where
        F: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        tokio_context::handle("a WebSocket")?;
        let limits = self.limits.clone();
        Ok(self.upgrade(|stream| run::run(stream, limits, run)))
    }

    /// The response that opens the connection, with the stream as it is: for another library, or one that
    /// has an extension such as permessage-deflate. Nothing is done by itself then; the limits do not
    /// apply.
    ///
    /// # Examples
    ///
    /// `tokio-tungstenite` by hand:
    ///
    /// ```
    /// use futures_util::{SinkExt, StreamExt};
    /// use gateway_core::{Environ, HttpError, Response, view};
    /// use gateway_util::websocket;
    /// use tokio_tungstenite::WebSocketStream;
    /// use tokio_tungstenite::tungstenite::protocol::Role;
    ///
    /// async fn echo(environ: Environ) -> Result<Response, HttpError> {
    ///     Ok(websocket::accept(&environ)?.upgrade(async |stream| {
    ///         let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    ///         while let Some(message) = socket.next().await {
    ///             let message = message?;
    ///             if message.is_text() || message.is_binary() {
    ///                 socket.send(message).await?;
    ///             }
    ///         }
    ///         Ok(())
    ///     }))
    /// }
    /// # let _ = view(echo);
    /// ```
    pub fn upgrade<F, Fut>(self, run: F) -> Response
    where
        F: FnOnce(Duplex) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let mut response = Response::new(Body::upgrade("websocket", run));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = self.headers;
        response
    }
}
