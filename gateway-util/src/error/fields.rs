//! `HttpErrorFields`: sets the headers that belong to an error of some status (N6).

use std::error::Error as StdError;

use gateway_core::{HeaderError, HttpError, IntoHeaderValue};
use http::{HeaderName, HeaderValue, Method, header};

use super::RetryAfter;

/// The headers that belong to an [`HttpError`] of some status.
///
/// # Examples
///
/// ```
/// use gateway_core::HttpError;
/// use gateway_util::HttpErrorFields;
/// use http::Method;
///
/// let error = HttpError::method_not_allowed().allow([Method::GET, Method::PUT]);
/// assert_eq!(error.headers()["allow"], "GET, PUT");
///
/// let error = HttpError::unauthorized()
///     .www_authenticate("Basic realm=\"shop\"")?
///     .www_authenticate("Bearer")?;
/// assert_eq!(error.headers().get_all("www-authenticate").iter().count(), 2);
///
/// let error = HttpError::range_not_satisfiable().content_range(10);
/// assert_eq!(error.headers()["content-range"], "bytes */10");
/// # Ok::<(), gateway_core::Error>(())
/// ```
pub trait HttpErrorFields: Sized + sealed::Sealed {
    /// `Allow` of a 405: the methods that the resource has.
    #[must_use]
    fn allow(self, methods: impl IntoIterator<Item = Method>) -> Self;

    /// `Retry-After` of a 429 or 503: seconds, a `Duration` or a date.
    #[must_use]
    fn retry_after(self, after: impl Into<RetryAfter>) -> Self;

    /// One more challenge of a 401, on its own line (S8).
    ///
    /// # Errors
    ///
    /// When it holds a control character (S6).
    fn www_authenticate(self, challenge: impl IntoHeaderValue) -> Result<Self, HeaderError>;

    /// `Content-Range` of a 416: the length of the representation.
    #[must_use]
    fn content_range(self, complete_length: u64) -> Self;

    /// Tells the client why a body, a query or a form does not have the expected shape: the text
    /// of serde's error becomes the description. Without this it is only logged, at DEBUG, because it names
    /// fields and types of the app. An error of another kind stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::HttpError;
    /// use gateway_util::{HttpErrorFields, Pairs};
    ///
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Page {
    ///     number: u32,
    /// }
    ///
    /// fn page(query: &[u8]) -> Result<u32, HttpError> {
    ///     let page: Page = Pairs::from_urlencoded(query).deserialize().map_err(HttpError::explained)?;
    ///     Ok(page.number)
    /// }
    ///
    /// assert_eq!(page(b"").unwrap_err().description(), "missing field `number`");
    /// ```
    #[must_use]
    fn explained(self) -> Self;
}

impl HttpErrorFields for HttpError {
    fn allow(self, methods: impl IntoIterator<Item = Method>) -> Self {
        let mut text = String::new();
        for method in methods {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(method.as_str());
        }
        with(self, header::ALLOW, HeaderValue::try_from(text).ok())
    }

    fn retry_after(self, after: impl Into<RetryAfter>) -> Self {
        with(self, header::RETRY_AFTER, Some(after.into().header_value()))
    }

    fn www_authenticate(self, challenge: impl IntoHeaderValue) -> Result<Self, HeaderError> {
        let value = challenge.into_header_value(&header::WWW_AUTHENTICATE)?;
        self.with_headers([(header::WWW_AUTHENTICATE, value)])
    }

    fn content_range(self, complete_length: u64) -> Self {
        let value = HeaderValue::try_from(format!("bytes */{complete_length}"));
        with(self, header::CONTENT_RANGE, value.ok())
    }

    fn explained(self) -> Self {
        let Some(source) = self.source() else {
            return self;
        };
        if !is_of_shape(source) {
            return self;
        }
        let text = source.to_string();
        self.with_description(text)
    }
}

/// True for an error that says why a body or a query does not fit a type.
#[cfg_attr(
    not(any(feature = "forms", feature = "json")),
    expect(unused_variables, reason = "nothing here reads into a type then")
)]
fn is_of_shape(source: &(dyn StdError + 'static)) -> bool {
    #[cfg(feature = "json")]
    if source.is::<serde_json::Error>() {
        return true;
    }
    #[cfg(feature = "forms")]
    if source.is::<serde_html_form::de::Error>() {
        return true;
    }
    false
}

/// Adds a value that is always valid: methods are tokens, dates and numbers are plain.
fn with(error: HttpError, name: HeaderName, value: Option<HeaderValue>) -> HttpError {
    match value.map(|value| error.with_headers([(name, value)])) {
        Some(Ok(error)) => error,
        Some(Err(refused)) => HttpError::internal_server_error().with_source(refused),
        None => HttpError::internal_server_error(),
    }
}

/// Seals [`HttpErrorFields`], so that methods can be added to it.
mod sealed {
    pub trait Sealed {}

    impl Sealed for gateway_core::HttpError {}
}
