//! One request, as a host asks it, without a socket.

use gateway_core::{App, Body, Gateway, Input};
use http::{HeaderMap, Request, StatusCode};

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or how it failed.
    pub(crate) body: Result<String, String>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        self.body.as_ref().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) async fn ask(app: impl App, request: http::request::Builder) -> Answer {
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let gateway = Gateway::new(app);
    let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
    let (parts, body) = response.into_parts();
    let body = Body::new(body).bytes().await;
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body
            .map(|bytes| String::from_utf8(bytes.into()).unwrap())
            .map_err(|error| error.to_string()),
    }
}

pub(crate) fn get() -> http::request::Builder {
    Request::get("/")
}
