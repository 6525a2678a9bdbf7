//! `IntoHeaderValue`: the types that an app may give as a header value.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::HeaderError;
use super::padding::trimmed;

/// A header value: a [`HeaderValue`], text, bytes, or a number.
///
/// White space around a value is not part of it (RFC 9110 section 5.5) and is removed.
///
/// Borrowed text is copied, which is one allocation. `String` and `Bytes` are not copied, nor are
/// the most common values of Content-Type and Cache-Control. For other literals in code that runs
/// for every request, there is [`HeaderValue::from_static`].
///
/// # Examples
///
/// ```
/// use gateway_core::AppendHeaders;
/// use http::{HeaderMap, HeaderValue};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut headers = HeaderMap::new();
/// let tag = format!("\"{}\"", 7);
/// [("etag", tag.as_str()), ("x-kind", "a literal")].append_headers(&mut headers)?;
/// [("x-fast", HeaderValue::from_static("not copied"))].append_headers(&mut headers)?;
/// [("age", 60)].append_headers(&mut headers)?;
/// assert_eq!(headers["etag"], "\"7\"");
/// assert_eq!(headers["age"], "60");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a header value",
    note = "a header value is a `HeaderValue`, text (`&str`, `String`, `Cow<str>`), `Bytes` or a number"
)]
pub trait IntoHeaderValue {
    /// Checks the value of the header called `name`.
    ///
    /// # Errors
    ///
    /// When the value holds a control character other than HTAB. The error names the header and
    /// does not quote the value, which may be a secret.
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError>;
}

impl IntoHeaderValue for HeaderValue {
    #[inline]
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        match trimmed(self.as_bytes()) {
            None => Ok(self),
            Some(text) => HeaderValue::from_bytes(text).map_err(|_| HeaderError::value(name)),
        }
    }
}

impl IntoHeaderValue for &HeaderValue {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        self.clone().into_header_value(name)
    }
}

impl IntoHeaderValue for &str {
    #[inline]
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        if let Some(value) = common(self) {
            return Ok(value);
        }
        let text = trimmed(self.as_bytes()).unwrap_or(self.as_bytes());
        HeaderValue::from_bytes(text).map_err(|_| HeaderError::value(name))
    }
}

impl IntoHeaderValue for &String {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        self.as_str().into_header_value(name)
    }
}

impl IntoHeaderValue for Cow<'_, str> {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        match self {
            Cow::Borrowed(text) => text.into_header_value(name),
            Cow::Owned(text) => text.into_header_value(name),
        }
    }
}

impl IntoHeaderValue for String {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        Bytes::from(self).into_header_value(name)
    }
}

impl IntoHeaderValue for Bytes {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        HeaderValue::from_maybe_shared(self)
            .map_err(|_| HeaderError::value(name))?
            .into_header_value(name)
    }
}

macro_rules! numbers_are_header_values {
    ($($number:ty),*) => {$(
        impl IntoHeaderValue for $number {
            fn into_header_value(self, _: &HeaderName) -> Result<HeaderValue, HeaderError> {
                Ok(HeaderValue::from(self))
            }
        }
    )*};
}

numbers_are_header_values!(i32, i64, u16, u32, u64, usize);

macro_rules! common_values {
    ($($value:literal),* $(,)?) => {
        /// The most common values, which need no copy.
        #[inline]
        fn common(value: &str) -> Option<HeaderValue> {
            match value {
                $($value => Some(HeaderValue::from_static($value)),)*
                _ => None,
            }
        }

        #[cfg(test)]
        const COMMON: &[&str] = &[$($value),*];
    };
}

common_values![
    "text/plain",
    "text/plain; charset=utf-8",
    "text/html",
    "text/html; charset=utf-8",
    "text/css; charset=utf-8",
    "text/event-stream",
    "application/json",
    "application/octet-stream",
    "no-cache",
    "no-store",
];

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn a_common_value_is_the_one_that_was_given() {
        for text in COMMON {
            let value = text.into_header_value(&header::CONTENT_TYPE);
            assert_eq!(value, Ok(HeaderValue::from_static(text)));
        }
    }

    #[test]
    fn s6_text_of_any_life_is_checked_and_loses_the_space_around_it() {
        let local = " a b\t".to_owned();
        let kinds = [
            local.as_str().into_header_value(&header::ETAG),
            (&local).into_header_value(&header::ETAG),
            Cow::from(local.as_str()).into_header_value(&header::ETAG),
            Cow::<str>::from(local.clone()).into_header_value(&header::ETAG),
            local.clone().into_header_value(&header::ETAG),
        ];
        for value in kinds {
            assert_eq!(value, Ok(HeaderValue::from_static("a b")));
        }
        assert!("a\r\nb".into_header_value(&header::ETAG).is_err());
    }
}
