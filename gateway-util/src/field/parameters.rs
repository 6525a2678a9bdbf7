//! Reads parameters of fields (RFC 9110 section 5.6.6).

use std::borrow::Cow;

use super::token::{is_token_byte, trim_start};
use super::{find, list, quoted};

/// The parameters of a field, in order: `name=value`, separated by semicolons.
///
/// The grammar is read leniently: a value that is not quoted may hold what a token cannot,
/// except quotes, commas, semicolons, backslashes and white space. Many clients send
/// `boundary=----=_x` and `for=[::1]:80`.
pub(crate) struct Parameters<'a> {
    rest: &'a [u8],
}

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    name: &'a [u8],
    value: &'a [u8],
    is_quoted: bool,
}

/// A part between two semicolons that is not a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed<'a> {
    /// Its name, if it has one.
    pub(crate) name: &'a [u8],
    /// The text after a quote that is the last one.
    pub(crate) open: Option<&'a [u8]>,
}

impl<'a> Parameters<'a> {
    /// Reads `[ parameter ] *( ";" [ parameter ] )`.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The first part, which is not empty, and the rest.
    fn cut(text: &'a [u8]) -> (Result<Parameter<'a>, Malformed<'a>>, &'a [u8]) {
        let end = find(text, |byte| !is_token_byte(byte)).unwrap_or(text.len());
        let (name, value) = text.split_at(end);
        let malformed = Malformed { name, open: None };
        let skipped = |behind: &'a [u8]| {
            let end = list::end_at(behind, b';');
            (Err(malformed), behind.get(end..).unwrap_or_default())
        };
        let value = match value.strip_prefix(b"=") {
            Some(value) if !name.is_empty() => value,
            _ => return skipped(value),
        };
        let (value, behind, is_quoted) = if value.starts_with(b"\"") {
            let Some((inside, behind)) = quoted::cut(value) else {
                let open = value.get(1..);
                return (Err(Malformed { name, open }), &[]);
            };
            (inside, behind, true)
        } else {
            let end = find(value, |byte| !is_loose(byte)).unwrap_or(value.len());
            let (value, behind) = value.split_at(end);
            if value.is_empty() {
                return skipped(behind);
            }
            (value, behind, false)
        };
        let behind = trim_start(behind);
        if !matches!(behind.first(), None | Some(b';')) {
            return skipped(behind);
        }
        let parameter = Parameter {
            name,
            value,
            is_quoted,
        };
        (Ok(parameter), behind)
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<Parameter<'a>, Malformed<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        // An empty part is skipped.
        let start = find(self.rest, |byte| !matches!(byte, b';' | b' ' | b'\t'))?;
        let (parameter, behind) = Self::cut(self.rest.get(start..)?);
        self.rest = behind;
        Some(parameter)
    }
}

impl<'a> Parameter<'a> {
    /// The name as it was sent; names are compared without regard to case.
    pub(crate) fn name(&self) -> &'a [u8] {
        self.name
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value without quotes and escapes.
    pub(crate) fn value(&self) -> Cow<'a, [u8]> {
        if self.is_quoted {
            quoted::unescape(self.value)
        } else {
            Cow::Borrowed(self.value)
        }
    }

    /// The value as browsers send it in a form: a backslash escapes only a quote or a backslash,
    /// and is content otherwise.
    #[cfg(feature = "multipart")]
    pub(crate) fn form_value(&self) -> Cow<'a, [u8]> {
        if self.is_quoted {
            form_string(self.value)
        } else {
            Cow::Borrowed(self.value)
        }
    }
}

/// The text between the quotes of a form's part.
#[cfg(feature = "multipart")]
pub(crate) fn form_string(inside: &[u8]) -> Cow<'_, [u8]> {
    quoted::unescape_if(inside, |byte| matches!(byte, b'"' | b'\\'))
}

fn is_loose(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | 0x7F | b'"' | b',' | b';' | b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::{assert_linear, quote};

    /// `name: value`, and `!` for what is malformed.
    fn read(text: &str) -> Vec<String> {
        Parameters::new(text.as_bytes())
            .map(|parameter| match parameter {
                Ok(parameter) => format!(
                    "{}: {}",
                    parameter.name().escape_ascii(),
                    String::from_utf8_lossy(&parameter.value())
                ),
                Err(malformed) => format!("! {}", malformed.name.escape_ascii()),
            })
            .collect()
    }

    #[test]
    fn rfc9110_5_6_6_parameters() {
        for (text, expected) in [
            ("", &[][..]),
            (" ; ;;\t", &[]),
            ("a=b", &["a: b"]),
            (";a=b ;\tc=d; ;e=f;", &["a: b", "c: d", "e: f"]),
            ("a=\"\"", &["a: "]),
            ("a=\"b;c=d\";e=f", &["a: b;c=d", "e: f"]),
            ("a=\"b\\\";c=d\"", &["a: b\";c=d"]),
            ("a=\"b\\\\\";c=d", &["a: b\\", "c: d"]),
            (
                "boundary=----=_x;a=[::1]:80",
                &["boundary: ----=_x", "a: [::1]:80"],
            ),
            ("a=caf\u{e9}", &["a: caf\u{e9}"]),
            ("a;b=c", &["! a", "b: c"]),
            ("a=;b=c", &["! a", "b: c"]),
            ("=a;b=c", &["! ", "b: c"]),
            ("a =b;c=d", &["! a", "c: d"]),
            ("a= b;c=d", &["! a", "c: d"]),
            ("a=b c=d;e=f", &["! a", "e: f"]),
            ("a=\"b\"c;d=e", &["! a", "d: e"]),
            ("a=\"b\" \";\";d=e", &["! a", "d: e"]),
            ("a=b,c;d=e", &["! a", "d: e"]),
            ("a=\"b;c=d", &["! a"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn parameters_are_linear() {
        for unit in [
            ";",
            "a=b;",
            "a=\"",
            "a=\"b\";",
            "a",
            "a;",
            "=",
            "a= ",
            "\"",
            "a=\"\\\";",
            " ",
        ] {
            assert_linear(unit, |size| {
                Parameters::new(unit.repeat(size).as_bytes()).for_each(drop);
            });
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Parameters::new(&text).count() <= text.len());
        }

        #[test]
        fn what_was_written_is_read(
            sent in proptest::collection::vec(("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,9}", "[^\\p{Cc}]{0,9}"), 0..9),
            gap in "[ \t;]{0,4}",
        ) {
            let text: String = sent
                .iter()
                .map(|(name, value)| format!("{gap};{gap}{name}={}", quote(value)))
                .collect();
            let read: Vec<_> = Parameters::new(text.as_bytes()).map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), sent.len());
            for (read, (name, value)) in read.iter().zip(&sent) {
                prop_assert!(read.is(name));
                prop_assert_eq!(&*read.value(), value.as_bytes());
            }
        }
    }
}
