//! `Capability`: what a host may lack without being at fault.

use std::fmt;
use std::str::FromStr;

use crate::via::Via;

/// Something that a case needs and that some hosts lack.
///
/// Tell the suite what the host lacks, each with a reason. A case that needs it is not run. The
/// report lists it as [excused](crate::CaseOutcome::Excused), with that reason, and does not count
/// it as passed. A case that [needs it in part](crate::Case::partly_needed) is run without that part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// The app sees the trailers of a request (I7).
    RequestTrailers,
    /// The client sees the trailers of a response (B11).
    ResponseTrailers,
    /// The host detects that a client leaves while the app neither reads nor writes (L3).
    DisconnectWhileIdle,
    /// Over HTTP/2, the response to a large upload that the app did not read arrives (I5).
    UnreadUploadOverHttp2,
    /// `OPTIONS *` reaches the app. It has no path that a mount point could match (E14).
    AsteriskForm,
    /// A response whose head was sent can be aborted so that the client detects it (B8).
    AbortedResponses,
    /// A response can close its HTTP/1 connection because the app asks for it (S7), or because the
    /// gateway refuses the request (E17).
    CloseConnection,
    /// The app is called before the whole request has arrived (I3, I6).
    StreamedRequests,
    /// A part of a response reaches the client before the whole response is ready (B1, B3).
    StreamedResponses,
    /// The response may begin before the whole request has arrived (I2).
    FullDuplex,
    /// Header values may hold bytes above ASCII, in requests and in responses (E9, S6).
    BytesAboveAscii,
    /// Apps are called and bodies polled in the context of a tokio runtime, and may spawn tasks (L7).
    TokioContext,
    /// The host speaks HTTP/1.1 in clear text.
    Http1,
    /// The host speaks HTTP/2 in clear text with prior knowledge.
    Http2,
    /// The host speaks HTTP/1.0.
    Http10,
    /// Requests without a `Host` are accepted (E12).
    RequestWithoutHost,
    /// A method may hold every character of a token, not only letters, digits and dashes (E1).
    EveryMethodToken,
    /// The host tells the address that a connection came in on (E12).
    LocalAddress,
    /// The server and this client see each other's addresses: there is no proxy between them (E16).
    DirectConnection,
    /// Over HTTP/1.1 a connection can be switched to any protocol that the client offers (U1).
    Upgrade,
    /// Over HTTP/1.1 a connection can be switched to WebSocket (U1).
    WebSocketUpgrade,
    /// Over HTTP/2 WebSocket can begin by an extended CONNECT, RFC 8441 (U1).
    ExtendedConnect,
    /// A client that has ended its direction of a switched stream still gets what the app writes (U10).
    HalfClosedStreams,
}

impl Capability {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::RequestTrailers,
        Self::ResponseTrailers,
        Self::DisconnectWhileIdle,
        Self::UnreadUploadOverHttp2,
        Self::AsteriskForm,
        Self::AbortedResponses,
        Self::CloseConnection,
        Self::StreamedRequests,
        Self::StreamedResponses,
        Self::FullDuplex,
        Self::BytesAboveAscii,
        Self::TokioContext,
        Self::Http1,
        Self::Http2,
        Self::Http10,
        Self::RequestWithoutHost,
        Self::EveryMethodToken,
        Self::LocalAddress,
        Self::DirectConnection,
        Self::Upgrade,
        Self::WebSocketUpgrade,
        Self::ExtendedConnect,
        Self::HalfClosedStreams,
    ];

    /// Whether a host that lacks it lacks something on this way.
    pub(crate) fn concerns(self, via: Via) -> bool {
        match self {
            Self::Http1 | Self::CloseConnection => via == Via::Http1,
            // What is run in process is HTTP/1.1.
            Self::Upgrade | Self::WebSocketUpgrade => via != Via::Http2,
            Self::Http2 | Self::ExtendedConnect => via == Via::Http2,
            _ => true,
        }
    }

    /// The name on the command line and in reports, such as `RESPONSE_TRAILERS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestTrailers => "REQUEST_TRAILERS",
            Self::ResponseTrailers => "RESPONSE_TRAILERS",
            Self::DisconnectWhileIdle => "DISCONNECT_WHILE_IDLE",
            Self::UnreadUploadOverHttp2 => "UNREAD_UPLOAD_OVER_HTTP2",
            Self::AsteriskForm => "ASTERISK_FORM",
            Self::AbortedResponses => "ABORTED_RESPONSES",
            Self::CloseConnection => "CLOSE_CONNECTION",
            Self::StreamedRequests => "STREAMED_REQUESTS",
            Self::StreamedResponses => "STREAMED_RESPONSES",
            Self::FullDuplex => "FULL_DUPLEX",
            Self::BytesAboveAscii => "BYTES_ABOVE_ASCII",
            Self::TokioContext => "TOKIO_CONTEXT",
            Self::Http1 => "HTTP1",
            Self::Http2 => "HTTP2",
            Self::Http10 => "HTTP10",
            Self::RequestWithoutHost => "REQUEST_WITHOUT_HOST",
            Self::EveryMethodToken => "EVERY_METHOD_TOKEN",
            Self::LocalAddress => "LOCAL_ADDRESS",
            Self::DirectConnection => "DIRECT_CONNECTION",
            Self::Upgrade => "UPGRADE",
            Self::WebSocketUpgrade => "WEBSOCKET_UPGRADE",
            Self::ExtendedConnect => "EXTENDED_CONNECT",
            Self::HalfClosedStreams => "HALF_CLOSED_STREAMS",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Capability {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|one| one.as_str() == name);
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|one| one.as_str()).collect();
            format!("{name:?} is none of {}", known.join(", "))
        })
    }
}
