//! `TryIntoResponse`: converts the values that views return into responses. A value that cannot be
//! converted is an error.

use std::any::TypeId;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::Body as HttpBody;

use crate::body::Body;
use crate::error::{BoxError, Error};
use crate::headers::AppendHeaders;
use crate::http_error::HttpError;
use crate::kept::take_map;
use crate::modify_response::{HTML, ModifyResponse, extend, set_status};
use crate::response::{Response, ResponseExt, translate};
use crate::status::IntoStatus;
use crate::view_error::ViewError;

/// What a view may return: Flask's return forms (N1).
///
/// | form | becomes |
/// |---|---|
/// | `&'static str`, `String`, `Cow<'static, str>` | 200, `text/html; charset=utf-8` |
/// | `Bytes`, `Vec<u8>`, `&'static [u8]`, byte string literals | the same |
/// | [`Body`]: a stream, an iterator, a push producer | the same, streamed |
/// | [`Body::upgrade`] | 101, without a type |
/// | [`Json`](crate::Json), `serde_json::Value`, maps, lists of values | `application/json`, with a newline at the end |
/// | [`Response`] (another app's response is one, too) | itself; `text/plain; charset=utf-8` where it has content and no type |
/// | `http::Response<B>` with any `http_body::Body` | the same, without the fields of its connection: `Connection: close` becomes a wish to close (S7) |
/// | [`HttpError`] | its page |
/// | `(body, status)`, `(body, headers)`, `(body, status, headers)` | the body's response, changed |
/// | `Result<form, E>` | the form, or what `E` is answered with: it converts into an [`HttpError`], or is an [`Error`] (see [`ViewError`]) |
/// | `Option<form>` | the form, or for `None` a 500 (N2) |
///
/// A status overrides (N3). Headers of a tuple add to those that are there; a field that HTTP allows
/// once (Content-Type, Location, ETag ..) is replaced. An explicit type wins over a default and is
/// never doubled (N5).
///
/// # Examples
///
/// ```
/// use gateway_core::{TryIntoResponse, Json};
///
/// let response = (Json(["a", "b"]), 201, [("x-count", "2")]).try_into_response()?;
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "application/json");
///
/// assert!(("text", 99).try_into_response().is_err());
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[doc(alias = "IntoResponse")]
#[doc(alias = "make_response")]
#[doc(alias = "Responder")]
#[doc(alias = "jsonify")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something a view can return",
    label = "not a return value",
    note = "a view returns text, bytes, a `Body`, `Json(value)`, a `Response`, an `HttpError`, or a `Result` or `Option` of these",
    note = "or a tuple: `(body, status)`, `(body, headers)`, `(body, status, headers)`",
    note = "a view that has nothing to say returns `(\"\", 204)`; `()` is not a response"
)]
pub trait TryIntoResponse {
    /// Converts the value into a response.
    ///
    /// # Errors
    ///
    /// When the value cannot become a response: an invalid status or header in a tuple, a value
    /// that JSON cannot hold, `None`, or the error of a `Result`.
    #[doc(alias = "into_response")]
    fn try_into_response(self) -> Result<Response, Error>;
}

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A response with this Content-Type.
pub(crate) fn typed(body: impl Into<Body>, content_type: HeaderValue) -> Response {
    // A view has dropped its environ by now, whose map is used again.
    let mut headers = take_map();
    headers.insert(header::CONTENT_TYPE, content_type);
    let mut response = Response::new(body.into());
    *response.headers_mut() = headers;
    response
}

macro_rules! html_by_default {
    ($($type:ty),*) => {$(
        impl TryIntoResponse for $type {
            fn try_into_response(self) -> Result<Response, Error> {
                Ok(typed(self, HTML))
            }
        }
    )*};
}

html_by_default!(
    &'static str,
    String,
    Cow<'static, str>,
    Bytes,
    Vec<u8>,
    &'static [u8]
);

impl TryIntoResponse for Body {
    fn try_into_response(self) -> Result<Response, Error> {
        if self.upgrade_protocol().is_some() {
            let mut response = Response::new(self);
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            return Ok(response);
        }
        Ok(typed(self, HTML))
    }
}

impl<const N: usize> TryIntoResponse for &'static [u8; N] {
    fn try_into_response(self) -> Result<Response, Error> {
        Ok(typed(self, HTML))
    }
}

impl<B> TryIntoResponse for http::Response<B>
where
    B: HttpBody + Send + 'static,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    fn try_into_response(self) -> Result<Response, Error> {
        // Another type of body is that of another interface (B6).
        let is_own = TypeId::of::<B>() == TypeId::of::<Body>();
        let ended = if is_own { Body::empty } else { Body::removed };
        let mut response = translate(self, ended);
        let is_typed = response.headers().contains_key(header::CONTENT_TYPE);
        // Content without a type is plain text, as in Werkzeug.
        let has_content =
            !response.body().is_known_empty() && response.body().upgrade_protocol().is_none();
        if !is_typed && has_content {
            response.headers_mut().insert(header::CONTENT_TYPE, PLAIN);
        }
        Ok(response)
    }
}

impl TryIntoResponse for HttpError {
    fn try_into_response(self) -> Result<Response, Error> {
        let (status, headers, page) = self.page();
        self.report();
        let mut response = Response::new(Body::from(page));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if self.closes_connection() {
            response.close_connection();
        }
        Ok(response)
    }
}

impl TryIntoResponse for Infallible {
    fn try_into_response(self) -> Result<Response, Error> {
        match self {}
    }
}

impl<T: TryIntoResponse, E: ViewError> TryIntoResponse for Result<T, E> {
    fn try_into_response(self) -> Result<Response, Error> {
        self.map_err(ViewError::into_error)?.try_into_response()
    }
}

impl<T: TryIntoResponse> TryIntoResponse for Option<T> {
    fn try_into_response(self) -> Result<Response, Error> {
        self.ok_or(NoResponse)?.try_into_response()
    }
}

#[diagnostic::do_not_recommend]
impl<B: TryIntoResponse, P: ModifyResponse> TryIntoResponse for (B, P) {
    fn try_into_response(self) -> Result<Response, Error> {
        let mut response = self.0.try_into_response()?;
        self.1.modify_response(&mut response)?;
        Ok(response)
    }
}

#[diagnostic::do_not_recommend]
impl<B: TryIntoResponse, S: IntoStatus, H: AppendHeaders> TryIntoResponse for (B, S, H) {
    fn try_into_response(self) -> Result<Response, Error> {
        let mut response = self.0.try_into_response()?;
        set_status(&mut response, self.1.into_status()?);
        let mut headers = HeaderMap::new();
        self.2.append_headers(&mut headers)?;
        extend(response.headers_mut(), headers);
        Ok(response)
    }
}

/// A view returned `None` (N2).
#[derive(Debug)]
pub(crate) struct NoResponse;

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the view did not return a valid response: it returned `None`")
    }
}

impl std::error::Error for NoResponse {}
