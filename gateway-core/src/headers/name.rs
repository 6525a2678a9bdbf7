//! `IntoHeaderName`: the types that an app may give as a header name.

use std::borrow::Cow;

use http::HeaderName;

use super::HeaderError;

/// A header name: a [`HeaderName`], or text in any case.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a header name",
    note = "a header name is a `HeaderName`, a `&str` or a `String`"
)]
pub trait IntoHeaderName {
    /// Checks the name.
    ///
    /// # Errors
    ///
    /// When the text is not a token (RFC 9110 section 5.6.2).
    fn into_header_name(self) -> Result<HeaderName, HeaderError>;
}

impl IntoHeaderName for HeaderName {
    #[inline]
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        Ok(self)
    }
}

impl IntoHeaderName for &HeaderName {
    #[inline]
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        Ok(self.clone())
    }
}

impl IntoHeaderName for &str {
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        HeaderName::from_bytes(self.as_bytes()).map_err(|_| HeaderError::name(self))
    }
}

impl IntoHeaderName for String {
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        self.as_str().into_header_name()
    }
}

impl IntoHeaderName for &String {
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        self.as_str().into_header_name()
    }
}

impl IntoHeaderName for Cow<'_, str> {
    fn into_header_name(self) -> Result<HeaderName, HeaderError> {
        self.as_ref().into_header_name()
    }
}
