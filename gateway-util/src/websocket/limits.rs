//! Bounds on a socket.

use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Room beside the longest message that is sent: its frame's head, and the pongs and the Close that
/// wait together with it.
const HEADROOM: usize = 4 << 10;

/// What a socket holds and how long it waits. Each has a default.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use gateway_util::websocket::{Acceptor, Limits};
///
/// let limits = Limits::default().message(64 << 10).idle(Some(Duration::from_secs(300)));
/// let acceptor = Acceptor::new().limits(limits);
/// # let _ = acceptor;
/// ```
#[derive(Debug, Clone)]
#[must_use = "limits do nothing until a socket has them"]
pub struct Limits {
    pub(super) message: usize,
    pub(super) frame: usize,
    pub(super) sent: usize,
    pub(super) read_buffer: usize,
    pub(super) ping: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) close: Duration,
}

impl Limits {
    /// The bytes of a message of the client, all its fragments together; 1 MiB by default. A longer
    /// one closes the connection with 1009.
    ///
    /// A socket holds at most one message that the app has not asked for, and a part of the next.
    #[doc(alias = "max_message_size")]
    pub fn message(mut self, bytes: usize) -> Self {
        self.message = bytes;
        self
    }

    /// The bytes of one frame of the client; 1 MiB by default. A longer one closes the connection with
    /// 1009, before its content is read. Browsers send a message as one frame or a few.
    #[doc(alias = "max_frame_size")]
    pub fn frame(mut self, bytes: usize) -> Self {
        self.frame = bytes;
        self
    }

    /// The bytes of a message that the app sends; 16 MiB by default. A longer one is an error of the
    /// app. A socket holds at most one message that the client has not taken.
    #[doc(alias = "max_write_buffer_size")]
    pub fn sent(mut self, bytes: usize) -> Self {
        self.sent = bytes;
        self
    }

    /// The bytes that are read at once; 4 KiB by default. Each socket has this much memory while it is
    /// open; more costs fewer reads where messages are long.
    #[doc(alias = "read_buffer_size")]
    pub fn read_buffer(mut self, bytes: usize) -> Self {
        self.read_buffer = bytes;
        self
    }

    /// How long a client may be silent before it is sent a ping; 20 seconds by default, and `None` for
    /// never. It keeps the connection open in proxies, and shows that the client is still there.
    pub fn ping(mut self, after: Option<Duration>) -> Self {
        self.ping = after.map(at_least);
        self
    }

    /// How long a client may be silent, pongs included, before the connection is closed with 1001;
    /// 60 seconds by default, and `None` for ever. Only a client that has gone, or does not read, is
    /// silent for longer than [`ping`](Self::ping).
    ///
    /// The time does not pass while a message waits for the app.
    pub fn idle(mut self, after: Option<Duration>) -> Self {
        self.idle = after.map(at_least);
        self
    }

    /// How long the client has for its Close, once the app has sent one; 5 seconds by default. After
    /// that the connection ends without it.
    pub fn close(mut self, after: Duration) -> Self {
        self.close = after;
        self
    }

    pub(super) fn config(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(self.read_buffer)
            // A message is handed over at once: the socket flushes after each.
            .write_buffer_size(0)
            .max_write_buffer_size(self.sent.saturating_add(HEADROOM))
            .max_message_size(Some(self.message))
            .max_frame_size(Some(self.frame))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 1 << 20,
            frame: 1 << 20,
            sent: 16 << 20,
            read_buffer: 4 << 10,
            ping: Some(Duration::from_secs(20)),
            idle: Some(Duration::from_secs(60)),
            close: Duration::from_secs(5),
        }
    }
}

/// Without a pause there would be no end of pings.
fn at_least(time: Duration) -> Duration {
    time.max(Duration::from_millis(1))
}
