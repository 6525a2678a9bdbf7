//! `HttpError`: an error with a status and a page, which is also a return value and an app.

mod codes;
mod page;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::error::BoxError;
use crate::headers::{AppendHeaders, HeaderError, strip_connection_fields};
use crate::log::{self, Chain};
#[cfg(feature = "cookies")]
use crate::response::CookieError;
use crate::response::closes_connection;
use crate::status::{IntoStatus, StatusError};

/// An error that has a status and a page: Werkzeug's `HTTPException`.
///
/// It is an error (`return Err(HttpError::not_found().into())`, or `?`), a return value and an app.
/// All three give the same response (N6). The client sees the name and the description of the
/// code, or the [`description`](Self::with_description) set here, escaped once. The private cause
/// belongs in the [source](Self::with_source), which is never sent. It is logged: that of a 5xx at the level
/// ERROR, and any other at DEBUG, because a client can cause a 4xx at will.
///
/// # Examples
///
/// ```
/// use gateway_core::{Environ, HttpError, TryIntoResponse};
///
/// async fn item(environ: Environ) -> Result<String, HttpError> {
///     let id = environ.query_string().parse::<u32>()
///         .map_err(|error| HttpError::bad_request().with_description("id?").with_source(error))?;
///     if id > 9 {
///         return Err(HttpError::not_found());
///     }
///     Ok(format!("item {id}"))
/// }
///
/// let response = HttpError::not_found().try_into_response()?;
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[doc(alias = "HTTPException")]
#[doc(alias = "abort")]
#[doc(alias = "request_entity_too_large")]
#[doc(alias = "request_uri_too_large")]
#[doc(alias = "requested_range_not_satisfiable")]
pub struct HttpError(Box<Inner>);

struct Inner {
    status: StatusCode,
    description: Option<String>,
    source: Option<BoxError>,
    /// What few errors have, so that the others are small.
    more: Option<Box<More>>,
    /// The connection closes after the response.
    close_connection: bool,
}

#[derive(Default)]
struct More {
    headers: HeaderMap,
    /// A response of its own, instead of the page.
    response: Option<http::Response<Bytes>>,
}

static NO_HEADERS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);

impl HttpError {
    /// The error of a status; the common ones have constructors named after them.
    ///
    /// - A status of 400 or more is the status of the error.
    /// - Any other value gives a 500, because this is an error: a status below 400, a number
    ///   outside 200 to 999, a text without a number. The source of the error names the value,
    ///   and is logged at ERROR. Nothing panics.
    ///
    /// For a response that is not an error, such as a redirect, there is
    /// [`from_response`](Self::from_response).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error;
    /// use gateway_core::HttpError;
    ///
    /// assert_eq!(HttpError::new(404).status(), 404);
    ///
    /// let error = HttpError::new(200);
    /// assert_eq!(error.status(), 500);
    /// assert!(error.source().is_some_and(|source| source.to_string().contains("200")));
    /// ```
    #[must_use]
    pub fn new(status: impl IntoStatus) -> Self {
        let (status, source) = match status.into_status() {
            Ok(status) if status.as_u16() >= 400 => (status, None),
            Ok(status) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Some(BoxError::from(NotAnError(status))),
            ),
            Err(error) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Some(BoxError::from(error)),
            ),
        };
        Self(Box::new(Inner {
            status,
            description: None,
            source,
            more: None,
            close_connection: false,
        }))
    }

    /// An error that is answered with a response of its own, of any final status, such as a
    /// redirect that ends a view early. Werkzeug's `abort(response)`.
    ///
    /// Its body is buffered, because an error may be used more than once. The headers set by
    /// [`with_headers`](Self::with_headers) are added to those of the response. A status that is
    /// not final (1xx) makes a 500, as in [`new`](Self::new). The fields of a connection are
    /// stripped, and `Connection: close` closes the connection after the response (S7).
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use gateway_core::{HttpError, TryIntoResponse};
    ///
    /// fn log_in() -> Result<HttpError, http::Error> {
    ///     let response = http::Response::builder().status(303).header("location", "/login");
    ///     Ok(HttpError::from_response(response.body(Bytes::new())?))
    /// }
    ///
    /// let response = log_in()?.try_into_response()?;
    /// assert_eq!(response.status(), 303);
    /// assert_eq!(response.headers()["location"], "/login");
    /// # Ok::<(), gateway_core::Error>(())
    /// ```
    #[must_use]
    #[doc(alias = "with_response")]
    pub fn from_response(mut response: http::Response<Bytes>) -> Self {
        // S5: a status that is not final is refused here as well.
        if response.status().is_informational() {
            return Self::new(response.status());
        }
        let close_connection = strip_connection_fields(response.headers_mut())
            || closes_connection(response.extensions());
        Self(Box::new(Inner {
            status: response.status(),
            description: None,
            source: None,
            more: Some(Box::new(More {
                headers: HeaderMap::new(),
                response: Some(response),
            })),
            close_connection,
        }))
    }

    /// Sets the text that the client sees instead of the code's own; line ends become `<br>`.
    #[doc(alias = "description")]
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.0.description = Some(description.into());
        self
    }

    /// Sets the page that the client sees instead of the HTML page: bytes, and their Content-Type.
    /// Status, headers and cause stay. A page that was set before, or given to
    /// [`from_response`](Self::from_response), is replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{HttpError, TryIntoResponse};
    /// use http::HeaderValue;
    ///
    /// let text = HeaderValue::from_static("text/plain");
    /// let error = HttpError::not_found().with_page(text, "no such order\n");
    /// let response = error.try_into_response()?;
    /// assert_eq!(response.status(), 404);
    /// assert_eq!(response.headers()["content-type"], "text/plain");
    /// # Ok::<(), gateway_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_page(mut self, content_type: HeaderValue, page: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(page.into());
        *response.status_mut() = self.0.status;
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        let more = self.more_mut();
        // They would be added to those of the page, but describe another page.
        more.headers.remove(header::CONTENT_TYPE);
        more.headers.remove(header::CONTENT_LENGTH);
        more.response = Some(response);
        self
    }

    /// Sets the private cause, which is logged and never sent (N6).
    ///
    /// The level of the log line follows the status: ERROR for a 5xx, and DEBUG for any other. So what is wrong
    /// with a client's request shows in a log that prints DEBUG of the target `gateway`.
    #[doc(alias = "source")]
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds headers to the response, such as `Retry-After`, or one `WWW-Authenticate` per line.
    ///
    /// # Errors
    ///
    /// When a name or value is malformed (S6).
    #[doc(alias = "headers")]
    pub fn with_headers(mut self, headers: impl AppendHeaders) -> Result<Self, HeaderError> {
        headers.append_headers(&mut self.more_mut().headers)?;
        Ok(self)
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The name of the code: `Not Found`.
    #[must_use]
    pub fn name(&self) -> &str {
        codes::entry(self.0.status).map_or_else(
            || self.0.status.canonical_reason().unwrap_or("Unknown Error"),
            |entry| entry.name,
        )
    }

    /// The text that the client sees.
    #[doc(alias = "public_description")]
    #[must_use]
    pub fn description(&self) -> &str {
        match &self.0.description {
            Some(description) => description,
            None => codes::entry(self.0.status).map_or("", |entry| entry.description),
        }
    }

    /// The extra headers of the response.
    #[doc(alias = "header_map")]
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        match &self.0.more {
            Some(more) => &more.headers,
            None => &NO_HEADERS,
        }
    }

    /// The response that was given to [`from_response`](Self::from_response) or made by
    /// [`with_page`](Self::with_page).
    #[must_use]
    pub fn response(&self) -> Option<&http::Response<Bytes>> {
        self.0.more.as_ref()?.response.as_ref()
    }

    fn more_mut(&mut self) -> &mut More {
        self.0.more.get_or_insert_default()
    }

    /// True if the response that was given to [`from_response`](Self::from_response) asked for the
    /// connection to be closed (S7).
    pub(crate) fn closes_connection(&self) -> bool {
        self.0.close_connection
    }

    /// True if it has a private cause, which is logged.
    pub(crate) fn has_cause(&self) -> bool {
        self.0.source.is_some()
    }

    /// Logs the private cause, in the same way for a returned, a raised and a mounted error (N6).
    pub(crate) fn report(&self) {
        let Some(source) = self.0.source.as_deref() else {
            return;
        };
        if self.status().is_server_error() {
            log::error("N6", &self.to_string(), &Chain(source));
        } else {
            log::debug("N6", &self.to_string(), &Chain(source));
        }
    }
}

/// Ends a view early with an HTTP error: `abort(404, "no such item")?`.
///
/// # Errors
///
/// Always, so that `?` leaves the view.
///
/// # Examples
///
/// ```
/// use gateway_core::{HttpError, abort};
///
/// fn view(found: bool) -> Result<&'static str, HttpError> {
///     if !found {
///         abort(404, "no such item")?;
///     }
///     Ok("here it is")
/// }
///
/// assert_eq!(view(false).map_err(|error| error.status().as_u16()).err(), Some(404));
/// ```
pub fn abort(
    status: impl IntoStatus,
    description: impl Into<String>,
) -> Result<Infallible, HttpError> {
    Err(HttpError::new(status).with_description(description))
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.name())
    }
}

impl fmt::Debug for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpError")
            .field("status", &self.0.status)
            .field("description", &self.0.description)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<StatusError> for HttpError {
    fn from(error: StatusError) -> Self {
        Self::internal_server_error().with_source(error)
    }
}

/// A 500, because the app made the header. An app that copied a client's text into it maps the
/// error itself.
impl From<HeaderError> for HttpError {
    fn from(error: HeaderError) -> Self {
        Self::internal_server_error().with_source(error)
    }
}

/// A 500, because the app made the cookie. An app that copied a client's text into it maps the
/// error itself.
#[cfg(feature = "cookies")]
impl From<CookieError> for HttpError {
    fn from(error: CookieError) -> Self {
        Self::internal_server_error().with_source(error)
    }
}

impl From<Infallible> for HttpError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[derive(Debug)]
struct NotAnError(StatusCode);

impl fmt::Display for NotAnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an HTTP error was made with the status {}, which is not an error status",
            self.0.as_u16()
        )
    }
}

impl StdError for NotAnError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_table_makes_its_own_page() {
        for code in codes::CODES {
            let error = HttpError::new(*code);
            assert_eq!(error.status().as_u16(), *code);
            assert!(!error.description().is_empty(), "{code} has no description");
        }
    }

    #[test]
    fn what_is_no_error_is_a_500_that_says_so() {
        for status in [200, 304, 100, 99, 1000] {
            let error = HttpError::new(status);
            assert_eq!(error.status(), 500, "{status}");
            assert!(error.source().is_some(), "{status}");
        }
    }

    #[test]
    fn descriptions_are_escaped_once() {
        let (_, _, page) = HttpError::not_found()
            .with_description("<a href='x'> & \"b\"\n")
            .page();
        let page = String::from_utf8(page.into()).unwrap();
        assert!(
            page.contains("<p>&lt;a href=&#39;x&#39;&gt; &amp; &#34;b&#34;<br></p>"),
            "{page}"
        );
    }

    #[test]
    fn n6_an_own_response_is_the_answer_each_time() {
        let response = http::Response::builder()
            .status(303)
            .header("location", "/login")
            .body(Bytes::from_static(b"this way"))
            .unwrap();
        let error = HttpError::from_response(response)
            .with_headers([("location", "/enter"), ("x-more", "1")])
            .unwrap();
        for _ in 0..2 {
            let (status, headers, page) = error.page();
            assert_eq!(status, 303);
            // N3: Location is a field that HTTP allows once.
            assert_eq!(headers["location"], "/enter");
            assert_eq!(headers.get_all("location").iter().count(), 1);
            assert_eq!(headers["x-more"], "1");
            assert_eq!(page, "this way");
        }
        assert_eq!(error.status(), 303);
    }

    #[test]
    fn n6_a_page_keeps_the_headers_and_the_cause() {
        let headers = [
            ("allow", "GET"),
            ("content-type", "text/x"),
            ("content-length", "1"),
        ];
        let error = HttpError::method_not_allowed()
            .with_headers(headers)
            .unwrap()
            .with_source("why")
            .with_page(HeaderValue::from_static("text/plain"), "no");
        assert!(error.source().is_some());
        let (status, headers, page) = error.page();
        assert_eq!((status.as_u16(), &*page), (405, &b"no"[..]));
        assert_eq!(headers["allow"], "GET");
        assert_eq!(headers["content-type"], "text/plain");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn s5_an_own_response_that_is_not_final_is_a_500() {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = StatusCode::EARLY_HINTS;
        let error = HttpError::from_response(response);
        assert_eq!(error.status(), 500);
        assert!(error.response().is_none());
    }
}
