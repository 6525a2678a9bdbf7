use bytes::Bytes;

/// A request that can be sent over either protocol.
///
/// What is added to it, unless it is there already:
///
/// * `Host`, the server's address (HTTP/2: `:authority`, and a `host` given by hand
///   goes there too);
/// * `Content-Length` for [`body`](Self::body), over both protocols;
/// * `Transfer-Encoding: chunked` for [`chunked`](Self::chunked) and
///   [`streamed`](Self::streamed), over HTTP/1.
///
/// Nothing is checked for HTTP/1: a name, value or target is sent as it is given.
///
/// # Examples
///
/// ```
/// use gateway_conformance::wire::WireRequest;
///
/// let request = WireRequest::post("/form").header("x-id", "7").body("a=b");
/// assert_eq!(
///     request.to_http1("localhost"),
///     "POST /form HTTP/1.1\r\nhost: localhost\r\nx-id: 7\r\ncontent-length: 3\r\n\r\na=b",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct WireRequest {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    pub(crate) version: &'static str,
    pub(crate) host: bool,
    pub(crate) authority: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Full(Bytes),
    Chunks(Vec<Bytes>),
    Streamed,
}

impl WireRequest {
    /// A request without a body. HTTP/1 sends any bytes as the target; HTTP/2 takes
    /// a path, `*`, an absolute URI or, for CONNECT, an authority.
    pub fn new(method: impl Into<String>, target: impl AsRef<[u8]>) -> Self {
        Self {
            method: method.into(),
            target: target.as_ref().to_vec(),
            headers: Vec::new(),
            body: Body::None,
            trailers: Vec::new(),
            version: "HTTP/1.1",
            host: true,
            authority: None,
        }
    }

    /// A GET request.
    pub fn get(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target)
    }

    /// A HEAD request.
    pub fn head(target: impl AsRef<[u8]>) -> Self {
        Self::new("HEAD", target)
    }

    /// A POST request.
    pub fn post(target: impl AsRef<[u8]>) -> Self {
        Self::new("POST", target)
    }

    /// Adds a field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Sends this body, its length announced.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Full(body.into());
        self
    }

    /// Sends this body in these pieces, its length not announced: chunks in HTTP/1,
    /// DATA frames in HTTP/2. HTTP/1 cannot express an empty piece and skips it.
    #[must_use]
    pub fn chunked<B: Into<Bytes>>(mut self, chunks: impl IntoIterator<Item = B>) -> Self {
        self.body = Body::Chunks(chunks.into_iter().map(Into::into).collect());
        self
    }

    /// Sends the head only and leaves the body to the test, who sends it with the
    /// connection's or the stream's own methods.
    #[must_use]
    pub fn streamed(mut self) -> Self {
        self.body = Body::Streamed;
        self
    }

    /// Adds trailer fields. A body that is not in pieces yet becomes one piece,
    /// since only such a body can have trailers in HTTP/1.
    #[must_use]
    pub fn trailers<N: Into<String>, V: AsRef<[u8]>>(
        mut self,
        trailers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let fields = trailers
            .into_iter()
            .map(|(name, value)| (name.into(), value.as_ref().into()));
        self.trailers.extend(fields);
        self.body = match self.body {
            Body::None => Body::Chunks(Vec::new()),
            Body::Full(body) => Body::Chunks(vec![body]),
            other => other,
        };
        self
    }

    /// Says HTTP/1.0 in the request line. HTTP/2 takes no notice.
    #[must_use]
    pub fn http10(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    /// Does not add a `Host` field; over HTTP/2 no `:authority`, and a `host` given by hand stays a
    /// field.
    #[must_use]
    pub fn without_host(mut self) -> Self {
        self.host = false;
        self
    }

    /// Sends this as `:authority`, and a `host` given by hand as a field beside it. HTTP/1 takes no
    /// notice.
    #[must_use]
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = Some(authority.into());
        self
    }

    /// The method, which a client has to know to read the answer.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The request as HTTP/1 has it; of a streamed one, the head.
    pub fn to_http1(&self, authority: &str) -> Bytes {
        let mut out = Vec::new();
        out.extend_from_slice(self.method.as_bytes());
        out.push(b' ');
        out.extend_from_slice(&self.target);
        out.extend_from_slice(format!(" {}\r\n", self.version).as_bytes());
        if self.host && !self.has("host") {
            put_field(&mut out, "host", authority.as_bytes());
        }
        for (name, value) in &self.headers {
            put_field(&mut out, name, value);
        }
        if let Some(length) = self.length_to_add() {
            put_field(&mut out, "content-length", length.to_string().as_bytes());
        }
        let in_pieces = matches!(self.body, Body::Chunks(_) | Body::Streamed);
        let framed = self.has("transfer-encoding") || self.has("content-length");
        if in_pieces && !framed {
            put_field(&mut out, "transfer-encoding", b"chunked");
        }
        out.extend_from_slice(b"\r\n");
        match &self.body {
            Body::None | Body::Streamed => {}
            Body::Full(body) => out.extend_from_slice(body),
            Body::Chunks(chunks) => {
                for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                    put_chunk(&mut out, chunk);
                }
                put_last_chunk(&mut out, &self.trailers);
            }
        }
        out.into()
    }

    /// The length to announce, if there is one and the test did not set its own.
    pub(crate) fn length_to_add(&self) -> Option<usize> {
        match &self.body {
            Body::Full(body) if !self.has("content-length") => Some(body.len()),
            _ => None,
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    }
}

/// Appends one chunk with its framing.
pub(super) fn put_chunk(out: &mut Vec<u8>, chunk: &[u8]) {
    out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
    out.extend_from_slice(chunk);
    out.extend_from_slice(b"\r\n");
}

/// Appends the last chunk and the trailer section.
pub(super) fn put_last_chunk(out: &mut Vec<u8>, trailers: &[(String, Vec<u8>)]) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        put_field(out, name, value);
    }
    out.extend_from_slice(b"\r\n");
}

fn put_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
