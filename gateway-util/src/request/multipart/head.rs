//! Reads the head of a part (RFC 7578 section 4).

use gateway_core::HttpError;

use crate::field::{self, Malformed, Parameter, Parameters};

/// The head of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartHead {
    pub(crate) name: String,
    /// `Some` if the part is a file, even if the name is empty.
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
}

impl PartHead {
    /// Reads the lines of a head, without the line end of the last one.
    ///
    /// # Errors
    ///
    /// 400 for a malformed line, and for a `Content-Disposition` that is missing, there twice,
    /// malformed, not `form-data` or without a name.
    pub(super) fn parse(head: &[u8]) -> Result<Self, HttpError> {
        let mut disposition = None;
        let mut content_type = None;
        for line in unfold(head) {
            let colon = field::find(&line, |byte| byte == b':').ok_or_else(|| malformed("head"))?;
            let (name, value) = line.split_at(colon);
            if !field::is_token(name) {
                return Err(malformed("head"));
            }
            let value = field::trim(value.get(1..).unwrap_or_default());
            if name.eq_ignore_ascii_case(b"content-disposition") {
                if disposition.replace(Disposition::parse(value)?).is_some() {
                    return Err(malformed("Content-Disposition"));
                }
            } else if name.eq_ignore_ascii_case(b"content-type") {
                content_type = content_type.or_else(|| Some(text(value)));
            }
        }
        let Disposition { name, file_name } =
            disposition.ok_or_else(|| malformed("Content-Disposition"))?;
        let name = name
            .ok_or_else(|| HttpError::bad_request().with_source("a part of a form has no name"))?;
        Ok(Self {
            name,
            file_name,
            content_type,
        })
    }
}

/// The lines of a head. A line that begins with white space continues the one before it (RFC 822
/// section 3.1.1).
fn unfold(head: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = head;
    field::count(head.len());
    while !rest.is_empty() {
        let end = memchr::memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.get(2..).unwrap_or_default();
        match (line.first(), lines.last_mut()) {
            (Some(b' ' | b'\t'), Some(before)) => before.extend_from_slice(line),
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

#[derive(Default)]
struct Disposition {
    name: Option<String>,
    file_name: Option<String>,
}

/// The parameters that are used, each at most once (RFC 6266 section 4.1).
#[derive(Default)]
struct Found {
    name: Option<String>,
    extended_name: Option<String>,
    file_name: Option<String>,
    /// A name that cannot be decoded is empty, but its part is a file.
    extended_file_name: Option<Option<String>>,
    /// One of the names that RFC 2231 splits into pieces, which HTTP does not have.
    is_file: bool,
}

impl Disposition {
    fn parse(value: &[u8]) -> Result<Self, HttpError> {
        let end = field::find(value, |byte| byte == b';').unwrap_or(value.len());
        let (kind, rest) = value.split_at(end);
        if !field::trim(kind).eq_ignore_ascii_case(b"form-data") {
            return Err(malformed("Content-Disposition"));
        }
        let mut found = Found::default();
        for parameter in Parameters::new(rest) {
            let is_first = match parameter {
                Ok(parameter) => found.parameter(&parameter),
                Err(broken) => found.open(&broken),
            };
            if !is_first {
                return Err(malformed("Content-Disposition"));
            }
        }
        let is_file =
            found.is_file || found.file_name.is_some() || found.extended_file_name.is_some();
        // RFC 6266 section 4.3: the extended form takes precedence.
        let file_name = found.extended_file_name.flatten().or(found.file_name);
        Ok(Self {
            name: found.name.or(found.extended_name),
            file_name: is_file.then(|| file_name.unwrap_or_default()),
        })
    }
}

impl Found {
    /// False for a parameter that was there before.
    fn parameter(&mut self, parameter: &Parameter<'_>) -> bool {
        let plain = || text(&parameter.form_value());
        let extended = || field::decode_extended(&parameter.value());
        if parameter.is("name") {
            self.name.replace(plain()).is_none()
        } else if parameter.is("filename") {
            self.file_name.replace(plain()).is_none()
        } else if parameter.is("filename*") {
            self.extended_file_name.replace(extended()).is_none()
        } else if parameter.is("name*") {
            self.extended_name = self.extended_name.take().or_else(extended);
            true
        } else {
            let name = parameter.name();
            let start = name.get(..9).unwrap_or_default();
            self.is_file |= start.eq_ignore_ascii_case(b"filename*");
            true
        }
    }

    /// Browsers do not escape a backslash: `filename="a\"` names `a\`, although its quote looks
    /// escaped (HTML standard, multipart/form-data encoding). Other malformed parameters are
    /// refused.
    fn open(&mut self, broken: &Malformed<'_>) -> bool {
        let Some(inside) = broken.open.and_then(|open| open.strip_suffix(b"\"")) else {
            return false;
        };
        let value = || text(&field::form_string(inside));
        if broken.name.eq_ignore_ascii_case(b"filename") {
            self.file_name.replace(value()).is_none()
        } else if broken.name.eq_ignore_ascii_case(b"name") {
            self.name.replace(value()).is_none()
        } else {
            false
        }
    }
}

/// Names are UTF-8 (RFC 7578 section 5.1). Malformed bytes become U+FFFD.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn malformed(what: &str) -> HttpError {
    HttpError::bad_request().with_source(format!("the {what} of a part of a form is malformed"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::quote;

    /// The name and the file's name.
    fn read(disposition: &[u8]) -> Option<(String, Option<String>)> {
        let head = [b"Content-Disposition: ", disposition].concat();
        PartHead::parse(&head)
            .ok()
            .map(|head| (head.name, head.file_name))
    }

    #[test]
    fn rfc7578_4_2_a_file_stays_a_file() {
        for (disposition, name, file_name) in [
            (&b"form-data; name=\"n\""[..], "n", None),
            (b"form-data; name=n", "n", None),
            (
                b"form-data;name=\"n\";filename=\"a.txt\"",
                "n",
                Some("a.txt"),
            ),
            (
                b"Form-Data ; Name=\"n\" ;\tFILENAME=\"a.txt\" ;",
                "n",
                Some("a.txt"),
            ),
            (
                b"form-data;; name=\"n\"; ;filename=a.txt",
                "n",
                Some("a.txt"),
            ),
            (
                b"form-data; filename=\"a.txt\"; name=\"n\"",
                "n",
                Some("a.txt"),
            ),
            (b"form-data; name=\"n\"; filename=\"\"", "n", Some("")),
            (b"form-data; name=\"\"", "", None),
            // Quoted text is opaque.
            (b"form-data; name=\"n; filename=x\"", "n; filename=x", None),
            (
                b"form-data; name=\"n\"; filename=\"; name=x\"",
                "n",
                Some("; name=x"),
            ),
            (
                b"form-data; filename=\"name=\\\"x\\\"\"; name=n",
                "n",
                Some("name=\"x\""),
            ),
            // RFC 8187.
            (
                b"form-data; name=n; filename*=UTF-8''%E2%82%AC.txt",
                "n",
                Some("\u{20ac}.txt"),
            ),
            (
                b"form-data; name=n; filename*=UTF-8''%E2%82%AC; filename=euro",
                "n",
                Some("\u{20ac}"),
            ),
            (
                b"form-data; name=n; filename=euro; FileName*=utf-8'en'%E2%82%AC",
                "n",
                Some("\u{20ac}"),
            ),
            (
                b"form-data; name=n; filename*=UTF-8''%E2; filename=euro",
                "n",
                Some("euro"),
            ),
            (b"form-data; name=n; filename*=UTF-8''%E2", "n", Some("")),
            (
                b"form-data; name=n; filename*0=a; filename*1=b",
                "n",
                Some(""),
            ),
            (b"form-data; name*=UTF-8''%E2%82%AC", "\u{20ac}", None),
            // Backslashes, escaped or not.
            (b"form-data; name=n; filename=\"a\\\\\"", "n", Some("a\\")),
            (b"form-data; name=n; filename=\"a\\\"", "n", Some("a\\")),
            (
                b"form-data; name=n; filename=\"C:\\dir\\a.txt\"",
                "n",
                Some("C:\\dir\\a.txt"),
            ),
            (
                b"form-data; name=n; filename=\"C:\\\\dir\\\\a.txt\"",
                "n",
                Some("C:\\dir\\a.txt"),
            ),
            (
                b"form-data; name=n; filename=\"\\\"a\\\"\"",
                "n",
                Some("\"a\""),
            ),
            // Other charsets.
            (
                b"form-data; name=n; filename=\"caf\xE9.txt\"",
                "n",
                Some("caf\u{fffd}.txt"),
            ),
            (
                b"form-data; name=n; filename=caf\xE9",
                "n",
                Some("caf\u{fffd}"),
            ),
            (
                "form-data; name=n; filename=\"caf\u{e9}\"".as_bytes(),
                "n",
                Some("caf\u{e9}"),
            ),
            // A fold.
            (b"form-data;\r\n name=n;\r\n\tfilename=a", "n", Some("a")),
        ] {
            let expected = (name.to_owned(), file_name.map(str::to_owned));
            assert_eq!(
                read(disposition),
                Some(expected),
                "{}",
                disposition.escape_ascii()
            );
        }
    }

    #[test]
    fn rfc7578_4_2_what_is_malformed_is_refused() {
        for disposition in [
            "",
            "form-data",
            "form-data; filename=a",
            "attachment; name=n",
            "name=n",
            "form-data name=n",
            "form-data; name",
            "form-data; name=",
            "form-data; name=\"n",
            "form-data; name=n; filename=\"a",
            "form-data; name=n; name=m",
            "form-data; name=n; filename=a; Filename=b",
            "form-data; name=n; filename=\"a\"b",
            "form-data; name=n\r\nContent-Disposition: form-data; name=m",
            "form-data; name=n\r\nx",
            "form-data; name=n\r\nx y: z",
            "form-data; name=n\r\n: z",
        ] {
            assert_eq!(read(disposition.as_bytes()), None, "{disposition}");
        }
        let typed =
            PartHead::parse(b"content-type: a/b\r\nX: y\r\nCONTENT-DISPOSITION:form-data;name=n");
        assert_eq!(typed.unwrap().content_type.as_deref(), Some("a/b"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_head_or_refused(head in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PartHead::parse(&head);
            let _ = read(&head);
        }

        #[test]
        fn what_was_quoted_is_read(name in "[^\\p{Cc}]{0,20}", file in "[^\\p{Cc}]{0,20}") {
            let disposition = format!("form-data; name={}; filename={}", quote(&name), quote(&file));
            prop_assert_eq!(read(disposition.as_bytes()), Some((name, Some(file))));
        }
    }
}
