//! Answers requests that must not reach the app: an invalid `Host`, a target or a transfer coding
//! that no app can handle (E12, E14, I2).

use http::{Method, Version};

use super::request_kind::RequestKind;
use super::trailers::takes_trailers;
use crate::connection::Connection;
use crate::environ::{Environ, Framing, Lines, TargetForm, is_valid_host};
use crate::http_error::HttpError;
use crate::log;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    clause: &'static str,
    error: HttpError,
}

impl Refusal {
    #[cold]
    fn bad_request(clause: &'static str, description: &'static str) -> Self {
        Self {
            clause,
            error: HttpError::bad_request().with_description(description),
        }
    }

    #[cold]
    fn not_implemented(clause: &'static str, description: &'static str) -> Self {
        Self {
            clause,
            error: HttpError::not_implemented().with_description(description),
        }
    }

    /// Logs the refusal and returns its page.
    #[cold]
    fn into_error(self) -> HttpError {
        log_refusal(self.clause, &self.error);
        self.error
    }
}

/// Who says that the app must not get a request, with the response.
pub(super) enum Refused {
    /// The adapter, or its user's function.
    ByHost(HttpError),
    /// The gateway, because of the head. It is logged.
    Malformed(HttpError),
}

pub(super) fn log_refusal(clause: &'static str, error: &HttpError) {
    log::info(
        clause,
        "a request was refused before the app",
        &format_args!("{error}: {}", error.description()),
    );
}

/// What kind of request it is, and whether the app must not get it.
#[inline]
pub(super) fn judge(environ: &mut Environ) -> (RequestKind, Option<Refused>) {
    let framing = environ.framing(takes_trailers);
    let (kind, checked) = (RequestKind::of(&framing), check(&framing));
    if let Some(error) = environ.take_refusal() {
        return (kind, Some(Refused::ByHost(error)));
    }
    let refused = checked.err().map(Refusal::into_error);
    (kind, refused.map(Refused::Malformed))
}

/// True if the head of a request is such that the app must not get it.
pub(super) fn refuses(environ: &Environ) -> bool {
    check(&environ.framing(takes_trailers)).is_err()
}

/// Checks the head of a request.
///
/// # Errors
///
/// When the request must not reach the app.
#[inline]
fn check(framing: &Framing<'_>) -> Result<(), Refusal> {
    if *framing.method == Method::CONNECT {
        return Err(Refusal::not_implemented(
            "E14",
            "The server does not support CONNECT.",
        ));
    }
    target(framing)?;
    host(framing)?;
    let codings = &framing.transfer_encoding;
    if codings.first.is_some() && framing.version < Version::HTTP_2 {
        return transfer_encoding(codings, framing.version);
    }
    Ok(())
}

#[inline]
fn target(framing: &Framing<'_>) -> Result<(), Refusal> {
    match framing.target {
        TargetForm::Authority => Err(Refusal::bad_request(
            "E14",
            "The request target is a host, which only CONNECT may have.",
        )),
        TargetForm::Asterisk if *framing.method != Method::OPTIONS => Err(Refusal::bad_request(
            "E14",
            "The request target is *, which only OPTIONS may have.",
        )),
        _ => Ok(()),
    }
}

#[inline]
fn host(framing: &Framing<'_>) -> Result<(), Refusal> {
    if framing.host.is_repeated {
        return Err(Refusal::bad_request(
            "E12",
            "The request has more than one Host header.",
        ));
    }
    match framing.host.first {
        Some(host) if !is_valid_host(host) => {
            return Err(Refusal::bad_request("E12", "The Host header is malformed."));
        }
        None if framing.version == Version::HTTP_11 && framing.requires_host => {
            return Err(Refusal::bad_request(
                "E12",
                "The request has no Host header.",
            ));
        }
        _ => {}
    }
    match framing.authority {
        Some(authority) if !is_valid_host(authority.as_bytes()) => Err(Refusal::bad_request(
            "E12",
            "The host in the request target is malformed.",
        )),
        _ => Ok(()),
    }
}

/// RFC 9112 sections 6.1 and 6.3: the one transfer coding is a single `chunked`. Where the last one is
/// another, nobody can tell where the body ends (I2).
#[cold]
fn transfer_encoding(lines: &Lines<'_>, version: Version) -> Result<(), Refusal> {
    if version < Version::HTTP_11 {
        return Err(Refusal::bad_request(
            "I2",
            "An HTTP/1.0 request cannot have a Transfer-Encoding.",
        ));
    }
    let codings = |line: Option<_>| split(line.unwrap_or_default());
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    if !codings(lines.last).next_back().is_some_and(is_chunked) {
        return Err(Refusal::bad_request(
            "I2",
            "The last transfer coding is not chunked.",
        ));
    }
    let mut others = codings(lines.first);
    if !lines.is_repeated {
        others.next_back();
    }
    if others.clone().any(is_chunked) {
        return Err(Refusal::bad_request(
            "I2",
            "The request body is chunked more than once.",
        ));
    }
    if lines.is_repeated || others.next().is_some() {
        return Err(Refusal::not_implemented(
            "I2",
            "The server supports no transfer coding but chunked.",
        ));
    }
    Ok(())
}

/// The codings of a line.
fn split(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
    let codings = line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    codings.filter(|coding| !coding.is_empty())
}

/// What an adapter knows of a request whose head cannot be expressed in an environ, for
/// [`Gateway::refuse`](crate::Gateway::refuse).
///
/// # Examples
///
/// ```
/// use gateway_core::RefusedHead;
/// use http::Version;
///
/// let head = RefusedHead::new(Version::HTTP_11).with_method("GET").with_target("?x=1");
/// # let _ = head;
/// ```
#[derive(Debug, Clone)]
pub struct RefusedHead<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) version: Version,
    pub(super) connection: Connection,
}

impl<'a> RefusedHead<'a> {
    /// A request of this version, of which nothing else is known.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self {
            method: "",
            target: "",
            version,
            connection: Connection::new(),
        }
    }

    /// Sets the method: the response to HEAD has no body.
    #[must_use]
    pub fn with_method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// Sets the target as it was sent, for observers.
    #[must_use]
    pub fn with_target(mut self, target: &'a str) -> Self {
        self.target = target;
        self
    }

    /// Sets what is known of the connection, for observers.
    #[must_use]
    pub fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }
}
