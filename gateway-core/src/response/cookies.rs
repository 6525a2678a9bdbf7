//! `Set-Cookie` lines.

use std::fmt;

use cookie::Cookie;
use http::{HeaderName, HeaderValue};

/// The value of the `Set-Cookie` line for a cookie.
pub(super) fn header_value(mut cookie: Cookie<'_>) -> Result<HeaderValue, CookieError> {
    if HeaderName::from_bytes(cookie.name().as_bytes()).is_err() {
        return Err(CookieError("name"));
    }
    // A value in double quotes is allowed; what is quoted follows the same grammar.
    let value = cookie.value();
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    if !inner.bytes().all(is_cookie_octet) {
        return Err(CookieError("value"));
    }
    if cookie.path().is_none() {
        cookie.set_path("/");
    }
    let is_attribute = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b' '..=b'~' if byte != b';'))
    };
    if !cookie.path().is_none_or(is_attribute) {
        return Err(CookieError("path"));
    }
    if !cookie
        .domain()
        .is_none_or(|domain| is_attribute(domain) && !domain.contains([' ', ',']))
    {
        return Err(CookieError("domain"));
    }
    HeaderValue::try_from(cookie.to_string()).map_err(|_| CookieError("value"))
}

/// RFC 6265 section 4.1.1, `cookie-octet`.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E)
}

/// A cookie that cannot be sent. The error names the part and does not quote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieError(&'static str);

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the {} of the cookie holds a character that a cookie cannot carry",
            self.0
        )
    }
}

impl std::error::Error for CookieError {}
