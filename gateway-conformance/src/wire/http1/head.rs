//! Parses heads and field sections. An incomplete one is `None`. One that cannot become
//! valid is an error at once, without waiting for the rest.

use bytes::Bytes;
use http::Version;

use crate::wire::{Head, WireError};

/// Larger sections are refused, so that a server cannot fill the memory.
const LIMIT: usize = 256 * 1024;

pub(super) type Fields = Vec<(String, Vec<u8>)>;

type LineAndRest<'a> = (&'a [u8], &'a [u8]);

/// Parses the head that `bytes` begins with.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, WireError> {
    const START: &[u8] = b"HTTP/1.";
    if !bytes.iter().zip(START).all(|(have, want)| have == want) {
        return Err(WireError::malformed(
            "no status line where a response has to begin",
            bytes,
        ));
    }
    let Some((line, rest)) = line(bytes)? else {
        return Ok(None);
    };
    let (version, status, reason) = status_line(line)
        .ok_or_else(|| WireError::malformed("a status line that is not one", line))?;
    let Some((headers, section)) = fields(rest)? else {
        return Ok(None);
    };
    let length = bytes.len() - rest.len() + section;
    let raw = Bytes::copy_from_slice(&bytes[..length]);
    Ok(Some(Head {
        status,
        reason,
        version,
        headers,
        raw,
    }))
}

/// Parses the field section at the start of `bytes`, with its empty
/// line, and returns its length.
pub(super) fn fields(bytes: &[u8]) -> Result<Option<(Fields, usize)>, WireError> {
    let mut fields = Vec::new();
    let mut rest = bytes;
    while let Some((line, next)) = line(rest)? {
        rest = next;
        if line.is_empty() {
            return Ok(Some((fields, bytes.len() - rest.len())));
        }
        let field = field(line)
            .ok_or_else(|| WireError::malformed("a field line that is not one", line))?;
        fields.push(field);
    }
    if bytes.len() > LIMIT {
        return Err(WireError::malformed(
            "a field section without an end",
            bytes,
        ));
    }
    Ok(None)
}

/// The line at the start of `bytes`, without its CRLF, and the rest.
pub(super) fn line(bytes: &[u8]) -> Result<Option<LineAndRest<'_>>, WireError> {
    let Some(at) = bytes.iter().position(|&byte| byte == b'\n') else {
        if bytes.len() > LIMIT {
            return Err(WireError::malformed("a line without an end", bytes));
        }
        return Ok(None);
    };
    match bytes[..at].split_last() {
        Some((b'\r', line)) => Ok(Some((line, &bytes[at + 1..]))),
        _ => Err(WireError::malformed(
            "a line that ends without CR",
            &bytes[..=at],
        )),
    }
}

// RFC 9112 section 4: HTTP-version SP status-code SP [ reason-phrase ]
fn status_line(line: &[u8]) -> Option<(Version, u16, String)> {
    let (version, rest) = line.split_at_checked(9)?;
    let version = match version {
        b"HTTP/1.1 " => Version::HTTP_11,
        b"HTTP/1.0 " => Version::HTTP_10,
        _ => return None,
    };
    let (code, reason) = rest.split_at_checked(3)?;
    let [b' ', reason @ ..] = reason else {
        return None;
    };
    if code[0] == b'0' || !code.iter().all(u8::is_ascii_digit) || !reason.iter().all(is_text) {
        return None;
    }
    let status = std::str::from_utf8(code).ok()?.parse().ok()?;
    Some((
        version,
        status,
        String::from_utf8_lossy(reason).into_owned(),
    ))
}

// RFC 9112 section 5: field-name ":" OWS field-value OWS
fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() || !name.iter().all(is_token) || !value.iter().all(is_text) {
        return None;
    }
    // Of the bytes that `trim_ascii` removes, only SP and HTAB pass `is_text`.
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    Some((name, value.trim_ascii().to_vec()))
}

// RFC 9110 section 5.6.2
pub(super) fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}

// RFC 9110 section 5.5: VCHAR, obs-text, SP and HTAB
pub(super) fn is_text(byte: &u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Just(b"HTTP/1.0 204 \r\n".to_vec()),
            Just(b"x-a: 1\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b" ".to_vec()),
            Just(b": ".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ]
    }

    proptest! {
        /// Bytes that come later change nothing of what is decided.
        #[test]
        fn rfc9112_2_1_every_split_gives_the_same_head(
            pieces in proptest::collection::vec(piece(), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = pieces.concat();
            let beginning = &bytes[..cut.index(bytes.len() + 1)];
            match (parse(beginning), parse(&bytes)) {
                (Ok(None), _) => {}
                (Ok(Some(early)), Ok(Some(late))) => {
                    prop_assert_eq!(&early.raw, &late.raw);
                    prop_assert_eq!(early.headers, late.headers);
                    prop_assert!(bytes.starts_with(&late.raw) && late.raw.ends_with(b"\r\n\r\n"));
                }
                (Err(_), Err(_)) => {}
                (early, late) => prop_assert!(false, "{early:?}, then {late:?}"),
            }
        }
    }
}
