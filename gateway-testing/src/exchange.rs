//! One request and its response, as they pass on the wire.

use bytes::Bytes;
use gateway_core::{Input, IntoInput, Scheme};
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version, header};
use http_body::Body as _;

use crate::fail;
use crate::response::TestResponse;
use crate::session::Session;
use crate::witness::Seen;

/// A request body.
pub(crate) enum Payload {
    Nothing,
    Bytes(Bytes),
    Stream(Input),
}

impl Payload {
    /// The payload of the next request. A stream can be sent once and leaves an empty one.
    pub(crate) fn take(&mut self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Stream(input) => Self::Stream(std::mem::take(input)),
        }
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(input) => input.size_hint().exact(),
        }
    }

    fn into_input(self) -> Input {
        match self {
            Self::Nothing => Input::empty(),
            Self::Bytes(bytes) => bytes.into_input(),
            Self::Stream(input) => input,
        }
    }
}

/// Method, target and headers, as the test set them.
type Head<'a> = (&'a Method, &'a str, &'a HeaderMap);

/// Sends a request and waits for the head of the response.
pub(crate) async fn run(session: &Session, head: Head<'_>, payload: Payload) -> TestResponse {
    let (method, target, _) = head;
    let (parts, ()) = request(session, head, &payload).into_parts();
    let path = parts.uri.path().to_owned();

    let seen = Seen::default();
    let mut environ = session.gateway.environ(parts, payload.into_input());
    environ.set_connection(session.connection);
    environ.extensions_mut().insert(seen.clone());
    if !environ.mount(&session.prefix) {
        fail(&format!(
            "{target} is not below {}, where the app is mounted",
            session.prefix
        ));
    }
    #[cfg(feature = "websocket")]
    crate::websocket::offer(&mut environ, head.2);
    let response = session.gateway.handle(environ).await;
    seen.raise();
    for line in response.headers().get_all(header::SET_COOKIE) {
        if let Ok(line) = std::str::from_utf8(line.as_bytes()) {
            session.jar().store(line, session.host(), &path);
        }
    }
    let name = format!("{method} {target}");
    TestResponse::new(response, name, session.version, seen)
}

/// The request's head, as a client on the wire makes it.
fn request(session: &Session, head: Head<'_>, payload: &Payload) -> Request<()> {
    let (method, target, headers) = head;
    let is_http1 = session.version < Version::HTTP_2;
    let scheme = session.connection.scheme();
    let authority = &session.authority;
    let uri = if is_http1 || target == "*" {
        target.parse::<Uri>()
    } else {
        format!("{scheme}://{authority}{target}").parse()
    };
    let Ok(uri) = uri else {
        fail(&format!("{target:?} is no request target"))
    };
    let mut headers = headers.clone();
    if is_http1 || target == "*" {
        default(&mut headers, header::HOST, authority);
    }
    let is_secure = scheme == Scheme::Https;
    if let Some(cookies) = session.jar().header(session.host(), uri.path(), is_secure) {
        default(&mut headers, header::COOKIE, &cookies);
    }
    match (payload.length(), payload) {
        (Some(length), _) => default(&mut headers, header::CONTENT_LENGTH, &length.to_string()),
        (None, Payload::Stream(_))
            if session.version == Version::HTTP_11
                && !headers.contains_key(header::CONTENT_LENGTH) =>
        {
            default(&mut headers, header::TRANSFER_ENCODING, "chunked");
        }
        _ => {}
    }
    let mut request = Request::new(());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = session.version;
    *request.headers_mut() = headers;
    request
}

/// Sets a header that the test did not set.
fn default(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.entry(name).or_insert(value);
    }
}
