//! Decides where the body of an HTTP/1 response ends.

use http::Version;

use crate::wire::response::is_bodyless;
use crate::wire::{Framing, Head, WireError};

/// Decides where the body of a response ends (RFC 9112 section 6.3).
///
/// Fields that contradict each other are an error even if there is no body, because
/// a server must not send them there either.
pub(super) fn decide(method: &str, head: &Head) -> Result<Framing, WireError> {
    let codings = values(head, "transfer-encoding");
    let lengths = values(head, "content-length");
    let refuse = |message| Err(WireError::malformed(message, &head.raw));
    if !codings.is_empty() && !lengths.is_empty() {
        // RFC 9112 section 6.2
        return refuse("both Transfer-Encoding and Content-Length");
    }
    if !codings.is_empty() && head.version == Version::HTTP_10 {
        // RFC 9112 section 6.1
        return refuse("Transfer-Encoding in an HTTP/1.0 message");
    }
    // RFC 9110 section 5.3: it is not a list, so there is only one line of it. A list
    // of equal values, which a recipient may accept, is not valid either.
    let length = match lengths[..] {
        [] => None,
        [value] => match parse_length(value) {
            Some(length) => Some(length),
            None => return refuse("a Content-Length that is not a number"),
        },
        _ => return refuse("more than one Content-Length"),
    };
    let codings: Vec<&[u8]> = codings
        .iter()
        .flat_map(|value| value.split(|&byte| byte == b','))
        .collect();
    let is_chunked = |coding: &&[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
    let chunked = codings.iter().filter(|coding| is_chunked(coding)).count();
    if chunked > 1 {
        // RFC 9112 section 7.1
        return refuse("chunked is applied more than once");
    }
    if is_bodyless(method, head.status) {
        return Ok(Framing::None);
    }
    Ok(match (codings.last(), length) {
        (Some(last), _) if is_chunked(last) => Framing::Chunked,
        (Some(_), _) | (None, None) => Framing::CloseDelimited,
        (None, Some(length)) => Framing::Length(length),
    })
}

fn values<'a>(head: &'a Head, name: &str) -> Vec<&'a [u8]> {
    let matching = head.headers.iter().filter(|(have, _)| have == name);
    matching.map(|(_, value)| value.as_slice()).collect()
}

fn parse_length(value: &[u8]) -> Option<u64> {
    // `parse` alone would accept a sign.
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}
