//! Answers of the app.

use std::fmt::{self, Write};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use gateway_core::{Error, Outgoing};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header, response};
use http_body::{Body as HttpBody, Frame};
use serde::de::DeserializeOwned;

use crate::fail;
use crate::witness::Seen;

/// How much of a body a failed test shows.
const SHOWN: usize = 2048;

/// An answer as a client on the wire gets it. The body streams until it is read.
///
/// A failed assertion shows the response, and the error that the app failed with, if any.
pub struct TestResponse {
    head: response::Parts,
    /// Gone once it was read to its end, or failed.
    body: Option<Outgoing>,
    trailers: Option<HeaderMap>,
    request: String,
    pub(crate) history: Vec<(StatusCode, String)>,
    seen: Seen,
}

impl TestResponse {
    pub(crate) fn new(
        response: http::Response<Outgoing>,
        request: String,
        version: Version,
        seen: Seen,
    ) -> Self {
        let (mut head, body) = response.into_parts();
        head.version = version;
        // B4: the host writes the length that the body knows.
        if let Some(length) = body.size_hint().exact() {
            head.headers
                .entry(header::CONTENT_LENGTH)
                .or_insert_with(|| HeaderValue::from(length));
        }
        Self {
            head,
            body: Some(body),
            trailers: None,
            request,
            history: Vec::new(),
            seen,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers, one entry a line.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The first line of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The redirects that led here: each one's status, and the target it led to.
    #[must_use]
    pub fn history(&self) -> &[(StatusCode, String)] {
        &self.history
    }

    /// The next chunk of the body, as the app gave it; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the response was aborted: a client on the wire sees its connection or stream broken.
    ///
    /// # Panics
    ///
    /// When the lint finds something.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(Ok(None));
        };
        let poll = Pin::new(body).poll_frame(cx);
        self.seen.raise();
        let Poll::Ready(frame) = poll else {
            return Poll::Pending;
        };
        match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => Poll::Ready(Ok(Some(data))),
            Some(Ok(Err(other))) => {
                self.trailers = other.into_trailers().ok();
                self.poll_chunk(cx)
            }
            Some(Err(error)) => {
                self.body = None;
                Poll::Ready(Err(error))
            }
            None => {
                // L2: what waits for the end runs now.
                self.body = None;
                Poll::Ready(Ok(None))
            }
        }
    }

    /// The trailers, once the body was read to its end: those that the gateway sends (B11). On HTTP/1.1
    /// they have to be declared, and asked for with `TE: trailers`.
    #[must_use]
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    /// Reads the rest of the body.
    ///
    /// # Panics
    ///
    /// When the response is aborted, or the lint finds something.
    pub async fn bytes(&mut self) -> Bytes {
        let mut all = BytesMut::new();
        loop {
            match self.chunk().await {
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Ok(None) => return all.freeze(),
                Err(error) => self.fail(&format!("was aborted: {error}"), Some(&all)),
            }
        }
    }

    /// Reads the rest of the body as text.
    ///
    /// # Panics
    ///
    /// As [`bytes`](Self::bytes), and when it is not UTF-8.
    pub async fn text(&mut self) -> String {
        let bytes = self.bytes().await;
        match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => self.fail(&format!("is not text: {error}"), Some(&bytes)),
        }
    }

    /// Reads the rest of the body as JSON.
    ///
    /// # Panics
    ///
    /// As [`bytes`](Self::bytes), and when it is not JSON of that shape.
    pub async fn json<T: DeserializeOwned>(&mut self) -> T {
        let bytes = self.bytes().await;
        match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(error) => self.fail(&format!("is not the JSON asked for: {error}"), Some(&bytes)),
        }
    }

    /// The stream of an app that has switched the protocol. The client's end of it is here, and the app's
    /// part runs in a task of tokio. The offer is a request with `Connection: upgrade` and `Upgrade`.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{Body, view};
    /// use gateway_testing::Client;
    ///
    /// let client = Client::new(view(async |_| Body::upgrade("greeting", async |mut stream| {
    ///     stream.write_all(b"hello").await?;
    ///     Ok(())
    /// })));
    /// let request = client.get("/").header("connection", "upgrade").header("upgrade", "greeting");
    /// let mut stream = request.send().await.assert_status(101).into_stream();
    /// let mut buffer = [0; 8];
    /// assert_eq!(stream.read(&mut buffer).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// When the app has switched nothing; the message shows the answer. Outside of a tokio runtime.
    #[cfg(feature = "websocket")]
    #[must_use]
    #[track_caller]
    pub fn into_stream(mut self) -> gateway_core::Duplex {
        gateway_core::Duplex::from_tokio(self.run_upgrade().0)
    }

    /// Runs the app's part of a switch.
    #[cfg(feature = "websocket")]
    #[track_caller]
    pub(crate) fn run_upgrade(&mut self) -> (tokio::io::DuplexStream, crate::websocket::Running) {
        match self.body.as_mut().and_then(Outgoing::take_upgrade) {
            Some(upgrade) => crate::websocket::spawn(upgrade),
            None => self.fail("switches no protocol", None),
        }
    }

    /// Asserts the status, and gives the response back.
    ///
    /// # Panics
    ///
    /// When it is another one; the message shows the answer.
    #[track_caller]
    pub fn assert_status(mut self, status: u16) -> Self {
        if self.head.status.as_u16() != status {
            self.fail(&format!("has another status than {status}"), None);
        }
        self
    }

    /// Asserts the lines of a header, joined with `", "`, and gives the response back.
    ///
    /// # Panics
    ///
    /// When they are others, or it is absent; the message shows the answer.
    #[track_caller]
    pub fn assert_header(mut self, name: &str, expected: &str) -> Self {
        let lines: Vec<&[u8]> = self
            .head
            .headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if lines.is_empty() || lines.join(&b", "[..]) != expected.as_bytes() {
            self.fail(&format!("has another {name} than {expected:?}"), None);
        }
        self
    }

    /// Reads the rest of the body, asserts that it is this text, and gives the response back.
    ///
    /// # Panics
    ///
    /// When it is another one; the message shows the answer.
    pub async fn assert_text(mut self, expected: &str) -> Self {
        let bytes = self.bytes().await;
        if bytes != expected {
            self.fail(&format!("is not {expected:?}"), Some(&bytes));
        }
        self
    }

    /// Ends the test and shows the answer; `body` is what was read of it already.
    #[track_caller]
    pub(crate) fn fail(&mut self, what: &str, body: Option<&[u8]>) -> ! {
        let mut message = format!("the answer to {} {what}\n\n", self.request);
        for (status, target) in &self.history {
            // Writing to a string cannot fail.
            let _ = writeln!(message, "{status} -> {target}");
        }
        let _ = writeln!(message, "{}", self.head.status);
        for (name, value) in &self.head.headers {
            let _ = writeln!(message, "{name}: {}", value.as_bytes().escape_ascii());
        }
        let (bytes, rest) = match body {
            Some(body) => (body.to_vec(), ""),
            None => self.ready_bytes(),
        };
        let shown = bytes.get(..SHOWN).unwrap_or(&bytes);
        let _ = write!(message, "\n{}", String::from_utf8_lossy(shown));
        message.push_str(if shown.len() < bytes.len() {
            "..."
        } else {
            rest
        });
        if let Some(error) = self.seen.error() {
            let _ = write!(message, "\n\nthe app's error: {error}");
        }
        fail(&message)
    }

    /// What there is of the body without waiting for it.
    fn ready_bytes(&mut self) -> (Vec<u8>, &'static str) {
        let mut cx = Context::from_waker(Waker::noop());
        let mut bytes = Vec::new();
        while bytes.len() <= SHOWN {
            match self.poll_chunk(&mut cx) {
                Poll::Ready(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Poll::Ready(Ok(None)) => return (bytes, ""),
                Poll::Ready(Err(_)) => return (bytes, "... (aborted)"),
                Poll::Pending => return (bytes, "... (the rest is not there yet)"),
            }
        }
        (bytes, "...")
    }
}

impl Drop for TestResponse {
    fn drop(&mut self) {
        self.body = None;
        self.seen.raise();
    }
}

impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestResponse")
            .field("request", &self.request)
            .field("status", &self.head.status)
            .field("headers", &self.head.headers)
            .finish_non_exhaustive()
    }
}
