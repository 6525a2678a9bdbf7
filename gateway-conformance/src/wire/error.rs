use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use h2::Reason;

/// Why a client of this module could not do what it was asked to.
///
/// The message names what was awaited or violated and shows an escaped excerpt of
/// the bytes concerned. The `is_*` methods tell the kinds apart.
pub struct WireError(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    reason: Option<Reason>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Timeout,
    Closed,
    Reset,
    Malformed,
    Stray,
    Unclean,
    Request,
    Io,
}

impl WireError {
    /// Whether the deadline passed. The message says what was awaited.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// Whether the server closed the connection before a whole head was there.
    pub fn is_closed(&self) -> bool {
        self.0.kind == Kind::Closed
    }

    /// Whether the server reset the stream or the connection before a head was there.
    pub fn is_reset(&self) -> bool {
        self.0.kind == Kind::Reset
    }

    /// Whether the server sent what the protocol does not allow.
    pub fn is_malformed(&self) -> bool {
        self.0.kind == Kind::Malformed
    }

    /// Whether bytes were found where the next response or the end had to be.
    pub fn is_stray(&self) -> bool {
        self.0.kind == Kind::Stray
    }

    /// Whether an HTTP/2 stream did not end as [`assert_clean`] demands.
    ///
    /// [`assert_clean`]: super::http2::Http2Connection::assert_clean
    pub fn is_unclean(&self) -> bool {
        self.0.kind == Kind::Unclean
    }

    /// Whether the fault is the test's: a request that the protocol cannot express,
    /// or a call out of order.
    pub fn is_request(&self) -> bool {
        self.0.kind == Kind::Request
    }

    /// Whether the operating system reported a failure other than a reset.
    pub fn is_io(&self) -> bool {
        self.0.kind == Kind::Io
    }

    /// The HTTP/2 error code, where there is one: what the server sent, or what this
    /// client answered a violation with.
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    pub(super) fn timeout(what: &str, limit: Duration, so_far: &[u8]) -> Self {
        let message = format!("no {what} within {limit:?}{}", shown(so_far));
        Self::new(Kind::Timeout, message)
    }

    pub(super) fn closed(what: &str, so_far: &[u8]) -> Self {
        Self::new(
            Kind::Closed,
            format!("closed before the {what}{}", shown(so_far)),
        )
    }

    pub(super) fn reset(what: &str, so_far: &[u8]) -> Self {
        Self::new(
            Kind::Reset,
            format!("reset before the {what}{}", shown(so_far)),
        )
    }

    pub(super) fn malformed(message: &str, bytes: &[u8]) -> Self {
        Self::new(Kind::Malformed, format!("{message}{}", shown(bytes)))
    }

    pub(super) fn stray(place: &str, bytes: &[u8]) -> Self {
        Self::new(Kind::Stray, format!("stray bytes {place}{}", shown(bytes)))
    }

    pub(super) fn unclean(message: String) -> Self {
        Self::new(Kind::Unclean, message)
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(Kind::Request, message.into())
    }

    pub(super) fn invalid(message: String, source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Request, message).caused_by(source)
    }

    pub(super) fn io(what: &str, error: io::Error) -> Self {
        let kind = if is_reset(&error) {
            Kind::Reset
        } else {
            Kind::Io
        };
        Self::new(kind, format!("could not {what}")).caused_by(error)
    }

    /// What an error of the HTTP/2 engine means where no response can be given.
    pub(super) fn h2(what: &str, error: h2::Error) -> Self {
        let reason = error.reason();
        let kind = if error.is_remote() {
            Kind::Reset
        } else if error.is_library() {
            Kind::Malformed
        } else if let Some(io) = error.get_io() {
            // The engine reports an end of the connection as a broken pipe.
            match io.kind() {
                io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => Kind::Closed,
                io::ErrorKind::ConnectionReset => Kind::Reset,
                _ => Kind::Io,
            }
        } else {
            Kind::Request
        };
        let code = reason.map_or_else(String::new, |reason| format!(" ({reason:?})"));
        let mut this = Self::new(kind, format!("HTTP/2 failed at {what}{code}"));
        this.0.reason = reason;
        this.caused_by(error)
    }

    fn new(kind: Kind, message: String) -> Self {
        Self(Box::new(Inner {
            kind,
            message,
            reason: None,
            source: None,
        }))
    }

    fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }
}

/// Whether `error` is how a peer's reset shows, in whichever direction it struck.
pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// The bytes, escaped and cut short, as the tail of a message.
fn shown(bytes: &[u8]) -> String {
    const LIMIT: usize = 96;
    if bytes.is_empty() {
        return String::new();
    }
    let cut = bytes.len().min(LIMIT);
    let more = if cut < bytes.len() { ".." } else { "" };
    format!(
        ": \"{}\"{more} ({} bytes)",
        bytes[..cut].escape_ascii(),
        bytes.len()
    )
}

impl fmt::Debug for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("WireError");
        debug
            .field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if let Some(reason) = &self.0.reason {
            debug.field("reason", reason);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for WireError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
