//! Why a socket failed.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use tokio_tungstenite::tungstenite::Error as RawError;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::close::CloseCode;

/// A socket has failed, or is closed.
///
/// An app passes it on with `?`: [`Handshake::run`](super::Handshake::run) knows it and has told the
/// client by then. None but [`is_unsendable`](Self::is_unsendable) is a fault of the app, and none else
/// is logged as one.
#[derive(Debug)]
pub struct WebSocketError {
    kind: Kind,
    source: Option<io::Error>,
}

/// Beside each kind: the code that the client is closed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of both has closed the connection.
    Closed,
    /// 1001.
    Idle,
    /// 1002.
    Protocol(String),
    /// 1007.
    NotUtf8,
    /// 1009.
    TooLong,
    /// The connection is gone.
    Lost,
    /// The app sends what cannot be sent. 1011.
    Unsendable(String),
}

impl Kind {
    /// The code that the client is told.
    pub(super) fn code(&self) -> CloseCode {
        match self {
            Self::Closed | Self::Lost => CloseCode::NORMAL,
            Self::Idle => CloseCode::GOING_AWAY,
            Self::Protocol(_) => CloseCode::PROTOCOL_ERROR,
            Self::NotUtf8 => CloseCode::INVALID_PAYLOAD,
            Self::TooLong => CloseCode::TOO_LONG,
            Self::Unsendable(_) => CloseCode::INTERNAL_ERROR,
        }
    }

    /// What the client is told.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Closed | Self::Lost => "",
            Self::Idle => "nothing was heard for too long",
            Self::Protocol(_) => "the protocol was broken",
            Self::NotUtf8 => "a text is not UTF-8",
            Self::TooLong => "a message is too long",
            Self::Unsendable(_) => "the app failed",
        }
    }
}

impl WebSocketError {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    /// The connection is gone. The gateway takes the cause for a client that has left (L3).
    pub(super) fn lost(source: io::Error) -> Self {
        Self {
            kind: Kind::Lost,
            source: Some(source),
        }
    }

    pub(super) fn from_raw(error: RawError) -> Self {
        match error {
            RawError::ConnectionClosed | RawError::AlreadyClosed => Self::new(Kind::Closed),
            RawError::Protocol(ProtocolError::SendAfterClosing) => Self::new(Kind::Closed),
            RawError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Self::lost(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "the connection ended without a Close",
                ))
            }
            RawError::Io(error) => Self::lost(error),
            RawError::Capacity(_) => Self::new(Kind::TooLong),
            RawError::Utf8(_) => Self::new(Kind::NotUtf8),
            RawError::WriteBufferFull(_) => Self::new(Kind::Unsendable(error.to_string())),
            error => Self::new(Kind::Protocol(error.to_string())),
        }
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// True if the connection was closed before, by the client, the app or the server's shutdown.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.kind == Kind::Closed
    }

    /// True if the connection ended without a Close (RFC 6455 section 7.1.5: the code 1006).
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.kind == Kind::Lost
    }

    /// True if nothing came from the client for longer than [`Limits::idle`](super::Limits::idle).
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.kind == Kind::Idle
    }

    /// True if a message of the client was longer than the [`Limits`](super::Limits).
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.kind == Kind::TooLong
    }

    /// True if the client has broken the protocol; a text that is not UTF-8 counts.
    #[must_use]
    pub fn is_protocol(&self) -> bool {
        matches!(self.kind, Kind::Protocol(_) | Kind::NotUtf8)
    }

    /// True if the app sends what cannot be sent: a message longer than
    /// [`Limits::sent`](super::Limits::sent), or a Close with a code that is never sent.
    #[must_use]
    pub fn is_unsendable(&self) -> bool {
        matches!(self.kind, Kind::Unsendable(_))
    }
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::Closed => "the WebSocket is closed",
            Kind::Idle => "nothing was heard from the client for too long",
            Kind::Protocol(what) => return write!(f, "the client breaks WebSocket: {what}"),
            Kind::NotUtf8 => "the client has sent a text that is not UTF-8",
            Kind::TooLong => "the client has sent a message that is too long",
            Kind::Lost => "the connection of the WebSocket is gone",
            Kind::Unsendable(what) => {
                return write!(f, "the app sends what cannot be sent: {what}");
            }
        })
    }
}

impl StdError for WebSocketError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
