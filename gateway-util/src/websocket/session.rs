//! `Session`: the state of a WebSocket between two polls.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use gateway_core::{Closing, Duplex};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as RawError;
use tokio_tungstenite::tungstenite::protocol::Message as RawMessage;

use super::close::{self, Close, CloseCode};
use super::connection::lost_kind;
use super::error::{Kind, WebSocketError};
use super::limits::Limits;
use super::message::Message;
use super::wakers::Role;

/// The stage of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Frames are read.
    Open,
    /// Both ends have sent a Close.
    Closed,
    /// Nothing more is read, and the client is told why.
    Failed(Kind),
    /// The connection is gone.
    Lost(io::ErrorKind),
}

/// The time of the next wake-up if there is nothing to do.
const LONG: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// The stream, what was read ahead of the app, and the clock.
pub(super) struct Session {
    /// `None` once the app's part is over.
    stream: Option<WebSocketStream<Duplex>>,
    limits: Limits,
    closing: Closing,
    /// The stream was pending in this turn of the keeper. It wakes the connection, so the keeper need
    /// not ask again.
    is_read_pending: bool,
    /// The server's shutdown signal is registered to wake this.
    is_watched: bool,
    state: State,
    /// One message that the app has not received yet.
    message: Option<Message>,
    /// Messages are read and dropped.
    is_muted: bool,
    /// The client's Close.
    received: Option<Close>,
    /// When our Close was sent.
    sent: Option<Instant>,
    needs_flush: bool,
    /// The app was told that the connection has failed.
    is_told: bool,
    /// When the client was last heard.
    heard: Instant,
    /// When a ping was sent.
    pinged: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Session {
    pub(super) fn new(stream: WebSocketStream<Duplex>, closing: Closing, limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            stream: Some(stream),
            limits,
            closing,
            is_read_pending: false,
            is_watched: false,
            state: State::Open,
            message: None,
            is_muted: false,
            received: None,
            sent: None,
            needs_flush: false,
            is_told: false,
            heard: now,
            pinged: now,
            // It is set when it is polled.
            timer: Box::pin(sleep_until(now + LONG)),
        }
    }

    pub(super) fn begin_turn(&mut self) {
        self.is_read_pending = false;
    }

    pub(super) fn is_read_pending(&self) -> bool {
        self.is_read_pending
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// What the other tasks must know of a step.
    pub(super) fn shown(&self, role: Role) -> [bool; 5] {
        [
            // The receiver takes it.
            role != Role::Receiver && self.message.is_some(),
            self.state == State::Open,
            self.is_muted,
            self.received.is_some(),
            self.sent.is_some(),
        ]
    }

    pub(super) fn received_close(&self) -> Option<Close> {
        self.received.clone()
    }

    /// True if either end has sent a Close, or nothing can be sent.
    pub(super) fn is_closing(&self) -> bool {
        self.sent.is_some() || self.received.is_some() || self.state != State::Open
    }

    pub(super) fn mute(&mut self) {
        self.is_muted = true;
        self.message = None;
    }

    pub(super) fn take_message(&mut self) -> Option<Message> {
        let message = self.message.take()?;
        // The client was not silent while its message waited.
        self.heard = Instant::now();
        Some(message)
    }

    /// What `recv` returns if there is no message.
    pub(super) fn poll_end(&mut self) -> Poll<Result<(), WebSocketError>> {
        let error = match &self.state {
            State::Failed(kind) => WebSocketError::new(kind.clone()),
            State::Lost(kind) => WebSocketError::lost((*kind).into()),
            State::Open if !self.is_muted && self.received.is_none() => return Poll::Pending,
            State::Open | State::Closed => return Poll::Ready(Ok(())),
        };
        let is_told = std::mem::replace(&mut self.is_told, true);
        Poll::Ready(if is_told { Ok(()) } else { Err(error) })
    }

    /// # Errors
    ///
    /// If nothing can be sent any more.
    pub(super) fn check_open(&self) -> Result<(), WebSocketError> {
        match &self.state {
            State::Lost(kind) => Err(WebSocketError::lost((*kind).into())),
            _ if self.is_closing() => Err(WebSocketError::new(Kind::Closed)),
            _ => Ok(()),
        }
    }

    /// RFC 6455 section 7.4.1: 1001 says that the server goes away (U12).
    pub(super) fn poll_shutdown_signal(&mut self, cx: &mut Context<'_>) {
        // It is polled once, because the waker is always the same, and each poll takes a lock of
        // all streams.
        let is_watched = std::mem::replace(&mut self.is_watched, true);
        if !is_watched && Pin::new(&mut self.closing).poll(cx).is_pending() {
            return;
        }
        if !self.is_muted && self.closing.has_begun() {
            self.is_muted = true;
            if !self.is_closing() {
                self.start_close(CloseCode::GOING_AWAY, "the server is shutting down");
            }
        }
    }

    /// Reads until there is a message, or nothing more has arrived.
    pub(super) fn poll_read_ahead(&mut self, cx: &mut Context<'_>) {
        while self.state == State::Open && self.message.is_none() {
            let Some(stream) = &mut self.stream else {
                return;
            };
            let Poll::Ready(item) = Pin::new(stream).poll_next(cx) else {
                self.is_read_pending = true;
                return;
            };
            self.heard = Instant::now();
            match item {
                Some(Ok(raw)) => self.take_in(raw),
                Some(Err(error)) => self.fail(WebSocketError::from_raw(error)),
                None => self.state = State::Closed,
            }
        }
    }

    fn take_in(&mut self, raw: RawMessage) {
        match raw {
            RawMessage::Text(text) => self.message = Some(Message::text(text)),
            RawMessage::Binary(bytes) => self.message = Some(Message::Binary(bytes)),
            // The pong, or the reply to the client's Close, waits to be sent.
            RawMessage::Ping(_) => self.needs_flush = true,
            RawMessage::Close(frame) => {
                self.needs_flush = true;
                self.received = Some(Close::received(frame));
            }
            RawMessage::Pong(_) | RawMessage::Frame(_) => {}
        }
        if self.is_muted {
            self.message = None;
        }
    }

    fn fail(&mut self, error: WebSocketError) {
        if error.is_lost() {
            self.state = State::Lost(lost_kind(&error));
            return;
        }
        let kind = error.kind().clone();
        if !self.is_closing() {
            self.start_close(kind.code(), kind.reason());
        }
        if self.state == State::Open {
            self.state = State::Failed(kind);
        }
    }

    /// Queues a Close after the sent messages.
    pub(super) fn start_close(&mut self, code: CloseCode, reason: &str) {
        self.sent = Some(Instant::now());
        let frame = RawMessage::Close(Some(close::frame(code, reason)));
        let started = match &mut self.stream {
            Some(stream) => Pin::new(stream).start_send(frame),
            None => return,
        };
        self.needs_flush = true;
        if started.is_err() {
            // The client does not read, so the buffer has no room for it.
            self.state = State::Lost(io::ErrorKind::ConnectionAborted);
        }
    }

    /// Takes a message into the buffer, which is empty except for pongs.
    pub(super) fn start_send(&mut self, message: Message) -> Result<(), WebSocketError> {
        let (length, limit) = (message.as_bytes().len(), self.limits.sent);
        if length > limit {
            let what = format!("a message of {length} bytes, and the limit is {limit}");
            return Err(WebSocketError::new(Kind::Unsendable(what)));
        }
        let Some(stream) = &mut self.stream else {
            return Err(WebSocketError::new(Kind::Closed));
        };
        self.needs_flush = true;
        let started = Pin::new(stream).start_send(message.into_raw());
        started.map_err(|error| self.write_failed(error))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        let Some(stream) = self.stream.as_mut().filter(|_| self.needs_flush) else {
            return Poll::Ready(Ok(()));
        };
        let flushed = ready!(Pin::new(stream).poll_flush(cx));
        self.needs_flush = false;
        Poll::Ready(flushed.map_err(|error| self.write_failed(error)))
    }

    fn write_failed(&mut self, error: RawError) -> WebSocketError {
        let error = WebSocketError::from_raw(error);
        if error.is_lost() && self.state == State::Open {
            self.state = State::Lost(lost_kind(&error));
        }
        error
    }

    /// From now on, the client has this long for its Close.
    pub(super) fn restart_close_timer(&mut self) {
        self.sent = Some(Instant::now());
    }

    /// Acts on the time, and sets the timer for the next one.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) {
        loop {
            let Some(next) = self.act_on_time(Instant::now()) else {
                return;
            };
            // A timer that fires too early or too late is set again.
            if next < self.timer.deadline() {
                self.timer.as_mut().reset(next);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return;
            }
            self.timer.as_mut().reset(Instant::now() + LONG);
        }
    }

    /// Does what is due, and returns when it must run again.
    fn act_on_time(&mut self, now: Instant) -> Option<Instant> {
        if matches!(self.state, State::Closed | State::Lost(_)) && !self.needs_flush {
            return None;
        }
        if let Some(sent) = self.sent {
            let deadline = sent.checked_add(self.limits.close)?;
            if now < deadline {
                return Some(deadline);
            }
            // A client that has failed may stay connected: it was told.
            self.state = match (&self.state, self.needs_flush) {
                (State::Failed(_), false) => State::Closed,
                _ => State::Lost(io::ErrorKind::TimedOut),
            };
            self.needs_flush = false;
            return None;
        }
        // A message waits for the app, and nothing after it is read.
        if self.message.is_some() || self.state != State::Open {
            return None;
        }
        let idle = self
            .limits
            .idle
            .and_then(|idle| self.heard.checked_add(idle));
        if idle.is_some_and(|idle| idle <= now) {
            self.fail(WebSocketError::new(Kind::Idle));
            return self.act_on_time(now);
        }
        let quiet_since = self.heard.max(self.pinged);
        let ping = self
            .limits
            .ping
            .and_then(|ping| quiet_since.checked_add(ping));
        if ping.is_some_and(|ping| ping <= now) {
            self.pinged = now;
            self.ping();
            return self.act_on_time(now);
        }
        [idle, ping].into_iter().flatten().min()
    }

    fn ping(&mut self) {
        // The client does not read, so a ping would show nothing.
        let Some(stream) = self.stream.as_mut().filter(|_| !self.needs_flush) else {
            return;
        };
        let ping = RawMessage::Ping(bytes::Bytes::new());
        // The next read reports an error of the stream.
        let _ = Pin::new(stream).start_send(ping);
        self.needs_flush = true;
    }

    /// Ends the outgoing direction and reads until the client's end, because unread bytes would
    /// destroy the Close on its way (RFC 6455 section 7.1.1).
    pub(super) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(());
        };
        let stream = stream.get_mut();
        if ready!(stream.poll_shutdown(cx)).is_err() {
            return Poll::Ready(());
        }
        let mut space = [0; 1024];
        while let Ok(1..) = ready!(stream.poll_read(cx, &mut space)) {}
        Poll::Ready(())
    }

    /// Takes the stream from the halves that still exist.
    pub(super) fn cut(&mut self) -> Option<WebSocketStream<Duplex>> {
        if self.state == State::Open {
            self.state = State::Closed;
        }
        self.stream.take()
    }
}
