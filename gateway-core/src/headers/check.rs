//! Checks the headers of an app's response: those that it must not have are an error, and so are
//! lengths that disagree (S7 to S9).

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::error::{HeaderError, Kind};
use super::padding::{is_padded, trimmed};

/// Checks the headers of a response when the app hands them over.
///
/// Returns the declared Content-Length. White space around values is removed.
///
/// # Errors
///
/// A hop-by-hop field (S7), a Content-Length that is not a number, or two that differ (S9).
#[inline]
pub(crate) fn check(headers: &mut HeaderMap) -> Result<Option<u64>, HeaderError> {
    let mut has_length = false;
    let mut has_padding = false;
    for (name, value) in &*headers {
        has_padding |= is_padded(value.as_bytes());
        if !may_be_special(name) {
            continue;
        }
        if *name == header::CONTENT_LENGTH {
            has_length = true;
        } else {
            check_connection_field(name, value)?;
        }
    }
    if has_padding {
        trim(headers)?;
    }
    if has_length {
        content_length(headers).map(Some)
    } else {
        Ok(None)
    }
}

/// A fast check that most names fail: the name is as long as one of those that [`check`] knows.
#[inline]
fn may_be_special(name: &HeaderName) -> bool {
    // te, trailer and upgrade, connection and keep-alive, content-length, proxy-connection,
    // transfer-encoding.
    matches!(name.as_str().len(), 2 | 7 | 10 | 14 | 16 | 17)
}

/// Refuses a field of the connection, and a `Trailer` that names no trailers (S7).
#[inline(never)]
fn check_connection_field(name: &HeaderName, value: &HeaderValue) -> Result<(), HeaderError> {
    match *name {
        header::TRAILER if !declares_trailers(value) => Err(HeaderError::new(Kind::Trailer)),
        ref name if is_hop_by_hop(name) => Err(HeaderError::new(Kind::HopByHop(name.clone()))),
        _ => Ok(()),
    }
}

/// Removes the white space around all values.
#[cold]
fn trim(headers: &mut HeaderMap) -> Result<(), HeaderError> {
    for (name, value) in headers.iter_mut() {
        if let Some(text) = trimmed(value.as_bytes()) {
            *value = HeaderValue::from_bytes(text).map_err(|_| HeaderError::value(name))?;
        }
    }
    Ok(())
}

/// The length that all Content-Length lines agree on. They become one line (S9).
#[inline(never)]
fn content_length(headers: &mut HeaderMap) -> Result<u64, HeaderError> {
    let mut length = None;
    let mut items = 0;
    for value in headers.get_all(header::CONTENT_LENGTH) {
        for item in value.as_bytes().split(|byte| *byte == b',') {
            let item = trimmed(item).unwrap_or(item);
            // RFC 9110 section 8.6: 1*DIGIT, so no sign.
            let number = std::str::from_utf8(item)
                .ok()
                .filter(|item| item.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|item| item.parse::<u64>().ok())
                .ok_or_else(|| HeaderError::new(Kind::ContentLength))?;
            if length.is_some_and(|length| length != number) {
                return Err(HeaderError::new(Kind::ContentLengths));
            }
            length = Some(number);
            items += 1;
        }
    }
    let length = length.ok_or_else(|| HeaderError::new(Kind::ContentLength))?;
    if items > 1 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(length)
}

/// Fields of one connection. They belong to the gateway, not to the app (S7).
///
/// RFC 9110 section 7.6.1. `Proxy-Authenticate` is not among them: an app may be a proxy's.
#[inline]
pub(super) fn is_hop_by_hop(name: &HeaderName) -> bool {
    match *name {
        header::CONNECTION | header::TE | header::TRANSFER_ENCODING | header::UPGRADE => true,
        ref name => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

/// True if a `Trailer` line can declare the trailers that follow: each name can be a trailer (S7).
pub(super) fn declares_trailers(line: &HeaderValue) -> bool {
    line.to_str().is_ok_and(|text| {
        text.split(',').all(|name| {
            let name = HeaderName::from_bytes(name.trim_matches([' ', '\t']).as_bytes());
            name.is_ok_and(|name| may_trail(&name))
        })
    })
}

/// RFC 9110 section 6.5.1: fields of framing, routing and content handling are never trailers.
pub(crate) fn may_trail(name: &HeaderName) -> bool {
    !is_hop_by_hop(name)
        && !matches!(
            *name,
            header::CONTENT_LENGTH
                | header::CONTENT_TYPE
                | header::CONTENT_ENCODING
                | header::CONTENT_RANGE
                | header::HOST
                | header::TRAILER
                | header::SET_COOKIE
        )
}
