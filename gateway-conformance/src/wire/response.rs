use bytes::Bytes;
use h2::Reason;
use http::Version;

/// One response, as it was on the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WireResponse {
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty in HTTP/2, which has none.
    pub reason: String,
    /// The version of the status line, or `HTTP_2`.
    pub version: Version,
    /// The fields, names in lower case. HTTP/1: in wire order, as often as they
    /// came. HTTP/2: as often as they came, those of one name side by side.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The head byte by byte, with the empty line; empty in HTTP/2.
    pub raw_head: Bytes,
    /// The interim (1xx) responses that came first.
    pub interim: Vec<Head>,
    /// What decided where the body ends.
    pub framing: Framing,
    /// The content, without its framing. As far as it came, if it was broken off.
    pub body: Bytes,
    /// The chunks or DATA frames of the body, one by one, the last one cut short if
    /// the body was broken off. Empty where the framing has no pieces. The engine
    /// hides empty DATA frames without END_STREAM; the frame log has them.
    pub chunks: Vec<Bytes>,
    /// The trailer fields, like `headers`.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// How the response ended.
    pub end: End,
    /// The HTTP/2 stream it came on.
    pub stream: Option<u32>,
}

/// A head on its own: of an interim response, or of one whose body is yet to come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The reason phrase; empty in HTTP/2.
    pub reason: String,
    /// The version of the status line, or `HTTP_2`.
    pub version: Version,
    /// The fields, as in [`WireResponse::headers`].
    pub headers: Vec<(String, Vec<u8>)>,
    /// The head byte by byte; empty in HTTP/2.
    pub raw: Bytes,
}

/// What decides where a body ends (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// There is none, whatever the fields say: an answer to HEAD, a 1xx, 204 or 304,
    /// or a 2xx answer to CONNECT.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding` that ends in `chunked`.
    Chunked,
    /// The body ends where the connection does.
    CloseDelimited,
    /// HTTP/2: the body ends with END_STREAM.
    Frames,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// Where its framing says.
    Complete,
    /// The connection was closed before that.
    Truncated,
    /// The connection was reset before that; in HTTP/2 the stream was, or a GOAWAY
    /// abandoned it, with the code the server gave.
    Reset(Option<Reason>),
}

impl WireResponse {
    /// The first value of the field, if it is there and is UTF-8.
    ///
    /// To show that a field is absent use [`count`](Self::count), which takes any
    /// value for one.
    pub fn header(&self, name: &str) -> Option<&str> {
        header_all(&self.headers, name).next()
    }

    /// Every value of the field that is UTF-8, in order.
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        header_all(&self.headers, name).collect()
    }

    /// How often the field is there.
    pub fn count(&self, name: &str) -> usize {
        self.headers
            .iter()
            .filter(|(have, _)| have.eq_ignore_ascii_case(name))
            .count()
    }

    /// The first value of the trailer field, if it is there and is UTF-8.
    pub fn trailer(&self, name: &str) -> Option<&str> {
        header_all(&self.trailers, name).next()
    }

    /// The field names as they were spelled, in wire order. Empty in HTTP/2, where
    /// there is one spelling.
    pub fn spelled_names(&self) -> Vec<String> {
        self.raw_head
            .split(|&byte| byte == b'\n')
            .skip(1)
            .filter_map(|line| {
                line.iter()
                    .position(|&byte| byte == b':')
                    .map(|at| &line[..at])
            })
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    /// The body as text, each byte that is not UTF-8 replaced by U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether it ended where its framing says.
    pub fn is_complete(&self) -> bool {
        self.end == End::Complete
    }

    /// A response of which no more than the head is there.
    pub(crate) fn begin(head: Head, interim: Vec<Head>, framing: Framing) -> Self {
        Self {
            status: head.status,
            reason: head.reason,
            version: head.version,
            headers: head.headers,
            raw_head: head.raw,
            interim,
            framing,
            body: Bytes::new(),
            chunks: Vec::new(),
            trailers: Vec::new(),
            end: End::Truncated,
            stream: None,
        }
    }
}

impl Head {
    /// The first value of the field, if it is there and is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        header_all(&self.headers, name).next()
    }
}

/// Whether a response has no body whatever its fields say (RFC 9112 section 6.3,
/// points 1 and 2; RFC 9113 section 8.1 leaves it at that).
pub(crate) fn is_bodyless(method: &str, status: u16) -> bool {
    method == "HEAD"
        || matches!(status, 100..=199 | 204 | 304)
        || (method == "CONNECT" && matches!(status, 200..=299))
}

fn header_all<'a>(fields: &'a [(String, Vec<u8>)], name: &str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
        .filter_map(|(_, value)| std::str::from_utf8(value).ok())
}
