//! `Response`, which is the response of `http` with a `Body`, and `ResponseExt`, which adds methods
//! to it.

#[cfg(feature = "cookies")]
mod cookies;

use bytes::Buf;
use http::{Extensions, HeaderValue, header};
use http_body::Body as HttpBody;

use crate::body::Body;
use crate::error::BoxError;
use crate::headers::{HeaderError, IntoHeaderValue, strip_connection_fields};

#[cfg(feature = "cookies")]
pub use cookies::CookieError;

/// A response as a value: the type of `http`, with a [`Body`].
///
/// [`ResponseExt`] adds the conveniences of Flask.
pub type Response = http::Response<Body>;

/// In the extensions of a [`Response`]: the connection closes after this response.
#[derive(Debug, Clone, Copy)]
struct CloseConnection;

/// Converts a response that was made for another interface: the body keeps its trailers, the fields of
/// one connection are stripped, and `Connection: close` becomes
/// [`close_connection`](ResponseExt::close_connection) (S7). For bridges; a view may return such a
/// response as it is.
///
/// An empty body tells nothing of the length that a response to GET would have, because other interfaces
/// let a handler remove the body of a response to HEAD (B6): there, only a Content-Length does.
///
/// # Examples
///
/// ```
/// use gateway_core::{ResponseExt, translate_response};
///
/// let foreign = http::Response::builder()
///     .header("connection", "close")
///     .header("x-kept", "1")
///     .body("text".to_owned())?;
/// let response = translate_response(foreign);
/// assert!(response.closes_connection());
/// assert!(!response.headers().contains_key("connection"));
/// assert_eq!(response.headers()["x-kept"], "1");
/// # Ok::<(), http::Error>(())
/// ```
pub fn translate_response<B>(response: http::Response<B>) -> Response
where
    B: HttpBody + Send + 'static,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    translate(response, Body::removed)
}

/// As [`translate_response`], with what stands for a body that has ended.
pub(crate) fn translate<B>(response: http::Response<B>, ended: fn() -> Body) -> Response
where
    B: HttpBody + Send + 'static,
    B::Data: Buf,
    B::Error: Into<BoxError>,
{
    let mut response = response.map(|body| {
        // A body that has ended need not be boxed.
        if body.is_end_stream() {
            ended()
        } else {
            Body::new(body)
        }
    });
    if strip_connection_fields(response.headers_mut()) {
        response.close_connection();
    }
    response
}

/// True if [`ResponseExt::close_connection`] was called, even if the body was replaced since.
pub(crate) fn closes_connection(extensions: &Extensions) -> bool {
    extensions.get::<CloseConnection>().is_some()
}

/// What Flask's response objects can do, for [`Response`].
///
/// # Examples
///
/// ```
/// use gateway_core::{TryIntoResponse, ResponseExt};
///
/// let mut response = ("Hello world!\n", [("x-my-header", "foo")]).try_into_response()?;
/// response.set_mimetype("text/plain")?;
/// assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
/// # Ok::<(), gateway_core::Error>(())
/// ```
///
/// The trait is sealed: only [`Response`] implements it.
pub trait ResponseExt: sealed::Response {
    /// Adds a `Set-Cookie` line. A cookie without a path gets `Path=/`, as Flask's do.
    ///
    /// A value must not hold a space, a quote, a comma, a semicolon, a backslash or anything
    /// outside ASCII. It is not quoted, as Werkzeug would do. Percent-encode text of a client
    /// first, or turn the error into a 400: passed on with `?`, it is a 500, also as an
    /// [`HttpError`](crate::HttpError).
    ///
    /// # Errors
    ///
    /// When the name is not a token, or the value, the path or the domain holds what a cookie
    /// cannot carry (RFC 6265 section 4.1.1). Nothing is added then (N7).
    #[cfg(feature = "cookies")]
    fn set_cookie<'c>(
        &mut self,
        cookie: impl Into<cookie::Cookie<'c>>,
    ) -> Result<&mut Self, CookieError> {
        let value = cookies::header_value(cookie.into())?;
        self.header_map().append(header::SET_COOKIE, value);
        Ok(self)
    }

    /// Sets the Content-Type from a mimetype; text types get `; charset=utf-8`.
    ///
    /// # Errors
    ///
    /// When it holds a control character (S6).
    fn set_mimetype(&mut self, mimetype: impl Into<String>) -> Result<&mut Self, HeaderError>;

    /// Adds a callback for the end of the response: [`Body::on_close`].
    #[doc(alias = "call_on_close")]
    #[must_use]
    fn on_close(self, callback: impl FnOnce() + Send + 'static) -> Self;

    /// Closes the connection after this response, if the protocol can (HTTP/1). The header
    /// `Connection` itself belongs to the gateway (S7).
    ///
    /// [`StartResponse::send`](crate::StartResponse::send) and the return value of a view act on
    /// it. It is stored in the extensions of the response, so a middleware that passes the
    /// response on need not know of it (M1).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{ResponseExt, TryIntoResponse};
    ///
    /// let mut response = ("Goodbye!", 503).try_into_response()?;
    /// assert!(!response.closes_connection());
    /// response.close_connection();
    /// assert!(response.closes_connection());
    /// # Ok::<(), gateway_core::Error>(())
    /// ```
    #[doc(alias = "CloseConnection")]
    fn close_connection(&mut self) -> &mut Self;

    /// True if the connection closes after this response:
    /// [`close_connection`](Self::close_connection) was called on it, or the app that
    /// [`AppExt::respond`](crate::AppExt::respond) ran called
    /// [`StartResponse::close_connection`](crate::StartResponse::close_connection).
    #[must_use]
    fn closes_connection(&self) -> bool;
}

impl ResponseExt for Response {
    fn set_mimetype(&mut self, mimetype: impl Into<String>) -> Result<&mut Self, HeaderError> {
        let mut content_type = mimetype.into();
        let is_text = content_type.starts_with("text/")
            || matches!(&*content_type, "application/xml" | "application/javascript")
            || (content_type.starts_with("application/") && content_type.ends_with("+xml"));
        if is_text && !content_type.contains(';') {
            content_type.push_str("; charset=utf-8");
        }
        let value: HeaderValue = content_type.into_header_value(&header::CONTENT_TYPE)?;
        self.headers_mut().insert(header::CONTENT_TYPE, value);
        Ok(self)
    }

    fn on_close(self, callback: impl FnOnce() + Send + 'static) -> Self {
        self.map(|body| body.on_close(callback))
    }

    fn close_connection(&mut self) -> &mut Self {
        self.extensions_mut().insert(CloseConnection);
        self
    }

    fn closes_connection(&self) -> bool {
        closes_connection(self.extensions())
    }
}

/// Seals [`ResponseExt`], so that methods can be added to it.
mod sealed {
    pub trait Response {
        fn header_map(&mut self) -> &mut http::HeaderMap;
    }

    impl Response for super::Response {
        fn header_map(&mut self) -> &mut http::HeaderMap {
            self.headers_mut()
        }
    }
}
