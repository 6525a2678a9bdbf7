//! Writes `Content-Disposition` for downloads.

use std::fmt::Write;

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 8187 section 3.2.1, `attr-char`: everything else is percent-encoded.
const NOT_AN_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The value of `Content-Disposition` for a download under a name (RFC 6266).
///
/// Names beyond ASCII are sent in both forms: encoded, and with `_` for characters that old clients
/// cannot read. So are names with `%` or `\`, which clients read differently.
pub(super) fn attachment(name: Option<&str>) -> HeaderValue {
    let mut text = String::from("attachment");
    if let Some(name) = name {
        let plain: String = name
            .chars()
            .map(|c| match c {
                '%' | '\\' | '/' => '_',
                ' '..='~' => c,
                _ => '_',
            })
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "; filename=\"{}\"", plain.replace('"', "\\\""));
        if plain != name {
            let encoded = utf8_percent_encode(name, NOT_AN_ATTR_CHAR);
            let _ = write!(text, "; filename*=UTF-8''{encoded}");
        }
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_encoded() {
        for (name, expected) in [
            ("a.txt", "attachment; filename=\"a.txt\""),
            ("a b;c.txt", "attachment; filename=\"a b;c.txt\""),
            ("say \"hi\"", "attachment; filename=\"say \\\"hi\\\"\""),
            (
                "käse.txt",
                "attachment; filename=\"k_se.txt\"; filename*=UTF-8''k%C3%A4se.txt",
            ),
            (
                "100%.txt",
                "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt",
            ),
            (
                "a\r\nSet-Cookie: b",
                "attachment; filename=\"a__Set-Cookie: b\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b",
            ),
        ] {
            assert_eq!(attachment(Some(name)), expected);
        }
        assert_eq!(attachment(None), "attachment");
    }
}
