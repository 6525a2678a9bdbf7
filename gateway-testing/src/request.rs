//! Requests on their way to the app.

use std::fmt;

use bytes::Bytes;
use gateway_core::{Body, IntoHeaderName, IntoHeaderValue, IntoInput};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use crate::exchange::{self, Payload};
use crate::multipart::MultipartForm;
use crate::response::TestResponse;
use crate::session::Session;
use crate::{fail, redirect};

/// Longer chains of redirects are loops, for browsers too.
const REDIRECTS: usize = 20;

/// A request that is being made; [`send`](Self::send) sends it.
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'c> {
    session: &'c Session,
    method: Method,
    target: String,
    headers: HeaderMap,
    payload: Payload,
    follows_redirects: bool,
}

impl<'c> RequestBuilder<'c> {
    #[track_caller]
    pub(crate) fn new(session: &'c Session, method: Method, path: &str) -> Self {
        let target = match session.target(path) {
            Some(target) => target,
            None => fail(&format!("the path {path:?} does not begin with /")),
        };
        Self {
            session,
            method,
            target,
            headers: HeaderMap::new(),
            payload: Payload::Nothing,
            follows_redirects: false,
        }
    }

    /// Adds to the query, encoded as a form: pairs, a map, or a struct.
    ///
    /// # Panics
    ///
    /// When the value is nothing that a query can hold.
    #[track_caller]
    pub fn query<T: Serialize + ?Sized>(mut self, query: &T) -> Self {
        let query = encode_form(query);
        self.target
            .push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&query);
        self
    }

    /// Adds a header line. One that the client would make itself (Host, Content-Length, Cookie ..)
    /// takes the place of that.
    ///
    /// # Panics
    ///
    /// When the name or the value is malformed.
    #[track_caller]
    pub fn header(mut self, name: impl IntoHeaderName, value: impl IntoHeaderValue) -> Self {
        let line = name
            .into_header_name()
            .and_then(|name| Ok((value.into_header_value(&name)?, name)));
        match line {
            Ok((value, name)) => {
                self.headers.append(name, value);
                self
            }
            Err(error) => fail(&format!("no request header: {error}")),
        }
    }

    /// Sets the body: buffered bytes, of no type.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.payload = Payload::Bytes(body.into());
        self
    }

    /// Sets the body to text, as `text/plain; charset=utf-8`.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.typed(
            HeaderValue::from_static("text/plain; charset=utf-8"),
            text.into().into(),
        )
    }

    /// Sets the body to JSON.
    ///
    /// # Panics
    ///
    /// When the value is nothing that JSON can hold.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.typed(HeaderValue::from_static("application/json"), json.into()),
            Err(error) => fail(&format!("the request body is no JSON: {error}")),
        }
    }

    /// Sets the body to a form: pairs, a map, or a struct, as `application/x-www-form-urlencoded`.
    ///
    /// # Panics
    ///
    /// When the value is nothing that a form can hold.
    #[track_caller]
    pub fn form<T: Serialize + ?Sized>(self, form: &T) -> Self {
        let form = encode_form(form);
        self.typed(
            HeaderValue::from_static("application/x-www-form-urlencoded"),
            form.into(),
        )
    }

    /// Sets the body to a stream, of which the app gets each chunk as it comes. Without a known
    /// length it is chunked, and has no Content-Length. Frames of an `http_body::Body` go in through
    /// [`Body::new`], trailers included.
    pub fn stream(mut self, body: Body) -> Self {
        self.payload = Payload::Stream(body.into_input());
        self
    }

    /// Follows redirects: 301, 302 and 303 with GET (HEAD stays HEAD), 307 and 308 with the same
    /// method and body. At most 20, and none that leads out of the app.
    pub fn follow_redirects(mut self) -> Self {
        self.follows_redirects = true;
        self
    }

    /// Sets the body to a form with files, as `multipart/form-data`.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// use gateway_core::{Environ, HttpError, view};
    /// use gateway_testing::Client;
    /// use gateway_util::{EnvironExt, FormLimits};
    ///
    /// let client = Client::new(view(async |mut environ: Environ| {
    ///     let form = environ.form(FormLimits::default()).await?;
    ///     let photo = form.file("photo").ok_or_else(HttpError::bad_request)?;
    ///     Ok::<_, HttpError>(format!("{} {}", form.require("title")?, photo.file_name()))
    /// }));
    ///
    /// let request = client.post("/").multipart(|form| {
    ///     form.text("title", "Sea").file("photo", "sea.png", "image/png", b"\x89PNG".as_slice())
    /// });
    /// request.send().await.assert_text("Sea sea.png").await;
    /// # });
    /// ```
    pub fn multipart(self, build: impl FnOnce(MultipartForm) -> MultipartForm) -> Self {
        let (content_type, body) = build(MultipartForm::new()).encode();
        match HeaderValue::try_from(content_type) {
            Ok(content_type) => self.typed(content_type, body),
            Err(error) => fail(&format!("no type of a form: {error}")),
        }
    }

    fn typed(mut self, content_type: HeaderValue, body: Bytes) -> Self {
        self.headers
            .entry(header::CONTENT_TYPE)
            .or_insert(content_type);
        self.payload = Payload::Bytes(body);
        self
    }

    /// Makes it the handshake of a WebSocket.
    #[cfg(feature = "websocket")]
    pub(crate) fn offering_websocket(mut self) -> Self {
        crate::websocket::fill(self.session.version, &mut self.method, &mut self.headers);
        self
    }

    /// Sends the handshake of a WebSocket and opens the connection; the app's part runs in a task of
    /// tokio.
    ///
    /// # Panics
    ///
    /// When the app declines, or its answer is none to the handshake; the message shows it. When the
    /// lint finds something. Outside of a tokio runtime.
    #[cfg(feature = "websocket")]
    pub async fn connect(self) -> crate::TestWebSocket {
        let offered = self.headers.get(header::SEC_WEBSOCKET_PROTOCOL).cloned();
        crate::TestWebSocket::open(self.send().await, offered.as_ref()).await
    }

    /// Sends the request and waits for the head of the answer; the body streams.
    ///
    /// # Panics
    ///
    /// When the lint finds something; when the path is no request target; when a redirect cannot be
    /// followed: it leads to another origin or out of the mount point, or is one of a loop.
    pub async fn send(mut self) -> TestResponse {
        let mut history: Vec<(StatusCode, String)> = Vec::new();
        loop {
            let head = (&self.method, &*self.target, &self.headers);
            let mut response = exchange::run(self.session, head, self.payload.take()).await;
            let next = redirect::follows(response.status(), &self.method)
                .filter(|_| self.follows_redirects);
            let (Some((method, keeps_body)), Some(location)) = (next, response.header("location"))
            else {
                response.history = history;
                return response;
            };
            let target = self.next_target(location);
            history.push((response.status(), target.clone()));
            if history.len() > REDIRECTS {
                let last: Vec<&str> = history.iter().rev().take(3).map(|(_, to)| &**to).collect();
                fail(&format!(
                    "more than {REDIRECTS} redirects, the last ones to {}",
                    last.join(", ")
                ));
            }
            if keeps_body && matches!(self.payload, Payload::Stream(_)) {
                fail(&format!(
                    "{} asks for the request body again, which was a stream",
                    response.status()
                ));
            }
            if !keeps_body {
                self.payload = Payload::Nothing;
                for name in [
                    header::CONTENT_TYPE,
                    header::CONTENT_LENGTH,
                    header::CONTENT_ENCODING,
                ] {
                    self.headers.remove(name);
                }
            }
            self.method = method;
            self.target = target;
        }
    }

    fn next_target(&self, location: &str) -> String {
        let session = self.session;
        let origin = (session.connection.scheme(), &*session.authority);
        match redirect::resolve(location, &self.target, origin) {
            Ok(target) => target,
            Err(elsewhere) => fail(&format!(
                "{} {} redirects to {elsewhere}, and the app is at {}://{}",
                self.method, self.target, origin.0, origin.1
            )),
        }
    }
}

impl fmt::Debug for RequestBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets.
        f.debug_struct("RequestBuilder")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

#[track_caller]
fn encode_form<T: Serialize + ?Sized>(form: &T) -> String {
    match serde_urlencoded::to_string(form) {
        Ok(form) => form,
        Err(error) => fail(&format!("no form can hold this: {error}")),
    }
}
