//! Header pairs as views and apps write them, and what each of them may be (S6 to S9).

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// A collection of response headers: pairs in an array, a slice, a `Vec` or a map, or a
/// [`HeaderMap`].
///
/// Pairs are appended in order: the same name twice gives two lines (S8).
///
/// # Examples
///
/// ```
/// use gateway_core::IntoHeaders;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut headers = http::HeaderMap::new();
/// [("Vary", "Accept"), ("Vary", "Origin")].append_to(&mut headers)?;
/// assert_eq!(headers.get_all("vary").iter().count(), 2);
/// assert!([("X-A", "1\r\nSet-Cookie: evil=1")].append_to(&mut headers).is_err());
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a collection of headers",
    label = "expected headers",
    note = "headers are pairs in an array, a slice, a `Vec` or a map (`[(\"x-name\", \"value\")]`), or a `HeaderMap`"
)]
pub trait IntoHeaders {
    /// Appends the headers to a map.
    ///
    /// # Errors
    ///
    /// On the first name that is no token and the first value that holds a control character
    /// other than HTAB (RFC 9110 section 5.5); what came before it stays in the map.
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError>;
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

/// True if there is white space around the value.
#[inline]
fn is_padded(value: &[u8]) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    is_space(value.first()) || is_space(value.last())
}

/// The value without the white space around it, when it has any.
#[inline]
fn trimmed(value: &[u8]) -> Option<&[u8]> {
    is_padded(value).then(|| trim(value))
}

fn trim(value: &[u8]) -> &[u8] {
    let start = value.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    let end = value.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'));
    match (start, end) {
        (Some(start), Some(end)) => value.get(start..=end).unwrap_or_default(),
        _ => b"",
    }
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

impl<K: IntoHeaderName, V: IntoHeaderValue, const N: usize> IntoHeaders for [(K, V); N] {
    #[inline]
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue> IntoHeaders for Vec<(K, V)> {
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName + Clone, V: IntoHeaderValue + Clone> IntoHeaders for &[(K, V)] {
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self.iter().cloned(), headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue> IntoHeaders for BTreeMap<K, V> {
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl<K: IntoHeaderName, V: IntoHeaderValue, S> IntoHeaders for HashMap<K, V, S> {
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        append_all(self, headers)
    }
}

impl IntoHeaders for HeaderMap {
    fn append_to(self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
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

/// What a response head must not hold, checked where the app hands the head over.
///
/// Returns the declared Content-Length. Values lose the white space around them.
///
/// # Errors
///
/// A hop-by-hop field (S7), a Content-Length that is no number or two that differ (S9).
#[inline]
pub(crate) fn check(headers: &mut HeaderMap) -> Result<Option<u64>, HeaderError> {
    let mut has_length = false;
    let mut has_padding = false;
    for (name, value) in &*headers {
        has_padding |= is_padded(value.as_bytes());
        if !may_be_special(name) {
            continue;
        }
        match *name {
            header::CONTENT_LENGTH => has_length = true,
            header::TRAILER => check_trailer(value)?,
            ref name if is_hop_by_hop(name) => {
                return Err(HeaderError(Kind::HopByHop(name.clone())));
            }
            _ => {}
        }
    }
    if has_padding {
        for (name, value) in headers.iter_mut() {
            *value =
                std::mem::replace(value, HeaderValue::from_static("")).into_header_value(name)?;
        }
    }
    if has_length {
        content_length(headers).map(Some)
    } else {
        Ok(None)
    }
}

/// A quick look that most names do not pass: whether the name is as long as one that
/// [`check`] knows.
#[inline]
fn may_be_special(name: &HeaderName) -> bool {
    // te, trailer and upgrade, connection and keep-alive, content-length, proxy-connection,
    // transfer-encoding.
    matches!(name.as_str().len(), 2 | 7 | 10 | 14 | 16 | 17)
}

/// The one length that all Content-Length lines agree on; they are made one line (S9).
fn content_length(headers: &mut HeaderMap) -> Result<u64, HeaderError> {
    let mut length = None;
    let mut items = 0;
    for value in headers.get_all(header::CONTENT_LENGTH) {
        for item in value.as_bytes().split(|byte| *byte == b',') {
            let item = trimmed(item).unwrap_or(item);
            // RFC 9110 section 8.6: 1*DIGIT, so no sign.
            let number = std::str::from_utf8(item)
                .ok()
                .filter(|item| item.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|item| item.parse::<u64>().ok())
                .ok_or(HeaderError(Kind::ContentLength))?;
            if length.is_some_and(|length| length != number) {
                return Err(HeaderError(Kind::ContentLengths));
            }
            length = Some(number);
            items += 1;
        }
    }
    let length = length.ok_or(HeaderError(Kind::ContentLength))?;
    if items > 1 {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(length)
}

/// Fields that belong to one connection and so to the gateway, not to the app (S7).
///
/// RFC 9110 section 7.6.1. `Proxy-Authenticate` is not among them: an app may be a proxy's.
#[inline]
pub(crate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    match *name {
        header::CONNECTION | header::TE | header::TRANSFER_ENCODING | header::UPGRADE => true,
        ref name => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

/// `Trailer` is the declaration that trailers follow: each name must be one that can (S7).
fn check_trailer(value: &HeaderValue) -> Result<(), HeaderError> {
    let refused = || HeaderError(Kind::Trailer);
    let text = value.to_str().map_err(|_| refused())?;
    for name in text.split(',') {
        let name = HeaderName::from_bytes(name.trim_matches([' ', '\t']).as_bytes())
            .map_err(|_| refused())?;
        if !may_trail(&name) {
            return Err(refused());
        }
    }
    Ok(())
}

/// RFC 9110 section 6.5.1: fields of framing, routing and content handling never trail.
pub(crate) fn may_trail(name: &HeaderName) -> bool {
    !is_hop_by_hop(name)
        && !matches!(
            *name,
            header::CONTENT_LENGTH
                | header::CONTENT_TYPE
                | header::CONTENT_ENCODING
                | header::CONTENT_RANGE
                | header::HOST
                | header::TRAILER
                | header::SET_COOKIE
        )
}

/// A header that a response must not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Name(String),
    Value(HeaderName),
    HopByHop(HeaderName),
    Trailer,
    ContentLength,
    ContentLengths,
    TooMany,
}

impl HeaderError {
    fn name(name: &str) -> Self {
        Self(Kind::Name(name.chars().take(64).collect()))
    }

    pub(crate) fn value(name: &HeaderName) -> Self {
        Self(Kind::Value(name.clone()))
    }

    /// The clause of SPEC.md that the header breaks: `"S6"`, `"S7"` or `"S9"`.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self.0 {
            Kind::Name(_) | Kind::Value(_) | Kind::TooMany => "S6",
            Kind::HopByHop(_) | Kind::Trailer => "S7",
            Kind::ContentLength | Kind::ContentLengths => "S9",
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => write!(f, "{name:?} is not a header name"),
            Kind::Value(name) => write!(
                f,
                "the value of the header {name} holds a control character"
            ),
            Kind::HopByHop(name) => {
                write!(
                    f,
                    "the header {name} belongs to the connection, not to the app"
                )
            }
            Kind::Trailer => {
                f.write_str("the header trailer names a field that cannot be a trailer")
            }
            Kind::ContentLength => f.write_str("the header content-length is not a number"),
            Kind::ContentLengths => f.write_str("two content-length headers differ"),
            Kind::TooMany => f.write_str("more headers than a header map can hold"),
        }
    }
}

impl std::error::Error for HeaderError {}
