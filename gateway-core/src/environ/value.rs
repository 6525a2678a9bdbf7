//! `EnvValue`: the bytes of an environ variable or header, with comparisons to text.

use std::borrow::Cow;
use std::fmt;

/// The value of an environ variable or of a request header: bytes, most often text.
///
/// HTTP does not promise UTF-8 in a decoded path or in a header, so the bytes are kept as they are
/// (E4). [`to_str`](Self::to_str) and [`as_bytes`](Self::as_bytes) read them. A value
/// compares with text and bytes, and prints as text with U+FFFD for what is not UTF-8.
///
/// A value borrows the environ that it was asked of. While it is used, nothing can change the environ or take its
/// input. `to_string()` copies it as text, and [`into_bytes`](Self::into_bytes)`().into_owned()` as bytes.
///
/// # Examples
///
/// ```
/// use gateway_core::{EnvValue, Environ};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let environ = Environ::from_request(http::Request::get("/caf%C3%A9/%FF").body(())?);
/// assert_eq!(environ.path_info(), b"/caf\xC3\xA9/\xFF");
/// assert_eq!(environ.path_info().to_str(), None);
/// assert_eq!(environ.path_info().to_string(), "/café/\u{FFFD}");
/// # Ok(())
/// # }
/// ```
///
/// A copy leaves the environ free:
///
/// ```
/// use gateway_core::{Environ, HttpError};
///
/// async fn save(mut environ: Environ) -> Result<String, HttpError> {
///     // `let name = environ.path_info();` would still borrow the environ in the next line.
///     let name = environ.path_info().to_string();
///     let text = environ.take_input().text(1024).await?;
///     Ok(format!("{name}: {text}"))
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
///
/// let request = http::Request::post("/note").body("tea")?;
/// assert_eq!(save(Environ::from_request(request)).await?, "/note: tea");
///
/// let environ = Environ::from_request(http::Request::get("/%FF").body(())?);
/// let bytes: Vec<u8> = environ.path_info().into_bytes().into_owned();
/// drop(environ);
/// assert_eq!(bytes, b"/\xFF");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvValue<'a>(Cow<'a, [u8]>);

impl<'a> EnvValue<'a> {
    pub(crate) fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self(match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value as text, if it is UTF-8.
    #[must_use]
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if the value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if the value begins with the text or bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let environ = Environ::from_request(http::Request::get("/private/x").body(())?);
    /// assert!(environ.path_info().starts_with("/private"));
    /// assert!(environ.path_info().ends_with(b"/x"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn starts_with(&self, prefix: impl AsRef<[u8]>) -> bool {
        self.0.starts_with(prefix.as_ref())
    }

    /// True if the value ends with the text or bytes.
    #[must_use]
    pub fn ends_with(&self, suffix: impl AsRef<[u8]>) -> bool {
        self.0.ends_with(suffix.as_ref())
    }

    /// The bytes, borrowed from the environ unless they had to be decoded or joined.
    #[must_use]
    pub fn into_bytes(self) -> Cow<'a, [u8]> {
        self.0
    }
}

impl AsRef<[u8]> for EnvValue<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> From<Cow<'a, [u8]>> for EnvValue<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        Self(bytes)
    }
}

impl PartialEq<str> for EnvValue<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for EnvValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for EnvValue<'_> {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl PartialEq<[u8]> for EnvValue<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&[u8]> for EnvValue<'_> {
    fn eq(&self, other: &&[u8]) -> bool {
        *self == **other
    }
}

impl<const N: usize> PartialEq<[u8; N]> for EnvValue<'_> {
    fn eq(&self, other: &[u8; N]) -> bool {
        *self == other[..]
    }
}

impl<const N: usize> PartialEq<&[u8; N]> for EnvValue<'_> {
    fn eq(&self, other: &&[u8; N]) -> bool {
        *self.0 == other[..]
    }
}

impl fmt::Display for EnvValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for EnvValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
