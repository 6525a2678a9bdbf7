//! The socket that an app has.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use super::close::{Close, CloseCode};
use super::connection::Connection;
use super::error::{Kind, WebSocketError};
use super::message::Message;

/// An open WebSocket, which [`Handshake::run`](super::Handshake::run) gives to the app.
///
/// # What happens by itself
///
/// - Pings are answered, and a silent client is sent some; see [`Limits`](super::Limits). This goes on
///   while the app waits for something else.
/// - The client's Close is answered. Then [`recv`](Self::recv) gives the end.
/// - When the server shuts down, the client gets a Close with 1001, and `recv` gives the end (U12).
/// - When the app's part returns, the client gets a Close, if there was none: 1000 after `Ok`, 1011 after
///   an error. Its own Close is waited for.
/// - A message that breaks the protocol closes with 1002, text that is not UTF-8 with 1007, a message that
///   is too long with 1009. Then `recv` gives the error.
///
/// # Backpressure
///
/// At most one message is read that the app has not asked for: a client that sends faster waits.
/// [`send`](Self::send) waits while the client does not read.
#[derive(Debug)]
pub struct WebSocket {
    sender: Sender,
    receiver: Receiver,
}

impl WebSocket {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self {
            sender: Sender(connection.clone()),
            receiver: Receiver(connection.clone()),
        }
    }

    /// The next message; `None` once the connection is closed, by whomever.
    ///
    /// Cancel safe: a future that is dropped has taken no message. So it can be one of several things
    /// that are waited for.
    ///
    /// # Errors
    ///
    /// Once, and `None` after it:
    ///
    /// - The client has broken the protocol or a limit, and was told.
    /// - Nothing was heard from it for too long, and it was told.
    /// - The connection ended without a Close ([`WebSocketError::is_lost`]).
    pub async fn recv(&mut self) -> Result<Option<Message>, WebSocketError> {
        self.receiver.recv().await
    }

    /// Sends a message, and waits until the host has taken it: at the latest when the client reads.
    ///
    /// # Errors
    ///
    /// When the connection is closed ([`WebSocketError::is_closed`]) or gone, and when the message is
    /// longer than [`Limits::sent`](super::Limits::sent).
    ///
    /// # Cancellation
    ///
    /// When the future is dropped, the message is sent whole or not at all; which of both is not known.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        self.sender.send(message).await
    }

    /// Sends a Close, and nothing after it. If there was one before, nothing happens.
    ///
    /// The client's messages may still be received, up to its own Close, for which it has the time of
    /// [`Limits::close`](super::Limits::close). Nobody has to wait for that: it is done when the app's part
    /// returns.
    ///
    /// A reason that has more than 123 bytes ends earlier.
    ///
    /// # Errors
    ///
    /// When the code is one that is never sent, such as 1005 ([`WebSocketError::is_unsendable`]), and when
    /// the connection is gone.
    pub async fn close(
        &mut self,
        code: impl Into<CloseCode>,
        reason: &str,
    ) -> Result<(), WebSocketError> {
        self.sender.close(code, reason).await
    }

    /// The client's Close, as soon as one was received: its own, or its answer to ours.
    #[must_use]
    pub fn client_close(&self) -> Option<Close> {
        self.receiver.client_close()
    }

    /// Both directions, to be used in two places, or in two tasks.
    ///
    /// The connection is closed when the app's part returns, whoever has a half of it by then.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Environ, Error, HttpError, Response, view};
    /// use gateway_util::websocket;
    ///
    /// async fn pipe(environ: Environ) -> Result<Response, HttpError> {
    ///     websocket::accept(&environ)?.run(async |socket| {
    ///         let (mut sender, mut receiver) = socket.split();
    ///         let (queue, mut queued) = tokio::sync::mpsc::channel(16);
    ///         let receive = async {
    ///             while let Some(message) = receiver.recv().await? {
    ///                 if queue.send(message).await.is_err() {
    ///                     break;
    ///                 }
    ///             }
    ///             drop(queue);
    ///             Ok::<_, Error>(())
    ///         };
    ///         let send = async {
    ///             while let Some(message) = queued.recv().await {
    ///                 sender.send(message).await?;
    ///             }
    ///             Ok(())
    ///         };
    ///         tokio::try_join!(receive, send)?;
    ///         Ok(())
    ///     })
    /// }
    /// # let _ = view(pipe);
    /// ```
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

/// The half of a [`WebSocket`] that sends.
pub struct Sender(Arc<Connection>);

impl Sender {
    /// Sends a message; see [`WebSocket::send`].
    ///
    /// # Errors
    ///
    /// As [`WebSocket::send`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), WebSocketError> {
        let mut message = Some(message.into());
        poll_fn(|cx| self.0.poll_send(cx, &mut message)).await
    }

    /// Sends a Close; see [`WebSocket::close`].
    ///
    /// # Errors
    ///
    /// As [`WebSocket::close`].
    pub async fn close(
        &mut self,
        code: impl Into<CloseCode>,
        reason: &str,
    ) -> Result<(), WebSocketError> {
        let code = code.into();
        if !code.can_be_sent() {
            let what = format!("a Close with the code {code}");
            return Err(WebSocketError::new(Kind::Unsendable(what)));
        }
        poll_fn(|cx| self.0.poll_close(cx, code, reason)).await
    }
}

/// The half of a [`WebSocket`] that receives.
pub struct Receiver(Arc<Connection>);

impl Receiver {
    /// The next message; see [`WebSocket::recv`].
    ///
    /// # Errors
    ///
    /// As [`WebSocket::recv`].
    pub async fn recv(&mut self) -> Result<Option<Message>, WebSocketError> {
        poll_fn(|cx| self.0.poll_recv(cx)).await
    }

    /// The client's Close; see [`WebSocket::client_close`].
    #[must_use]
    pub fn client_close(&self) -> Option<Close> {
        self.0.received_close()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("client_close", &self.client_close())
            .finish_non_exhaustive()
    }
}
