//! `MultipartForm`: a form with files, for a test request.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderValue;

use crate::fail;

/// A form with files, for [`RequestBuilder::multipart`](crate::RequestBuilder::multipart).
///
/// It is encoded as browsers do (RFC 7578 and the HTML standard): names and file names are UTF-8, and
/// of the characters in them only `"`, CR and LF are escaped, as `%22`, `%0D` and `%0A`.
#[must_use = "a form does nothing until it is sent"]
pub struct MultipartForm {
    parts: Vec<Part>,
}

struct Part {
    /// The header lines, each with its line end.
    head: String,
    data: Bytes,
}

impl MultipartForm {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a text field.
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        let head = disposition(name, "");
        self.part(head, value.into().into())
    }

    /// Adds a file, with the name and the type that the client claims. A name may be repeated.
    ///
    /// # Panics
    ///
    /// If the type holds a control character.
    #[track_caller]
    pub fn file(
        self,
        name: &str,
        file_name: &str,
        content_type: &str,
        data: impl Into<Bytes>,
    ) -> Self {
        if HeaderValue::from_str(content_type).is_err() {
            fail(&format!("{content_type:?} is not a media type"));
        }
        let file_name = format!("; filename=\"{}\"", escaped(file_name));
        let mut head = disposition(name, &file_name);
        head.push_str("Content-Type: ");
        head.push_str(content_type);
        head.push_str("\r\n");
        self.part(head, data.into())
    }

    fn part(mut self, head: String, data: Bytes) -> Self {
        self.parts.push(Part { head, data });
        self
    }

    /// The Content-Type and the body.
    pub(crate) fn encode(self) -> (String, Bytes) {
        let boundary = self.boundary();
        let mut body = BytesMut::new();
        for part in &self.parts {
            for piece in ["--", &*boundary, "\r\n", &*part.head, "\r\n"] {
                body.put_slice(piece.as_bytes());
            }
            body.put_slice(&part.data);
            body.put_slice(b"\r\n");
        }
        body.put_slice(format!("--{boundary}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        (content_type, body.freeze())
    }

    /// A boundary that occurs in no part (RFC 2046 section 5.1.1). The same form always has the
    /// same one.
    fn boundary(&self) -> String {
        let is_free = |boundary: &String| {
            let boundary = boundary.as_bytes();
            self.parts.iter().all(|part| {
                let holds = |data: &[u8]| data.windows(boundary.len()).any(|at| at == boundary);
                !holds(part.head.as_bytes()) && !holds(&part.data)
            })
        };
        (0_u64..)
            .map(|nth| format!("gateway-testing-{nth:08}"))
            .find(is_free)
            .unwrap_or_default()
    }
}

fn disposition(name: &str, file_name: &str) -> String {
    let name = escaped(name);
    format!("Content-Disposition: form-data; name=\"{name}\"{file_name}\r\n")
}

/// HTML standard, "multipart/form-data encoding algorithm".
fn escaped(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

impl fmt::Debug for MultipartForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultipartForm")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded_as_browsers_do() {
        let form = MultipartForm::new().text("a\"b", "caf\u{e9}").file(
            "f",
            "x\r\n.txt",
            "text/plain",
            "line\r\n",
        );
        let (content_type, body) = form.encode();
        assert_eq!(
            content_type,
            "multipart/form-data; boundary=gateway-testing-00000000"
        );
        assert_eq!(
            body,
            "--gateway-testing-00000000\r\n\
             Content-Disposition: form-data; name=\"a%22b\"\r\n\r\n\
             caf\u{e9}\r\n\
             --gateway-testing-00000000\r\n\
             Content-Disposition: form-data; name=\"f\"; filename=\"x%0D%0A.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n\
             line\r\n\r\n\
             --gateway-testing-00000000--\r\n"
        );
    }

    #[test]
    fn no_part_holds_the_boundary() {
        let form = MultipartForm::new().text("a", "gateway-testing-00000000");
        assert_eq!(form.boundary(), "gateway-testing-00000001");
    }
}
