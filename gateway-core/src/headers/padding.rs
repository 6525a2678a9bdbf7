//! Removes the white space around a header value, which is not part of it (RFC 9110 section 5.5).

/// True if there is white space around the value.
#[inline]
pub(super) fn is_padded(value: &[u8]) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    is_space(value.first()) || is_space(value.last())
}

/// The value without the white space around it, if there is any.
#[inline]
pub(super) fn trimmed(value: &[u8]) -> Option<&[u8]> {
    is_padded(value).then(|| trim(value))
}

fn trim(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    let end = value.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'));
    match (start, end) {
        (Some(start), Some(end)) => value.get(start..=end).unwrap_or_default(),
        _ => b"",
    }
}
