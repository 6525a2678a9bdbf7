//! `Connection`: the shared state of a socket's halves and of the future that keeps it alive.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use gateway_core::Duplex;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role as Side;

use super::close::{Close, CloseCode};
use super::error::WebSocketError;
use super::limits::Limits;
use super::message::Message;
use super::session::{Session, State};
use super::wakers::{Role, Wakers};

/// All polls of the stream and the timer use one waker, which wakes all waiting tasks. So it does
/// not matter which of them has polled last, and each may be in a task of its own.
pub(super) struct Connection {
    session: Mutex<Session>,
    wakers: Arc<Wakers>,
    /// All wakers as one.
    waker: Waker,
}

impl Connection {
    pub(super) async fn new(stream: Duplex, limits: Limits) -> Self {
        let closing = stream.closing();
        let config = Some(limits.config());
        let stream = WebSocketStream::from_raw_socket(stream, Side::Server, config).await;
        let wakers = Arc::<Wakers>::default();
        Self {
            session: Mutex::new(Session::new(stream, closing, limits)),
            waker: Waker::from(wakers.clone()),
            wakers,
        }
    }

    /// The task of the keeper polls the app, and then [keeps](Self::poll_keep).
    pub(super) fn begin_turn(&self) {
        self.session().begin_turn();
    }

    /// Does the automatic work while the app does something else. It reads one message ahead, and
    /// with it pings and the Close; flushes; measures time; and closes when the server shuts down.
    pub(super) fn poll_keep(&self, cx: &mut Context<'_>) {
        self.act(Role::Keeper, cx, |session, cx| {
            session.poll_shutdown_signal(cx);
            if !session.is_read_pending() {
                session.poll_read_ahead(cx);
            }
            // What is not flushed now is flushed later, and an error is kept in the state.
            let _ = session.poll_flush(cx);
            session.poll_timer(cx);
        });
    }

    pub(super) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message>, WebSocketError>> {
        let poll = self.act(Role::Receiver, cx, |session, cx| {
            session.poll_read_ahead(cx);
            match session.take_message() {
                Some(message) => Poll::Ready(Ok(Some(message))),
                None => session.poll_end().map_ok(|()| None),
            }
        });
        if poll.is_ready() {
            // It reads on, and flushes the last bytes.
            self.wakers.wake_keeper(cx.waker());
        }
        poll
    }

    /// Sends the message, which is taken once it will be sent whole, and waits until the host has
    /// it.
    pub(super) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        message: &mut Option<Message>,
    ) -> Poll<Result<(), WebSocketError>> {
        self.act(Role::Sender, cx, |session, cx| {
            session.check_open()?;
            // Pongs may have filled the buffer.
            ready!(session.poll_flush(cx))?;
            if let Some(message) = message.take() {
                session.start_send(message)?;
            }
            session.poll_flush(cx)
        })
    }

    /// Sends a Close, unless one was sent, and waits until the host has it.
    pub(super) fn poll_close(
        &self,
        cx: &mut Context<'_>,
        code: CloseCode,
        reason: &str,
    ) -> Poll<Result<(), WebSocketError>> {
        self.act(Role::Sender, cx, |session, cx| {
            if !session.is_closing() {
                session.start_close(code, reason);
            }
            session.poll_flush(cx)
        })
    }

    pub(super) fn received_close(&self) -> Option<Close> {
        self.session().received_close()
    }

    /// Begins the end: no message is read any more, and a Close is sent, unless one was sent.
    pub(super) fn begin_end(&self, code: CloseCode, reason: &str) {
        let mut session = self.session();
        session.mute();
        if !session.is_closing() {
            session.start_close(code, reason);
        }
        session.restart_close_timer();
    }

    /// Waits for the client's Close, or for the end of a connection that has failed (RFC 6455 sections
    /// 7.1.1 and 7.1.7).
    pub(super) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<Result<(), WebSocketError>> {
        self.act(Role::Keeper, cx, |session, cx| {
            session.poll_read_ahead(cx);
            let flushed = session.poll_flush(cx).map(|_| ());
            session.poll_timer(cx);
            match session.state() {
                State::Open => Poll::Pending,
                State::Closed => flushed.map(Ok),
                State::Lost(kind) => Poll::Ready(Err(WebSocketError::lost((*kind).into()))),
                State::Failed(_) => {
                    ready!(flushed);
                    session.poll_drain(cx).map(Ok)
                }
            }
        })
    }

    /// Ends the connection for the halves that still exist.
    pub(super) fn cut(&self) {
        let stream = self.session().cut();
        drop(stream);
        self.wakers.wake_by_ref();
    }

    /// Registers the waker, and wakes the others if `act` has changed the state.
    fn act<T>(
        &self,
        role: Role,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut Session, &mut Context<'_>) -> T,
    ) -> T {
        self.wakers.register(role, cx.waker());
        let mut session = self.session();
        let before = session.shown(role);
        let done = act(&mut session, &mut Context::from_waker(&self.waker));
        let is_other = session.shown(role) != before;
        drop(session);
        if is_other {
            self.wakers.wake_by_ref();
        }
        done
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error kind of a connection that is gone. The gateway recognises it (L3).
pub(super) fn lost_kind(error: &WebSocketError) -> io::ErrorKind {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, TimedOut};
    let source = std::error::Error::source(error);
    let kind = source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    match kind {
        Some(kind @ (BrokenPipe | ConnectionReset | TimedOut)) => kind,
        _ => io::ErrorKind::ConnectionAborted,
    }
}
