//! Requests on their way to the app.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version, header};
use http_body::Body as _;
use serde::Serialize;

use super::client::Client;
use super::response::TestResponse;
use super::witness::Seen;
use super::{fail, redirect};
use crate::body::Body;
use crate::connection::Scheme;
use crate::headers::{IntoHeaderName, IntoHeaderValue};
use crate::input::{Input, IntoInput};

/// Longer chains of redirects are loops, for browsers too.
const REDIRECTS: usize = 20;

/// A request that is being made; [`send`](Self::send) sends it.
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<'c> {
    client: &'c Client,
    method: Method,
    target: String,
    headers: HeaderMap,
    payload: Payload,
    follows_redirects: bool,
}

enum Payload {
    Nothing,
    Bytes(Bytes),
    Stream(Input),
}

impl<'c> RequestBuilder<'c> {
    pub(super) fn new(client: &'c Client, method: Method, path: &str) -> Self {
        Self {
            client,
            method,
            target: path.to_owned(),
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

    /// Sets the body: bytes in hand, of no type.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.payload = Payload::Bytes(body.into());
        self
    }

    /// Sets the body to text, as `text/plain; charset=utf-8`.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.typed("text/plain; charset=utf-8", text.into().into())
    }

    /// Sets the body to JSON.
    ///
    /// # Panics
    ///
    /// When the value is nothing that JSON can hold.
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.typed("application/json", json.into()),
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
        self.typed("application/x-www-form-urlencoded", form.into())
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

    fn typed(mut self, content_type: &'static str, body: Bytes) -> Self {
        self.headers
            .entry(header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static(content_type));
        self.payload = Payload::Bytes(body);
        self
    }

    /// Sends the request and waits for the head of the answer; the body streams.
    ///
    /// # Panics
    ///
    /// When the lint finds something; when the path is no request target, or not below the mount
    /// point; when a redirect cannot be followed.
    pub async fn send(mut self) -> TestResponse {
        let mut history: Vec<(StatusCode, String)> = Vec::new();
        loop {
            let payload = match &mut self.payload {
                Payload::Nothing => Payload::Nothing,
                Payload::Bytes(bytes) => Payload::Bytes(bytes.clone()),
                Payload::Stream(input) => Payload::Stream(std::mem::take(input)),
            };
            let mut response = self.exchange(payload).await;
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
        let client = self.client;
        let origin = (client.connection.scheme(), &*client.authority);
        match redirect::resolve(location, &self.target, origin) {
            Ok(target) => target,
            Err(elsewhere) => fail(&format!(
                "{} {} redirects to {elsewhere}, and the app is at {}://{}",
                self.method, self.target, origin.0, origin.1
            )),
        }
    }

    /// One request and its answer.
    async fn exchange(&self, payload: Payload) -> TestResponse {
        let client = self.client;
        let (parts, ()) = self.parts(&payload).into_parts();
        let input = match payload {
            Payload::Nothing => Input::empty(),
            Payload::Bytes(bytes) => bytes.into_input(),
            Payload::Stream(input) => input,
        };
        let path = parts.uri.path().to_owned();
        let wants_trailers = wants_trailers(parts.version, &parts.headers);

        let seen = Seen::default();
        let mut environ = client.gateway.environ(parts, input);
        environ.set_connection(client.connection);
        environ.extensions_mut().insert(seen.clone());
        if !environ.mount(&client.prefix) {
            fail(&format!(
                "{} is not below {}, where the app is mounted",
                self.target, client.prefix
            ));
        }
        let response = client.gateway.handle(environ).await;
        seen.raise();
        for line in response.headers().get_all(header::SET_COOKIE) {
            if let Ok(line) = std::str::from_utf8(line.as_bytes()) {
                client.jar().store(line, client.host(), &path);
            }
        }
        let request = format!("{} {}", self.method, self.target);
        TestResponse::new(response, request, (client.version, wants_trailers), seen)
    }

    /// The request's head, as a client on the wire makes it.
    fn parts(&self, payload: &Payload) -> Request<()> {
        let client = self.client;
        let is_http1 = client.version < Version::HTTP_2;
        if !self.target.starts_with('/') && self.target != "*" {
            fail(&format!("the path {:?} does not begin with /", self.target));
        }
        let scheme = client.connection.scheme();
        let target = if is_http1 || self.target == "*" {
            self.target.clone()
        } else {
            format!("{scheme}://{}{}", client.authority, self.target)
        };
        let Ok(uri) = target.parse::<Uri>() else {
            fail(&format!("{target:?} is no request target"))
        };
        let mut request = Request::new(());
        let mut headers = self.headers.clone();
        if is_http1 || self.target == "*" {
            default(&mut headers, header::HOST, &client.authority);
        }
        let is_secure = scheme == Scheme::Https;
        if let Some(cookies) = client.jar().header(client.host(), uri.path(), is_secure) {
            default(&mut headers, header::COOKIE, &cookies);
        }
        let length = match payload {
            Payload::Nothing => None,
            Payload::Bytes(bytes) => Some(bytes.len() as u64),
            Payload::Stream(input) => input.size_hint().exact(),
        };
        match (length, payload) {
            (Some(length), _) => default(&mut headers, header::CONTENT_LENGTH, &length.to_string()),
            (None, Payload::Stream(_))
                if client.version == Version::HTTP_11
                    && !headers.contains_key(header::CONTENT_LENGTH) =>
            {
                default(&mut headers, header::TRANSFER_ENCODING, "chunked");
            }
            _ => {}
        }
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = client.version;
        *request.headers_mut() = headers;
        request
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

/// Sets a header that the test did not set.
fn default(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.entry(name).or_insert(value);
    }
}

/// HTTP/1.1 sends trailers to those who ask, HTTP/2 always (B11).
fn wants_trailers(version: Version, headers: &HeaderMap) -> bool {
    let asks = headers.get_all(header::TE).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
    });
    version >= Version::HTTP_2 || (version == Version::HTTP_11 && asks)
}

#[track_caller]
fn encode_form<T: Serialize + ?Sized>(form: &T) -> String {
    match serde_urlencoded::to_string(form) {
        Ok(form) => form,
        Err(error) => fail(&format!("no form can hold this: {error}")),
    }
}
