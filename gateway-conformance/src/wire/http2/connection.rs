use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::wire::deadline::{DEFAULT_DEADLINE, Deadline};
use crate::wire::{Framing, WireError, WireRequest, WireResponse};

use super::frame::{Direction, Frame, FrameKind};
use super::log::Log;
use super::stream::Stream;
use super::tap::Tap;

/// One connection that speaks HTTP/2 with prior knowledge and logs its frames.
///
/// A task of the current Tokio runtime drives it until it and its streams are
/// dropped, which ends it in order; [`abort`](Self::abort) breaks it off.
#[derive(Debug)]
pub struct Http2Connection {
    engine: SendRequest<Bytes>,
    ping: Option<PingPong>,
    driver: JoinHandle<()>,
    log: Arc<Log>,
    authority: String,
    limit: Duration,
}

impl Http2Connection {
    /// Connects with the engine's default settings and server push refused.
    ///
    /// # Errors
    ///
    /// As for [`open_with`](Self::open_with).
    pub async fn open(address: SocketAddr) -> Result<Self, WireError> {
        Self::open_with(address, Builder::new().enable_push(false)).await
    }

    /// Connects with settings of the test's choice, such as a small window.
    ///
    /// # Errors
    ///
    /// [`is_timeout`](WireError::is_timeout) or [`is_io`](WireError::is_io). That the
    /// server speaks no HTTP/2 shows with the first request.
    pub async fn open_with(address: SocketAddr, builder: &Builder) -> Result<Self, WireError> {
        let deadline = Deadline::after(DEFAULT_DEADLINE);
        let connecting = TcpStream::connect(address);
        let stream = deadline
            .bound("connection", &[], connecting)
            .await?
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|error| WireError::io("connect", error))?;
        let log = Arc::new(Log::default());
        let shaking = builder.handshake(Tap::new(stream, Arc::clone(&log)));
        let (engine, mut connection) = deadline
            .bound("handshake", &[], shaking)
            .await?
            .map_err(|error| WireError::h2("the handshake", error))?;
        let ping = connection.ping_pong();
        let driver = tokio::spawn(async move {
            // Each stream reports the connection's error for itself.
            let _ = connection.await;
        });
        let authority = address.to_string();
        Ok(Self {
            engine,
            ping,
            driver,
            log,
            authority,
            limit: DEFAULT_DEADLINE,
        })
    }

    /// Sets how long each operation may take, those of streams opened later included.
    pub fn set_deadline(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Sends the request and reads its response, both at once. The window is
    /// replenished as the body is read. What the server has not taken of the request
    /// when the response is complete is given up with RST_STREAM (CANCEL).
    ///
    /// # Errors
    ///
    /// * [`is_timeout`](WireError::is_timeout): the response did not end in time.
    /// * [`is_malformed`](WireError::is_malformed): the server violated RFC 9113;
    ///   [`reason`](WireError::reason) is the engine's verdict.
    /// * [`is_reset`](WireError::is_reset): RST_STREAM or GOAWAY before the head, with the
    ///   server's [`reason`](WireError::reason). After the head this is no error but
    ///   the response's [`end`](WireResponse::end).
    /// * [`is_closed`](WireError::is_closed): the connection ended before the head.
    /// * [`is_request`](WireError::is_request): HTTP/2 cannot express the request.
    pub async fn request(&mut self, request: &WireRequest) -> Result<WireResponse, WireError> {
        self.open_stream(request).await?.finish().await
    }

    /// Sends the request on a stream that the test reads step by step. A body that
    /// the request has is queued whole and leaves as the server's window allows; of a
    /// streamed one only the head is sent.
    ///
    /// # Errors
    ///
    /// As for [`request`](Self::request).
    pub async fn open_stream(&mut self, request: &WireRequest) -> Result<Stream, WireError> {
        let head = super::convert::head_of(request, &self.authority)?;
        let ready = self.engine.clone().ready();
        let mut engine = Deadline::after(self.limit)
            .bound("room for another stream", &[], ready)
            .await?
            .map_err(|error| WireError::h2("opening a stream", error))?;
        Stream::open(&mut engine, head, request, self.limit)
    }

    /// Every frame so far, in both directions.
    pub fn frames(&self) -> Vec<Frame> {
        self.log.select(|_| true)
    }

    /// Every frame of this stream so far, in both directions. What a response reports
    /// is in here already when the response is.
    pub fn frames_of(&self, stream: u32) -> Vec<Frame> {
        self.log.select(|frame| frame.stream == stream)
    }

    /// Waits for a frame, in either direction, that matches; one that passed already
    /// is one. `what` names it in the error.
    ///
    /// # Errors
    ///
    /// [`is_timeout`](WireError::is_timeout), or [`is_closed`](WireError::is_closed) if
    /// the connection ends without it.
    pub async fn wait_for(
        &self,
        what: &str,
        matches: impl Fn(&Frame) -> bool,
    ) -> Result<Frame, WireError> {
        let waiting = self.log.wait_for(matches);
        let found = Deadline::after(self.limit)
            .bound(what, &[], waiting)
            .await?;
        found.ok_or_else(|| WireError::closed(what, &[]))
    }

    /// Sends a PING and waits for its answer: what the server had written before it
    /// is in the log then. What a server has queued and not written may come later.
    ///
    /// # Errors
    ///
    /// [`is_timeout`](WireError::is_timeout), or [`is_closed`](WireError::is_closed) or
    /// the like if the connection is over.
    pub async fn ping(&mut self) -> Result<(), WireError> {
        let Some(ping) = &mut self.ping else {
            return Err(WireError::request("the engine gave no way to ping"));
        };
        let pinging = ping.ping(Ping::opaque());
        let pong = Deadline::after(self.limit)
            .bound("answer to a PING", &[], pinging)
            .await?;
        pong.map(drop)
            .map_err(|error| WireError::h2("a PING", error))
    }

    /// Demands that the response's stream ended cleanly: the server sent END_STREAM
    /// and nothing but WINDOW_UPDATE or PRIORITY after it, neither side sent
    /// RST_STREAM, and a response without a body had no bytes in DATA frames. A
    /// [`ping`](Self::ping) comes first.
    ///
    /// RST_STREAM (NO_ERROR) counts too, with which a server may refuse the rest of a
    /// request after a complete response (RFC 9113 section 8.1): where the test means
    /// that case, it looks at the frames itself.
    ///
    /// # Errors
    ///
    /// [`is_unclean`](WireError::is_unclean), with the frames of the stream; or
    /// [`is_timeout`](WireError::is_timeout) if the ping has no answer.
    pub async fn assert_clean(&mut self, response: &WireResponse) -> Result<(), WireError> {
        let Some(stream) = response.stream else {
            return Err(WireError::request("the response came over HTTP/1"));
        };
        // Without a connection there is no answer, but then the log is complete.
        if let Err(error) = self.ping().await
            && error.is_timeout()
        {
            return Err(error);
        }
        let frames = self.frames_of(stream);
        match fault(&frames, response) {
            Some(fault) => Err(WireError::unclean(format!("{fault}: {frames:?}"))),
            None => Ok(()),
        }
    }

    /// Waits for the connection to end; `false` if the deadline passes first.
    pub async fn closed(&mut self) -> bool {
        let ended = self.log.wait_for(|_| false);
        Deadline::after(self.limit)
            .bound("end of the connection", &[], ended)
            .await
            .is_ok()
    }

    /// Closes the socket with no GOAWAY and whatever is unread in it.
    pub fn abort(self) {
        self.driver.abort();
    }
}

/// What is wrong with how a stream ended.
fn fault(frames: &[Frame], response: &WireResponse) -> Option<&'static str> {
    let received = || {
        frames
            .iter()
            .filter(|frame| frame.direction == Direction::Received)
    };
    if frames
        .iter()
        .any(|frame| frame.kind == FrameKind::RstStream)
    {
        return Some("there was a RST_STREAM");
    }
    let Some(end) = received().position(Frame::is_end_stream) else {
        return Some("the server sent no END_STREAM");
    };
    let harmless = |frame: &Frame| {
        // A header block goes on in CONTINUATION after the END_STREAM in its HEADERS.
        matches!(
            frame.kind,
            FrameKind::WindowUpdate | FrameKind::Priority | FrameKind::Continuation
        )
    };
    if !received().skip(end + 1).all(harmless) {
        return Some("there were frames after END_STREAM");
    }
    let bytes: usize = received().map(Frame::data_len).sum();
    if response.framing == Framing::None && bytes > 0 {
        return Some("there were DATA bytes in a response without a body");
    }
    None
}
