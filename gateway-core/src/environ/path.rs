//! The path as the client sent it, and the offset where SCRIPT_NAME ends and PATH_INFO begins.

use std::borrow::Cow;
use std::fmt;

use http::Uri;
use percent_encoding::percent_decode;

/// The path of a target as it was sent; empty for `*` and for CONNECT's authority (E14).
pub(super) fn raw_path(uri: &Uri) -> &str {
    match uri.path() {
        "*" => "",
        path => path,
    }
}

/// Decodes once (E4): a malformed `%zz` stays as it is.
pub(super) fn decode(raw: &str) -> Cow<'_, [u8]> {
    percent_decode(raw.as_bytes()).into()
}

/// How many bytes of the raw path the prefix takes, if the path is the prefix or has a slash after
/// it (E3).
///
/// The prefix is decoded text without a slash at its end. `%2F` in the path is data: it neither
/// matches a slash of the prefix nor ends it.
pub(crate) fn match_prefix(raw: &str, prefix: &str) -> Option<usize> {
    let raw = raw.as_bytes();
    let mut rest = raw;
    for wanted in prefix.bytes() {
        let (byte, width) = next_byte(rest)?;
        if byte != wanted || (byte == b'/' && width > 1) {
            return None;
        }
        rest = rest.get(width..)?;
    }
    matches!(rest.first(), None | Some(b'/')).then_some(raw.len() - rest.len())
}

/// The first byte of a raw path, decoded, and how many bytes it took.
fn next_byte(raw: &[u8]) -> Option<(u8, usize)> {
    let hex = |at: usize| raw.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    match (*raw.first()?, hex(1), hex(2)) {
        (b'%', Some(high), Some(low)) => Some((u8::try_from(high * 16 + low).ok()?, 3)),
        (byte, _, _) => Some((byte, 1)),
    }
}

/// True if the raw path may be cut there: at its start, at its end, or before a slash that does not
/// follow a slash (E2). The path may be a target, with an offset inside its path.
pub(super) fn is_boundary(raw: &str, offset: usize) -> bool {
    let bytes = raw.as_bytes();
    match offset.checked_sub(1) {
        None => true,
        Some(last) => {
            bytes.get(last).is_some_and(|byte| *byte != b'/')
                && matches!(bytes.get(offset), None | Some(b'/' | b'?'))
        }
    }
}

/// An offset at which a path cannot be cut into SCRIPT_NAME and PATH_INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitError(pub(super) usize);

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path does not end a segment at byte {}", self.0)
    }
}

impl std::error::Error for SplitError {}
