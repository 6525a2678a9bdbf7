//! Parses the first line of a chunk.

use crate::wire::WireError;

use super::head::{is_text, is_token, line};

/// The first line of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChunkHead {
    /// How long the line is, with its CRLF.
    pub(super) line: usize,
    /// How much data follows; 0 is the last chunk.
    pub(super) size: usize,
}

/// Parses the chunk's first line, if it is whole (RFC 9112 section 7.1).
pub(super) fn parse_head(bytes: &[u8]) -> Result<Option<ChunkHead>, WireError> {
    // A longer line is refused, and not waited for.
    const LIMIT: usize = 4096;
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let malformed = |message| Err(WireError::malformed(message, &bytes[..bytes.len().min(64)]));
    if digits == 0 && !bytes.is_empty() {
        return malformed("no size where a chunk has to begin");
    }
    let Some((line, rest)) = line(bytes)? else {
        if bytes.len() > LIMIT {
            return malformed("a chunk size without an end");
        }
        return Ok(None);
    };
    let (size, extension) = line.split_at(digits);
    if !is_extension(extension) {
        return malformed("a chunk size followed by what is no extension");
    }
    let size = std::str::from_utf8(size)
        .ok()
        .and_then(|size| usize::from_str_radix(size, 16).ok());
    // Room for the line and the CRLF, so that the sum cannot overflow.
    match size.filter(|&size| size < usize::MAX / 2) {
        Some(size) => Ok(Some(ChunkHead {
            line: bytes.len() - rest.len(),
            size,
        })),
        None => malformed("a chunk size beyond any"),
    }
}

// RFC 9112 section 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS value ] ). Only the characters of the
// value are checked, because a test looks for stray bytes.
fn is_extension(bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let [b';', rest @ ..] = bytes.trim_ascii_start() else {
        return false;
    };
    rest.trim_ascii_start().first().is_some_and(is_token) && rest.iter().all(is_text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse_head;

    proptest! {
        /// Bytes that come later change nothing of what is decided.
        #[test]
        fn rfc9112_7_1_every_split_gives_the_same_chunk(
            bytes in "[0-9a-fx+ ;=\r\n-]{0,12}",
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = bytes.as_bytes();
            let beginning = &bytes[..cut.index(bytes.len() + 1)];
            match (parse_head(beginning), parse_head(bytes)) {
                (Ok(None), _) | (Err(_), Err(_)) => {}
                (Ok(early), Ok(late)) => prop_assert_eq!(early, late),
                (early, late) => prop_assert!(false, "{early:?}, then {late:?}"),
            }
        }
    }
}
