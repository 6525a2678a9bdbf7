//! Reads media types (RFC 9110 section 8.3.1).

use std::borrow::Cow;

use super::{Parameters, find, is_token, trim};

/// A media type or a media range, with its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MediaType<'a> {
    kind: &'a [u8],
    subtype: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> MediaType<'a> {
    /// Reads the value of a `Content-Type` line. A value with a malformed parameter is not a media
    /// type, such as several lines joined into one.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let text = trim(text);
        let end = find(text, |byte| matches!(byte, b';' | b' ' | b'\t')).unwrap_or(text.len());
        let (name, parameters) = text.split_at(end);
        // White space ends the name, and a semicolon must follow.
        let is_ended = matches!(trim(parameters).first(), None | Some(b';'));
        let slash = find(name, |byte| byte == b'/')?;
        let (kind, subtype) = (name.get(..slash)?, name.get(slash + 1..)?);
        let is_whole = is_ended
            && is_token(kind)
            && is_token(subtype)
            && Parameters::new(parameters).all(|parameter| parameter.is_ok());
        is_whole.then_some(Self {
            kind,
            subtype,
            parameters,
        })
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.is_kind(kind) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    pub(crate) fn is_kind(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// The part after the last `+` of the subtype (RFC 6838 section 4.2.8).
    pub(crate) fn has_suffix(&self, suffix: &str) -> bool {
        let mut parts = self.subtype.rsplitn(2, |byte| *byte == b'+');
        let last = parts.next().unwrap_or_default();
        parts.next().is_some() && last.eq_ignore_ascii_case(suffix.as_bytes())
    }

    /// The first parameter of a name.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        Parameters::new(self.parameters)
            .flatten()
            .find(|parameter| parameter.is(name))
            .map(|parameter| parameter.value())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    fn charset(text: &str) -> Option<String> {
        let media_type = MediaType::parse(text.as_bytes())?;
        assert!(media_type.is("text", "html"), "{text}");
        let charset = media_type.parameter("charset").unwrap_or_default();
        Some(String::from_utf8_lossy(&charset).into_owned())
    }

    #[test]
    fn rfc9110_8_3_1_media_types() {
        for text in [
            "text/html;charset=utf-8",
            "Text/HTML;Charset=\"utf-8\"",
            "text/html; charset=\"utf-8\"",
            "text/html ; charset=utf-8",
            "text/html\t;\tcharset=utf-8\t",
            "text/html;;charset=utf-8",
            "text/html; ; charset=utf-8 ;",
            "text/html; a=\"\"; charset=utf-8",
            "text/html; a=\"\\\"\"; charset=utf-8",
            "text/html; a=\"; charset=x\"; charset=utf-8",
            "text/html; charset=utf-8; charset=x",
        ] {
            assert_eq!(charset(text).as_deref(), Some("utf-8"), "{text}");
        }
        for text in [
            "text/html",
            " text/html ",
            "text/html;",
            "text/html; charset=\"\"",
        ] {
            assert_eq!(charset(text).as_deref(), Some(""), "{text}");
        }
        for text in [
            "",
            "text",
            "text/",
            "/html",
            "text/html/x",
            "te xt/html",
            "text /html",
            "text/ html",
            "text/html charset=utf-8",
            "text/html; charset",
            "text/html; charset =utf-8",
            "text/html; charset=\"utf-8",
            "text/html, text/html",
            "text/html; charset=utf-8, text/plain",
            "text/html\u{a0}; charset=utf-8",
        ] {
            assert!(MediaType::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn rfc6838_4_2_8_suffixes() {
        let has = |text: &str| {
            MediaType::parse(text.as_bytes())
                .unwrap()
                .has_suffix("json")
        };
        assert!(has("application/problem+json") && has("application/a+b+JSON; v=1"));
        assert!(!has("application/json") && !has("application/json+xml"));
    }

    #[test]
    fn media_types_are_linear() {
        for unit in ["a", "/", ";", " ", ";a=b", ";a=\"", "a/b;a=\"\\"] {
            assert_linear(unit, |size| {
                let text = format!("a/b{}", unit.repeat(size));
                let media_type = MediaType::parse(text.as_bytes());
                drop(media_type.and_then(|media_type| media_type.parameter("x")));
            });
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_media_type_or_none(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some(media_type) = MediaType::parse(&text) {
                prop_assert!(is_token(media_type.kind) && is_token(media_type.subtype));
            }
        }
    }
}
