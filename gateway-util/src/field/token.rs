//! Tokens and optional white space (RFC 9110 sections 5.6.2 and 5.6.3).

use super::count;

/// `tchar`.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// `token`: at least one `tchar`.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && find(text, |byte| !is_token_byte(byte)).is_none()
}

/// `OWS` consists of spaces and tabs. Other white space, also that of Unicode, is content.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The text without white space around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let start = find(text, |byte| !is_space(byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn trim_end(text: &[u8]) -> &[u8] {
    let spaces = text
        .iter()
        .rev()
        .take_while(|byte| is_space(**byte))
        .count();
    count(spaces);
    text.get(..text.len() - spaces).unwrap_or_default()
}

/// The position of the first byte of a kind.
pub(crate) fn find(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let place = text.iter().position(|byte| wanted(*byte));
    count(place.unwrap_or(text.len()));
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9110_5_6_2_tokens() {
        for byte in 0..=u8::MAX {
            let is_delimiter = b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            let expected = byte.is_ascii_graphic() && !is_delimiter;
            assert_eq!(is_token(&[byte]), expected, "{byte}");
        }
        assert!(!is_token(b"") && !is_token(b"a b"));
    }

    #[test]
    fn rfc9110_5_6_3_white_space_is_space_and_tab() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(
            trim("\u{2000}a\u{a0}".as_bytes()),
            "\u{2000}a\u{a0}".as_bytes()
        );
        assert_eq!(trim(b"\x0ba\x0c"), b"\x0ba\x0c");
        assert_eq!(trim(b"  "), b"");
    }
}
