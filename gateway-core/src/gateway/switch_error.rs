//! `SwitchError`: why a response that switches the protocol, or should, cannot be sent (U3, U4, U7).

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// Why a response cannot be sent as the app made it.
#[derive(Debug)]
pub(super) enum SwitchError {
    NotOffered(String),
    NoSwitch,
    WrongStatus(StatusCode),
    DeadTunnel(StatusCode),
}

impl SwitchError {
    /// The clause.
    pub(super) fn clause(&self) -> &'static str {
        match self {
            Self::NotOffered(_) => "U3",
            Self::NoSwitch | Self::WrongStatus(_) => "U4",
            Self::DeadTunnel(_) => "U7",
        }
    }
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered(protocol) => write!(
                f,
                "the app switches to the protocol {protocol:?}, which the client has not offered or \
                 the host cannot switch to"
            ),
            Self::NoSwitch => f.write_str(
                "the status is 101, and the body switches no protocol; a middleware may have \
                 replaced the body",
            ),
            Self::WrongStatus(status) => write!(
                f,
                "the body switches the protocol, and the status is {} where it has to be 101",
                status.as_u16()
            ),
            Self::DeadTunnel(status) => write!(
                f,
                "the answer to an extended CONNECT is {} without a switch of protocols; decline it \
                 with another status than 2xx, such as 403 or 426",
                status.as_u16()
            ),
        }
    }
}

impl StdError for SwitchError {}
