//! `TestWebSocket`: a WebSocket in process. The app's part is a task, and tungstenite is the
//! client.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use gateway_core::{Duplex, Environ, Upgrade, UpgradeError};
use http::{HeaderMap, HeaderValue, Method, Version, header};
use serde::de::DeserializeOwned;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};
use tokio_tungstenite::tungstenite::{Error as RawError, error::ProtocolError};

use crate::fail;
use crate::response::TestResponse;

/// The capacity of the pipe in each direction.
const PIPE: usize = 64 * 1024;

/// The key of the example in RFC 6455 section 1.3, and its reply. A client on the wire makes a new
/// one for each connection. Here nothing between both ends could confuse two connections.
const KEY: HeaderValue = HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ==");
const ANSWER: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The app's part.
pub(crate) type Running = JoinHandle<Result<(), UpgradeError>>;

/// Turns the head of a request into a handshake.
pub(crate) fn fill(version: Version, method: &mut Method, headers: &mut HeaderMap) {
    headers.insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    if version >= Version::HTTP_2 {
        *method = Method::CONNECT;
        return;
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_KEY, KEY);
}

/// Offers what the head asks for, as a host does.
pub(crate) fn offer(environ: &mut Environ, headers: &HeaderMap) {
    if headers.contains_key(header::SEC_WEBSOCKET_VERSION) {
        // The offer depends on the method and the version.
        environ.offer_extended_connect("websocket");
    }
    environ.offer_upgrades(|_| true);
}

/// Runs the app's part, and returns the client's end.
#[track_caller]
pub(crate) fn spawn(upgrade: Upgrade) -> (DuplexStream, Running) {
    let (client, server) = tokio::io::duplex(PIPE);
    let running = upgrade.run(Duplex::from_tokio(server));
    (client, tokio::spawn(running))
}

/// An open WebSocket of a test: the client's end. Made by
/// [`RequestBuilder::connect`](crate::RequestBuilder::connect).
///
/// A mistake of the test is a panic that says why. Pings of the app are answered while the test
/// receives. Dropping it acts like a client that vanishes.
pub struct TestWebSocket {
    socket: WebSocketStream<DuplexStream>,
    running: Option<Running>,
    response: TestResponse,
    protocol: Option<String>,
}

/// What a test has received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
    /// The reply to a ping.
    Pong(Bytes),
    /// The app's Close: code and reason, 1005 if there was no code. It was answered, and the end
    /// follows.
    Close(u16, String),
    /// The end of the connection. Without an earlier Close, there was none.
    End,
}

impl TestWebSocket {
    pub(crate) async fn open(mut response: TestResponse, offered: Option<&HeaderValue>) -> Self {
        let (pipe, running) = response.run_upgrade();
        let line = |name: &str| response.header(name).map(str::to_owned);
        let (answer, protocol) = (line("sec-websocket-accept"), line("sec-websocket-protocol"));
        // RFC 8441 section 5: HTTP/2 has no key.
        if response.status() == 101 && answer.as_deref() != Some(ANSWER) {
            response.fail(
                "has another Sec-WebSocket-Accept than the key asks for",
                None,
            );
        }
        if let Some(protocol) = &protocol {
            let offered = offered.and_then(|offered| offered.to_str().ok());
            let mut offered = offered.unwrap_or_default().split(',').map(str::trim);
            if !offered.any(|offered| offered == protocol) {
                response.fail("chooses a subprotocol that was not offered", None);
            }
        }
        Self {
            socket: WebSocketStream::from_raw_socket(pipe, Role::Client, None).await,
            running: Some(running),
            response,
            protocol,
        }
    }

    /// The subprotocol that the app has chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The response that opened the connection.
    #[must_use]
    pub fn response(&self) -> &TestResponse {
        &self.response
    }

    /// Sends a text.
    ///
    /// # Panics
    ///
    /// In this method and the others that send: if the connection is closed or gone.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.send(Message::text(text.into())).await;
    }

    /// Sends bytes.
    ///
    /// # Panics
    ///
    /// As [`send_text`](Self::send_text).
    pub async fn send_binary(&mut self, bytes: impl Into<Bytes>) {
        self.send(Message::Binary(bytes.into())).await;
    }

    /// Sends a ping, of at most 125 bytes.
    ///
    /// # Panics
    ///
    /// As [`send_text`](Self::send_text).
    pub async fn send_ping(&mut self, content: impl Into<Bytes>) {
        self.send(Message::Ping(content.into())).await;
    }

    /// Sends a Close, and nothing after it. The app's messages can still be received.
    ///
    /// # Panics
    ///
    /// As [`send_text`](Self::send_text).
    pub async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.send(Message::Close(Some(frame))).await;
    }

    async fn send(&mut self, message: Message) {
        if let Err(error) = self.try_send(message).await {
            fail(&format!("the test cannot send: {error}"));
        }
    }

    async fn try_send(&mut self, message: Message) -> Result<(), RawError> {
        poll_fn(|cx| Pin::new(&mut self.socket).poll_ready(cx)).await?;
        Pin::new(&mut self.socket).start_send(message)?;
        poll_fn(|cx| Pin::new(&mut self.socket).poll_flush(cx)).await
    }

    /// Receives the next thing. After [`Received::End`] it is received again.
    ///
    /// # Panics
    ///
    /// If the app's side violates the protocol.
    pub async fn recv(&mut self) -> Received {
        loop {
            let next = poll_fn(|cx| Pin::new(&mut self.socket).poll_next(cx)).await;
            return match next {
                Some(Ok(Message::Text(text))) => Received::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
                Some(Ok(Message::Pong(content))) => Received::Pong(content),
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(frame))) => frame.map_or_else(
                    || Received::Close(1005, String::new()),
                    |frame| Received::Close(frame.code.into(), frame.reason.as_str().to_owned()),
                ),
                None | Some(Err(RawError::Io(_))) => Received::End,
                Some(Err(RawError::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    Received::End
                }
                Some(Err(error)) => fail(&format!("the app's side violates WebSocket: {error}")),
            };
        }
    }

    /// Receives a text.
    ///
    /// # Panics
    ///
    /// If something else is received.
    pub async fn recv_text(&mut self) -> String {
        match self.recv().await {
            Received::Text(text) => text,
            other => self.unexpected("a text", &other).await,
        }
    }

    /// Receives bytes.
    ///
    /// # Panics
    ///
    /// If something else is received.
    pub async fn recv_binary(&mut self) -> Bytes {
        match self.recv().await {
            Received::Binary(bytes) => bytes,
            other => self.unexpected("bytes", &other).await,
        }
    }

    /// Receives a text that is JSON.
    ///
    /// # Panics
    ///
    /// If something else is received, or JSON of another shape.
    pub async fn recv_json<T: DeserializeOwned>(&mut self) -> T {
        let text = self.recv_text().await;
        match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => fail(&format!("{text:?} is not the JSON asked for: {error}")),
        }
    }

    /// Receives to the end, and asserts the code of the app's Close. Earlier messages are dropped.
    ///
    /// # Panics
    ///
    /// If there is another code, or none. The message shows the error of the app, if it failed.
    pub async fn assert_closed(mut self, code: u16) {
        loop {
            match self.recv().await {
                Received::Close(received, _) if received == code => break,
                other @ (Received::Close(..) | Received::End) => {
                    let expected = format!("a Close with the code {code}");
                    self.unexpected(&expected, &other).await
                }
                _ => {}
            }
        }
        while self.recv().await != Received::End {}
    }

    /// Drops the connection like a client that vanishes, and waits for the end of the app's part.
    ///
    /// # Errors
    ///
    /// If the app's part has failed or panicked.
    pub async fn ended(mut self) -> Result<(), UpgradeError> {
        let running = self.running.take();
        drop(self);
        match running {
            Some(running) => running.await.unwrap_or(Ok(())),
            None => Ok(()),
        }
    }

    /// Ends the test.
    async fn unexpected(&mut self, expected: &str, received: &Received) -> ! {
        let mut message = format!("the test waits for {expected}, and has received {received:?}");
        // The app's part is over, or will be soon, because its connection is.
        if let (Received::Close(..) | Received::End, Some(running)) =
            (received, self.running.take())
        {
            while self.recv().await != Received::End {}
            if let Ok(Err(error)) = running.await {
                message.push_str("\n\nthe app's error: ");
                let cause: &dyn StdError = &error;
                message.push_str(&cause.source().map_or_else(String::new, ToString::to_string));
            }
        }
        fail(&message)
    }
}

impl fmt::Debug for TestWebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestWebSocket")
            .field("response", &self.response)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
