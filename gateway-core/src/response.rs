//! Responses as values.

#[cfg(feature = "cookies")]
mod cookies;

use http::{HeaderValue, header};

use crate::body::Body;
use crate::headers::{HeaderError, IntoHeaderValue};

#[cfg(feature = "cookies")]
pub use cookies::CookieError;

/// A response as a value: `http`'s own type with our body.
///
/// [`ResponseExt`] adds Flask's conveniences.
pub type Response = http::Response<Body>;

/// In the extensions of a [`Response`]: the connection closes after it.
///
/// [`AppExt::respond`](crate::AppExt::respond) leaves it there for an app that called
/// [`StartResponse::close_connection`](crate::StartResponse::close_connection), and
/// [`StartResponse::send`](crate::StartResponse::send) acts on it: a middleware that passes the
/// response on need not know of it (M1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CloseConnection;

/// What Flask's response objects can do, for [`Response`]. It is implemented for that type only.
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
pub trait ResponseExt: sealed::Response {
    /// Adds a `Set-Cookie` line. A cookie without a path gets `Path=/`, as Flask's do.
    ///
    /// A value cannot hold a space, a quote, a comma, a semicolon, a backslash or anything outside
    /// ASCII; it is not quoted, as Werkzeug would. Text of a client is percent-encoded before, or the
    /// error is made a 400: passed on with `?`, it is a 500.
    ///
    /// # Errors
    ///
    /// When the name is no token, or the value, the path or the domain holds what a cookie cannot
    /// carry (RFC 6265 section 4.1.1); nothing is added then (N7).
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
}

/// Keeps [`ResponseExt`] open for more methods: nobody else can implement it.
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
