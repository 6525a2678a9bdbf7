//! Header pairs as views and apps write them, and what each of them may be (S6 to S9).

mod check;
mod error;
mod padding;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use check::{check, may_trail};
pub use error::HeaderError;
use error::Kind;
use padding::trimmed;

/// A collection of response headers: pairs in an array, a slice, a `Vec` or a map, or a
/// [`HeaderMap`].
///
/// Pairs are appended in order: the same name twice gives two lines (S8).
///
/// # Examples
///
/// ```
/// use gateway_core::AppendHeaders;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut headers = http::HeaderMap::new();
/// [("Vary", "Accept"), ("Vary", "Origin")].append_headers(&mut headers)?;
/// assert_eq!(headers.get_all("vary").iter().count(), 2);
/// assert!([("X-A", "1\r\nSet-Cookie: evil=1")].append_headers(&mut headers).is_err());
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a collection of headers",
    label = "expected headers",
    note = "headers are pairs in an array, a slice, a `Vec` or a map (`[(\"x-name\", \"value\")]`), or a `HeaderMap`"
)]
pub trait AppendHeaders {
    /// Appends the headers to a map.
    ///
    /// # Errors
    ///
    /// On the first name that is no token and the first value that holds a control character
    /// other than HTAB (RFC 9110 section 5.5); what came before it stays in the map.
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError>;
}

/// A header name: a [`HeaderName`], or text in any case.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a header name",
    note = "a header name is a `HeaderName`, a string literal or a `String`"
)]
pub trait IntoHeaderName {
    /// Checks the name.
    ///
    /// # Errors
    ///
    /// When the text is not a token of RFC 9110 section 5.6.2.
    fn into_header_name(self) -> Result<HeaderName, HeaderError>;
}

/// A header value: a [`HeaderValue`], text, bytes, or a number.
///
/// Text literals are not copied. White space around a value is not part of it
/// (RFC 9110 section 5.5) and is taken off.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a header value",
    note = "a header value is a `HeaderValue`, a string literal, a `String`, `Bytes` or an unsigned number"
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

impl IntoHeaderValue for HeaderValue {
    #[inline]
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        match trimmed(self.as_bytes()) {
            None => Ok(self),
            Some(text) => HeaderValue::from_bytes(text).map_err(|_| HeaderError::value(name)),
        }
    }
}

impl IntoHeaderValue for &'static str {
    fn into_header_value(self, name: &HeaderName) -> Result<HeaderValue, HeaderError> {
        Bytes::from_static(self.as_bytes()).into_header_value(name)
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

#[inline]
fn append<K, V>(headers: &mut HeaderMap, name: K, value: V) -> Result<(), HeaderError>
where
    K: IntoHeaderName,
    V: IntoHeaderValue,
{
    let name = name.into_header_name()?;
    let value = value.into_header_value(&name)?;
    headers
        .try_append(name, value)
        .map_err(|_| HeaderError(Kind::TooMany))?;
    Ok(())
}

#[inline]
fn append_all<K, V>(
    pairs: impl IntoIterator<Item = (K, V)>,
    headers: &mut HeaderMap,
) -> Result<(), HeaderError>
where
    K: IntoHeaderName,
    V: IntoHeaderValue,
{
    pairs
        .into_iter()
        .try_for_each(|(name, value)| append(headers, name, value))
}

impl<K: IntoHeaderName, V: IntoHeaderValue, const N: usize> AppendHeaders for [(K, V); N] {
    #[inline]
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue> AppendHeaders for Vec<(K, V)> {
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName + Clone, V: IntoHeaderValue + Clone> AppendHeaders for &[(K, V)] {
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self.iter().cloned(), headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue> AppendHeaders for BTreeMap<K, V> {
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue, S> AppendHeaders for HashMap<K, V, S> {
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl AppendHeaders for HeaderMap {
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        if headers.is_empty() {
            *headers = self;
            return Ok(());
        }
        let mut name = None;
        for (next, value) in self {
            name = next.or(name);
            if let Some(name) = &name {
                append(headers, name, value)?;
            }
        }
        Ok(())
    }
}
