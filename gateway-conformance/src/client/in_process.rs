//! Exchanges with no socket: the driver of the gateway itself, asked as a server would ask it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::{BoxApp, Gateway, Input, IntoInput, Outgoing};
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};
use http_body::{Body as _, Frame};

use crate::check::Failure;
use crate::wire::request::Body;
use crate::wire::response::is_bodyless;
use crate::wire::{End, Framing, Head, WireRequest, WireResponse};

type Answering = Pin<Box<dyn Future<Output = http::Response<Outgoing>> + Send>>;

/// An exchange under way. Nothing of it runs but while it is asked.
pub(crate) struct Running {
    method: String,
    deadline: Duration,
    answering: Option<Answering>,
    response: Option<WireResponse>,
    body: Option<Outgoing>,
}

/// Hands the request to the gateway.
pub(super) fn open(
    gateway: &Gateway<Arc<BoxApp>>,
    request: WireRequest,
    deadline: Duration,
) -> Result<Running, Failure> {
    let method = request.method().to_owned();
    let (parts, input) = convert(request)?;
    let environ = gateway.environ(parts, input);
    Ok(Running {
        method,
        deadline,
        answering: Some(Box::pin(gateway.handle(environ))),
        response: None,
        body: None,
    })
}

impl Running {
    /// Asks for the head.
    pub(super) async fn head(&mut self) -> Result<Head, Failure> {
        if let Some(answering) = self.answering.take() {
            let answer = within(self.deadline, "response", answering).await?;
            let (parts, body) = answer.into_parts();
            self.response = Some(begin(&self.method, parts, &body));
            self.body = Some(body);
        }
        let response = self.response.as_ref().ok_or_else(given)?;
        Ok(Head {
            status: response.status,
            reason: String::new(),
            version: response.version,
            headers: response.headers.clone(),
            raw: Bytes::new(),
        })
    }

    /// Asks for the next piece of the body.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        self.head().await?;
        let response = self.response.as_mut().ok_or_else(given)?;
        loop {
            let Some(body) = &mut self.body else {
                return Ok(None);
            };
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
            match within(self.deadline, "piece of the body", frame).await? {
                None => {
                    response.end = End::Complete;
                    self.body = None;
                }
                Some(Err(_)) => {
                    response.end = End::Reset(None);
                    self.body = None;
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        response.chunks.push(data.clone());
                        return Ok(Some(data));
                    }
                    Err(frame) => {
                        let trailers = frame.into_trailers().unwrap_or_default();
                        response.trailers = fields(&trailers);
                    }
                },
            }
        }
    }

    /// Asks for all that is left.
    pub(super) async fn finish(&mut self) -> Result<WireResponse, Failure> {
        while self.chunk().await?.is_some() {}
        let mut response = self.response.take().ok_or_else(given)?;
        response.body = response.chunks.concat().into();
        // A server would count: the promise of the body's exact size is held to here.
        if let (Framing::Length(length), true) = (response.framing, response.is_complete())
            && response.body.len() as u64 != length
        {
            return Err(Failure::new(format!(
                "the body has {} bytes, its length says {length}",
                response.body.len()
            )));
        }
        Ok(response)
    }
}

fn given() -> Failure {
    Failure::new("the response was given out before")
}

async fn within<F: Future>(limit: Duration, what: &str, future: F) -> Result<F::Output, Failure> {
    let outcome = tokio::time::timeout(limit, future).await;
    outcome.map_err(|_| Failure::new(format!("no {what} within {limit:?}")))
}

/// The response as a server would begin to write it. The exact size of a body is its
/// `Content-Length` (B4), as it is for every host.
fn begin(method: &str, parts: http::response::Parts, body: &Outgoing) -> WireResponse {
    let mut headers = fields(&parts.headers);
    let status = parts.status.as_u16();
    let declared = parts.headers.get(CONTENT_LENGTH);
    let declared = declared
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    let framing = match (declared, body.size_hint().exact()) {
        _ if is_bodyless(method, status) => Framing::None,
        (Some(length), _) => Framing::Length(length),
        (None, Some(length)) => {
            headers.push((CONTENT_LENGTH.to_string(), length.to_string().into_bytes()));
            Framing::Length(length)
        }
        (None, None) => Framing::Frames,
    };
    let head = Head {
        status,
        reason: String::new(),
        version: Version::HTTP_11,
        headers,
        raw: Bytes::new(),
    };
    WireResponse::begin(head, Vec::new(), framing)
}

fn fields(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect()
}

/// The request as a server would have parsed it.
fn convert(request: WireRequest) -> Result<(http::request::Parts, Input), Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::new(format!("the request: {error}"));
    let mut headers = HeaderMap::new();
    if request.host && !request.has("host") {
        headers.insert(HOST, HeaderValue::from_static("localhost"));
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refused(&error))?;
        let value = HeaderValue::from_bytes(value).map_err(|error| refused(&error))?;
        headers.append(name, value);
    }
    if let Some(length) = request.length_to_add() {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    let mut trailers = HeaderMap::new();
    for (name, value) in &request.trailers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refused(&error))?;
        let value = HeaderValue::from_bytes(value).map_err(|error| refused(&error))?;
        trailers.append(name, value);
    }
    let input = match request.body {
        Body::None | Body::Streamed => Input::empty(),
        Body::Full(bytes) => bytes.into_input(),
        Body::Chunks(chunks) => Input::new(Pieces {
            chunks: chunks.into(),
            trailers: (!trailers.is_empty()).then_some(trailers),
        }),
    };
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|error| refused(&error))?;
    let uri = Uri::try_from(request.target.as_slice()).map_err(|error| refused(&error))?;
    let mut head = http::Request::new(());
    *head.method_mut() = method;
    *head.uri_mut() = uri;
    if request.version == "HTTP/1.0" {
        *head.version_mut() = Version::HTTP_10;
    }
    *head.headers_mut() = headers;
    Ok((head.into_parts().0, input))
}

/// A request body in pieces.
struct Pieces {
    chunks: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = self.chunks.pop_front().map(Frame::data);
        let frame = chunk.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }
}
