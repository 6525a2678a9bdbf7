//! The workloads, which are the same on every stack, by hand and as an app.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;

/// The text of most responses.
pub(crate) const TEXT: &str = "Hello, World!";

/// The type of the text.
pub(crate) const TEXT_TYPE: &str = "text/plain; charset=utf-8";

/// The type of echoed bytes.
pub(crate) const BYTES_TYPE: &str = "application/octet-stream";

/// The page of a 404: the gateway's own, so that native handlers send the same bytes.
pub(crate) const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n\
    <h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL \
    manually please check your spelling and try again.</p>\n";

/// The size of the chunks of a download.
pub(crate) const CHUNK: usize = 64 * 1024;

/// The header that the middleware adds, in lower case.
pub(crate) const ADDED: (&str, &str) = ("x-added", "by a middleware");

/// The limit of an echo.
pub(crate) const ECHO_LIMIT: usize = 64 * 1024;

const ZEROS: &[u8] = &[0; CHUNK];

/// A workload: what a server does for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// 13 bytes of text; nothing of the request is read.
    Plaintext,
    /// The text, after three request headers were read by name.
    ReadHeaders,
    /// The text, after the path and three request headers were looked up by CGI key.
    Lookup,
    /// An object as JSON.
    Json,
    /// The text with eight response headers, two of them cookies.
    Cookies,
    /// The posted 1 KiB, echoed.
    Echo,
    /// The page of a 404.
    NotFound,
    /// [`Plaintext`](Self::Plaintext) in one middleware that does nothing.
    Middleware1,
    /// In five.
    Middleware5,
    /// In ten.
    Middleware10,
    /// [`Plaintext`](Self::Plaintext) in one middleware that adds a response header.
    MiddlewareHeader,
    /// [`Plaintext`](Self::Plaintext), and an observer is told of each exchange; the native side has none.
    Observer,
    /// [`Plaintext`](Self::Plaintext) in the lint; the native side has none.
    Lint,
    /// As many bytes as `size` in the query says, in chunks of 64 KiB.
    Download,
    /// The size of the upload, counted chunk by chunk.
    Upload,
}

impl Work {
    /// All of it.
    pub const ALL: [Self; 15] = [
        Self::Plaintext,
        Self::ReadHeaders,
        Self::Lookup,
        Self::Json,
        Self::Cookies,
        Self::Echo,
        Self::NotFound,
        Self::Middleware1,
        Self::Middleware5,
        Self::Middleware10,
        Self::MiddlewareHeader,
        Self::Observer,
        Self::Lint,
        Self::Download,
        Self::Upload,
    ];

    /// The name on the command line and, below `/app`, in the path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::ReadHeaders => "read-headers",
            Self::Lookup => "lookup",
            Self::Json => "json",
            Self::Cookies => "cookies",
            Self::Echo => "echo",
            Self::NotFound => "not-found",
            Self::Middleware1 => "middleware-1",
            Self::Middleware5 => "middleware-5",
            Self::Middleware10 => "middleware-10",
            Self::MiddlewareHeader => "middleware-header",
            Self::Observer => "observer",
            Self::Lint => "lint",
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }

    /// The head of the request, for `size` bytes of download or upload if the workload streams.
    #[must_use]
    pub fn head(self, size: usize) -> String {
        let (method, query, length) = match self {
            Self::Download => ("GET", format!("?size={size}"), String::new()),
            Self::Upload | Self::Echo => {
                let length = format!("content-length: {}\r\n", self.up(size));
                ("POST", String::new(), length)
            }
            _ => ("GET", String::new(), String::new()),
        };
        format!(
            "{method} /app/{self}{query} HTTP/1.1\r\nhost: a.example\r\nuser-agent: bench/1.0\r\n\
             accept: */*\r\naccept-language: en\r\naccept-encoding: gzip\r\n\
             cache-control: no-cache\r\nx-request-id: 0123456789\r\ncookie: a=1; b=2\r\n{length}\r\n"
        )
    }

    /// The whole request.
    #[must_use]
    pub fn request(self, size: usize) -> Vec<u8> {
        let mut request = self.head(size).into_bytes();
        request.resize(request.len() + self.up(size), b'x');
        request
    }

    /// The size of the upload.
    fn up(self, size: usize) -> usize {
        match self {
            Self::Echo => 1024,
            Self::Upload => size,
            _ => 0,
        }
    }
}

impl FromStr for Work {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|work| work.name() == name);
        found.ok_or_else(|| format!("no such work: {name}"))
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The object that is sent as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    message: &'static str,
    id: u32,
    tags: [&'static str; 2],
}

impl Message {
    /// The object of the response.
    pub(crate) const HELLO: Self = Self {
        message: TEXT,
        id: 42,
        tags: ["a", "b"],
    };
}

/// The head of [`Work::Cookies`], for stacks with http 1.
pub(crate) fn cookies() -> [(HeaderName, HeaderValue); 8] {
    let value = HeaderValue::from_static;
    [
        (header::CONTENT_TYPE, value(TEXT_TYPE)),
        (header::CACHE_CONTROL, value("private, max-age=60")),
        (header::ETAG, value("\"0123456789abcdef\"")),
        (header::VARY, value("accept-encoding, cookie")),
        (header::CONTENT_LANGUAGE, value("en")),
        (header::X_CONTENT_TYPE_OPTIONS, value("nosniff")),
        (
            header::SET_COOKIE,
            value("session=0123456789; Path=/; HttpOnly"),
        ),
        (
            header::SET_COOKIE,
            value("theme=dark; Path=/; Max-Age=31536000"),
        ),
    ]
}

/// The chunks of a download of the size that a query asks for.
pub(crate) fn chunks(query: &str) -> impl Iterator<Item = Bytes> + Send + use<> {
    let size = query
        .strip_prefix("size=")
        .and_then(|size| size.parse().ok());
    let mut left: usize = size.unwrap_or(0);
    std::iter::from_fn(move || {
        let chunk = left.min(CHUNK);
        left -= chunk;
        (chunk > 0).then(|| Bytes::from_static(&ZEROS[..chunk]))
    })
}
