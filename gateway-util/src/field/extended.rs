//! Reads extended parameter values (RFC 8187), such as `UTF-8'en'%e2%82%ac`.

use std::borrow::Cow;

/// Reads an extended value in UTF-8 or ISO-8859-1. `None` if an escape is malformed.
#[cfg_attr(
    not(feature = "multipart"),
    expect(dead_code, reason = "only forms have such values")
)]
pub(crate) fn decode(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = unescape(encoded)?;
    if charset.eq_ignore_ascii_case(b"UTF-8") {
        String::from_utf8(bytes.into_owned()).ok()
    } else if charset.eq_ignore_ascii_case(b"ISO-8859-1") {
        Some(bytes.iter().map(|byte| char::from(*byte)).collect())
    } else {
        None
    }
}

/// RFC 8187 section 3.2.1: a `%` always begins a whole escape.
fn unescape(encoded: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut escapes = encoded.split(|byte| *byte == b'%').skip(1);
    let are_whole = escapes.all(|escape| {
        matches!(escape, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    });
    are_whole.then(|| percent_encoding::percent_decode(encoded).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8187_3_2_extended_values() {
        for (value, expected) in [
            ("UTF-8''%E2%82%AC.txt", Some("\u{20ac}.txt")),
            ("utf-8'en'%e2%82%ac%20rates", Some("\u{20ac} rates")),
            ("ISO-8859-1'en'%A3%20rates", Some("\u{a3} rates")),
            ("UTF-8''a'b", Some("a'b")),
            ("UTF-8''", Some("")),
            ("UTF-8''%E2%82", None),
            ("UTF-8''%", None),
            ("UTF-8''%4", None),
            ("UTF-8''%4x", None),
            ("koi8-r''a", None),
            ("UTF-8'a", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(decode(value.as_bytes()).as_deref(), expected, "{value}");
        }
    }
}
