//! Reads and writes quoted strings (RFC 9110 section 5.6.4).

use std::borrow::Cow;

use super::{count, find};

/// Splits a text that begins with a quote: the text between the quotes, with its escapes, and the
/// text after the second quote. `None` if there is no second quote.
pub(super) fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += find(text.get(at..)?, |byte| matches!(byte, b'"' | b'\\'))?;
        if text.get(at) == Some(&b'"') {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
        // An escape consists of a backslash and the byte after it.
        at += 2;
    }
}

/// The content of a string, without the backslashes of its escapes.
pub(super) fn unescape(inside: &[u8]) -> Cow<'_, [u8]> {
    unescape_if(inside, |_| true)
}

/// As [`unescape`], if only some bytes can be escaped: a backslash before another byte is content.
pub(super) fn unescape_if(inside: &[u8], is_escaped: impl Fn(u8) -> bool) -> Cow<'_, [u8]> {
    count(inside.len());
    if !inside.contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    let mut text = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\\'
            && let Some(escaped) = bytes.next_if(|next| is_escaped(*next))
        {
            text.push(escaped);
        } else {
            text.push(byte);
        }
    }
    Cow::Owned(text)
}

/// A text as a quoted string. Control characters are left out, because a field cannot hold them.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc9110_5_6_4_quoted_strings() {
        for (text, expected) in [
            (&b"\"\"x"[..], Some((&b""[..], &b"x"[..]))),
            (b"\"a;b,c\";d", Some((b"a;b,c", b";d"))),
            (b"\"a\\\"b\"", Some((b"a\\\"b", b""))),
            (b"\"a\\\\\" \"", Some((b"a\\\\", b" \""))),
            (b"\"a\\\"", None),
            (b"\"a", None),
            (b"\"\\", None),
            (b"a\"b\"", None),
            (b"", None),
        ] {
            assert_eq!(cut(text), expected, "{text:?}");
        }
        assert_eq!(&*unescape(b"a\\\"b\\\\c\\d"), b"a\"b\\cd");
        assert_eq!(&*unescape(b"a\\"), b"a\\");
        assert!(matches!(unescape(b"plain"), Cow::Borrowed(b"plain")));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(text in "[^\\p{Cc}]*", behind in ".*") {
            let field = format!("{}{behind}", quote(&text));
            let (inside, rest) = cut(field.as_bytes()).unwrap();
            prop_assert_eq!(&*unescape(inside), text.as_bytes());
            prop_assert_eq!(rest, behind.as_bytes());
        }
    }
}
