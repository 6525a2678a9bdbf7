//! Answers requests that must not reach the app: an invalid `Host`, a target or a transfer coding
//! that no app can handle (E12, E14, I2).

use http::{Method, Version};

use crate::connection::Connection;
use crate::environ::{Environ, FramingFields, Lines, is_valid_host};
use crate::http_error::HttpError;
use crate::log;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    clause: &'static str,
    error: HttpError,
}

impl Refusal {
    fn bad_request(clause: &'static str, description: &'static str) -> Self {
        Self {
            clause,
            error: HttpError::bad_request().with_description(description),
        }
    }

    fn not_implemented(clause: &'static str, description: &'static str) -> Self {
        Self {
            clause,
            error: HttpError::not_implemented().with_description(description),
        }
    }

    /// Logs the refusal and returns its page.
    pub(super) fn into_error(self) -> HttpError {
        log_refusal(self.clause, &self.error);
        self.error
    }
}

pub(super) fn log_refusal(clause: &'static str, error: &HttpError) {
    let cause = format_args!("{error}: {}", error.description());
    log::info(clause, "a request was refused before the app", &cause);
}

/// Checks the head of a request.
///
/// # Errors
///
/// When the request must not reach the app.
#[inline]
pub(super) fn check(environ: &Environ, fields: &FramingFields<'_>) -> Result<(), Refusal> {
    let method = environ.request_method();
    if *method == Method::CONNECT {
        return Err(Refusal::not_implemented(
            "E14",
            "The server does not support CONNECT.",
        ));
    }
    target(environ, method)?;
    host(environ, &fields.host)?;
    match fields.transfer_encoding.first {
        Some(codings) if environ.version() < Version::HTTP_2 => transfer_encoding(
            codings,
            fields.transfer_encoding.is_repeated,
            environ.version(),
        ),
        _ => Ok(()),
    }
}

/// RFC 9112 section 3.2: a target is a path, a URL, or the `*` of OPTIONS (E14).
#[inline]
fn target(environ: &Environ, method: &Method) -> Result<(), Refusal> {
    if environ.is_authority_form() {
        return Err(Refusal::bad_request(
            "E14",
            "The request target is a host, which only CONNECT may have.",
        ));
    }
    if environ.is_asterisk_form() && *method != Method::OPTIONS {
        return Err(Refusal::bad_request(
            "E14",
            "The request target is *, which only OPTIONS may have.",
        ));
    }
    Ok(())
}

/// RFC 9112 section 3.2, RFC 9113 section 8.3.1: one host, which is `uri-host [":" port]` (E12).
#[inline]
fn host(environ: &Environ, lines: &Lines<'_>) -> Result<(), Refusal> {
    if lines.is_repeated {
        return Err(Refusal::bad_request(
            "E12",
            "The request has more than one Host header.",
        ));
    }
    match lines.first {
        Some(host) if !is_valid_host(host) => {
            return Err(Refusal::bad_request("E12", "The Host header is malformed."));
        }
        None if environ.version() == Version::HTTP_11 && environ.connection().requires_host() => {
            return Err(Refusal::bad_request(
                "E12",
                "The request has no Host header.",
            ));
        }
        _ => {}
    }
    match environ.authority() {
        Some(authority) if !is_valid_host(authority.as_str().as_bytes()) => Err(
            Refusal::bad_request("E12", "The host in the request target is malformed."),
        ),
        _ => Ok(()),
    }
}

/// RFC 9112 section 6.1: the one transfer coding is a single `chunked` (I2).
#[cold]
fn transfer_encoding(codings: &[u8], is_repeated: bool, version: Version) -> Result<(), Refusal> {
    if version < Version::HTTP_11 {
        return Err(Refusal::bad_request(
            "I2",
            "An HTTP/1.0 request cannot have a Transfer-Encoding.",
        ));
    }
    let mut codings = codings
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !coding.is_empty());
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    match (codings.next(), codings.next()) {
        (Some(only), None) if is_chunked(only) && !is_repeated => Ok(()),
        (Some(first), None) if is_chunked(first) => Err(twice_chunked()),
        (Some(first), Some(second)) if is_chunked(first) && is_chunked(second) => {
            Err(twice_chunked())
        }
        _ => Err(Refusal::not_implemented(
            "I2",
            "The server supports no transfer coding but chunked.",
        )),
    }
}

fn twice_chunked() -> Refusal {
    Refusal::bad_request("I2", "The request body is chunked more than once.")
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
