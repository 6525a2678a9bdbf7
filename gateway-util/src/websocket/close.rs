//! How a connection is closed: a code and a reason (RFC 6455 section 7.4).

use std::fmt;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as RawCode;

/// What a control frame holds, less the two bytes of the code (RFC 6455 section 5.5).
const LONGEST_REASON: usize = 123;

/// Why a connection is closed, as a number (RFC 6455 section 7.4.1, and the registry of codes).
///
/// Apps have 4000 to 4999 for themselves, and libraries 3000 to 3999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server shuts down, or the page was left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the other end has broken the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of message that this end does not take.
    pub const UNSUPPORTED: Self = Self(1003);
    /// 1005: the Close of the other end had no code. It is never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1007: a message whose content is not of its type, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message against the rules of the app.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message that is too long.
    pub const TOO_LONG: Self = Self(1009);
    /// 1011: the app has failed.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const RESTART: Self = Self(1012);
    /// 1013: the server is overloaded; the client comes back later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);

    /// A code of any number.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// True if a Close may carry it: 1000 to 1003, 1007 to 1014, 3000 to 4999 (RFC 6455 section 7.4.2).
    pub(super) fn can_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl PartialEq<u16> for CloseCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The Close that a client has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: CloseCode,
    reason: String,
}

impl Close {
    /// The code; [`CloseCode::NO_STATUS`] if there was none.
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.code
    }

    /// The reason, which is for logs and not for people; empty if there was none.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn received(frame: Option<CloseFrame>) -> Self {
        frame.map_or(
            Self {
                code: CloseCode::NO_STATUS,
                reason: String::new(),
            },
            |frame| Self {
                code: CloseCode(frame.code.into()),
                reason: frame.reason.as_str().to_owned(),
            },
        )
    }
}

/// A Close as it is sent. A reason that is too long ends earlier.
pub(super) fn frame(code: CloseCode, reason: &str) -> CloseFrame {
    let mut end = reason.len().min(LONGEST_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    CloseFrame {
        code: RawCode::from(code.0),
        reason: reason.get(..end).unwrap_or_default().into(),
    }
}
