//! What the tests share.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use gateway_core::lint::Lint;
use gateway_core::{App, Environ, Gateway, Input, IntoInput};
use http::{HeaderMap, Request, StatusCode};
use http_body::Body as _;

/// An answer as the gateway hands it to a server: HEAD, 204, lengths and errors are done.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) async fn answer<B: IntoInput>(app: impl App, request: Request<B>) -> Answer {
    // M2: it panics on a finding, which is a 500 that no test expects.
    let gateway = Gateway::new(Lint::new(app));
    let (parts, body) = request.into_parts();
    let environ = gateway.environ(parts, body.into_input());
    let (mut parts, body) = gateway.handle(environ).await.into_parts();
    // A server takes the length of a body from the body itself (B4).
    let is_bodyless = matches!(parts.status.as_u16(), 204 | 304);
    if let Some(length) = body.size_hint().exact().filter(|_| !is_bodyless) {
        parts
            .headers
            .entry("content-length")
            .or_insert(length.into());
    }
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: gateway_core::Body::new(body).bytes().await.unwrap(),
    }
}

pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

pub(crate) fn with(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = get(path);
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

pub(crate) fn head(mut request: Request<()>) -> Request<()> {
    *request.method_mut() = http::Method::HEAD;
    request
}

pub(crate) fn environ(request: Request<impl IntoInput>) -> Environ {
    Environ::from_request(request)
}

pub(crate) fn post(content_type: &str, body: impl IntoInput) -> Environ {
    Environ::from_request(
        Request::post("/")
            .header("content-type", content_type)
            .body(body)
            .unwrap(),
    )
}

pub(crate) fn input_of<I>(chunks: I) -> Input
where
    I: IntoIterator<Item: Into<Bytes>>,
    I::IntoIter: Send + 'static,
{
    gateway_core::Body::from_chunks(chunks).into_input()
}

/// A directory that is gone at the end of a test.
pub(crate) struct TempDir(tempfile::TempDir);

impl TempDir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file that was written long ago, so that its tag is strong.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(then).unwrap();
        path
    }
}
