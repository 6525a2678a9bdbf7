//! Makes the HTML page of an HTTP error from its status and its description (N6).

use std::fmt::{self, Write};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{HttpError, codes};
use crate::modify_response::extend;

impl HttpError {
    /// The status, the headers and the page.
    pub(crate) fn page(&self) -> (StatusCode, HeaderMap, Bytes) {
        let mut headers = HeaderMap::new();
        let (status, page) = self.page_into(&mut headers);
        (status, headers, page)
    }

    /// As [`page`](Self::page), with the headers in a given map, which must be empty.
    pub(crate) fn page_into(&self, headers: &mut HeaderMap) -> (StatusCode, Bytes) {
        let status = self.0.status;
        if let Some(more) = &self.0.more {
            if let Some(response) = &more.response {
                extend(headers, response.headers().clone());
                extend(headers, more.headers.clone());
                return (status, response.body().clone());
            }
            headers.clone_from(&more.headers);
            // The headers may have the length of another page.
            headers.remove(header::CONTENT_LENGTH);
        }
        headers
            .entry(header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static("text/html; charset=utf-8"));
        let page = match (&self.0.description, codes::entry(status)) {
            (None, Some(entry)) => entry.page.get_or_init(|| self.render()).clone(),
            _ => self.render(),
        };
        (status, page)
    }

    fn render(&self) -> Bytes {
        let mut page = String::with_capacity(256);
        let name = Escaped(self.name());
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=en>\n<title>{code} {name}</title>\n<h1>{name}</h1>\n<p>{}</p>\n",
            Escaped(self.description()),
            code = self.0.status.as_u16(),
        );
        page.into()
    }
}

/// The text with HTML's special characters replaced, and `<br>` for line ends.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(['&', '<', '>', '"', '\'', '\n']) {
            let (text, special) = match piece.char_indices().next_back() {
                Some((at, '&')) => (at, "&amp;"),
                Some((at, '<')) => (at, "&lt;"),
                Some((at, '>')) => (at, "&gt;"),
                Some((at, '"')) => (at, "&#34;"),
                Some((at, '\'')) => (at, "&#39;"),
                Some((at, '\n')) => (at, "<br>"),
                _ => (piece.len(), ""),
            };
            f.write_str(piece.get(..text).unwrap_or_default())?;
            f.write_str(special)?;
        }
        Ok(())
    }
}
