//! `IntoHeaders`: the collections of headers that apps and views may give, and the checks of each
//! name and value (S6 to S9).

mod check;
mod connection;
mod error;
mod name;
mod padding;
mod value;

use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

pub(crate) use check::{check, may_trail};
pub use connection::strip_connection_fields;
pub use error::HeaderError;
use error::Kind;
pub use name::IntoHeaderName;
pub use value::IntoHeaderValue;

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
#[doc(alias = "IntoHeaders")]
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
    /// On the first name that is not a token, and the first value that holds a control character
    /// other than HTAB (RFC 9110 section 5.5). The headers before it stay in the map.
    #[doc(alias = "append_to")]
    fn append_headers(self, headers: &mut HeaderMap) -> Result<(), HeaderError>;
}

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
        .map_err(|_| HeaderError::new(Kind::TooMany))?;
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
