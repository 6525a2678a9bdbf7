//! Checks the characters, the size and the prefix of a `Cookie` of the crate `cookie`, and writes
//! it as a `Set-Cookie` field.

use std::fmt;

use cookie::Cookie;
use http::{HeaderName, HeaderValue};

/// The value of the `Set-Cookie` line for a cookie.
pub(super) fn header_value(mut cookie: Cookie<'_>) -> Result<HeaderValue, CookieError> {
    if HeaderName::from_bytes(cookie.name().as_bytes()).is_err() {
        return Err(CookieError::character("name"));
    }
    // A value in double quotes is allowed. The text inside follows the same grammar.
    let value = cookie.value();
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value);
    if !inner.bytes().all(is_cookie_octet) {
        return Err(CookieError::character("value"));
    }
    if cookie.path().is_none() {
        cookie.set_path("/");
    }
    let is_attribute = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b' '..=b'~' if byte != b';'))
    };
    if !cookie.path().is_none_or(is_attribute) {
        return Err(CookieError::character("path"));
    }
    if !cookie
        .domain()
        .is_none_or(|domain| is_attribute(domain) && !domain.contains([' ', ',']))
    {
        return Err(CookieError::character("domain"));
    }
    check_size(&cookie)?;
    check_prefix(&cookie)?;
    HeaderValue::try_from(cookie.to_string()).map_err(|_| CookieError::character("value"))
}

/// RFC 6265 section 4.1.1, `cookie-octet`.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E)
}

/// RFC 6265bis section 5.7: a client ignores a larger cookie.
const LARGEST: usize = 4096;

/// RFC 6265bis section 5.6: a client ignores a longer attribute.
const LONGEST_ATTRIBUTE: usize = 1024;

fn check_size(cookie: &Cookie<'_>) -> Result<(), CookieError> {
    if cookie.name().len() + cookie.value().len() > LARGEST {
        return Err(CookieError(Reason::TooLarge("cookie")));
    }
    let is_too_long = |text: Option<&str>| text.is_some_and(|text| text.len() > LONGEST_ATTRIBUTE);
    if is_too_long(cookie.path()) {
        return Err(CookieError(Reason::TooLarge("path of the cookie")));
    }
    if is_too_long(cookie.domain()) {
        return Err(CookieError(Reason::TooLarge("domain of the cookie")));
    }
    Ok(())
}

/// RFC 6265bis section 4.1.3: a client drops a cookie if its attributes do not match the prefix of
/// its name. The prefix is compared without regard to case (section 5.4).
fn check_prefix(cookie: &Cookie<'_>) -> Result<(), CookieError> {
    let has = |prefix: &str| {
        let start = cookie.name().get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let is_secure = cookie.secure() == Some(true);
    if has("__Secure-") && !is_secure {
        return Err(CookieError(Reason::Prefix("__Secure-")));
    }
    let is_of_host = is_secure && cookie.path() == Some("/") && cookie.domain().is_none();
    if has("__Host-") && !is_of_host {
        return Err(CookieError(Reason::Prefix("__Host-")));
    }
    Ok(())
}

/// A cookie that cannot be sent, or that clients would drop. The error names the part and does not
/// quote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieError(Reason);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    /// The part holds a character that a cookie cannot carry.
    Character(&'static str),
    /// The part is longer than clients accept.
    TooLarge(&'static str),
    /// The attributes do not match the prefix of the name.
    Prefix(&'static str),
}

impl CookieError {
    const fn character(part: &'static str) -> Self {
        Self(Reason::Character(part))
    }
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::Character(part) => write!(
                f,
                "the {part} of the cookie holds a character that a cookie cannot carry"
            ),
            Reason::TooLarge(part) => write!(f, "the {part} is longer than clients accept"),
            Reason::Prefix("__Host-") => {
                f.write_str("a __Host- cookie must have Secure, Path=/ and no Domain")
            }
            Reason::Prefix(prefix) => write!(f, "a {prefix} cookie must have Secure"),
        }
    }
}

impl std::error::Error for CookieError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cookie: Cookie<'static>) -> Result<String, String> {
        let value = header_value(cookie).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    #[test]
    fn rfc6265bis_4_1_3_a_prefix_is_a_promise() {
        for name in ["__Host-id", "__host-id", "__HOST-"] {
            let cookie = || Cookie::build((name, "1"));
            assert!(line(cookie().secure(true).build()).is_ok(), "{name}");
            for broken in [
                cookie(),
                cookie().secure(false),
                cookie().secure(true).path("/a"),
                cookie().secure(true).domain("example.org"),
            ] {
                let error = line(broken.build()).unwrap_err();
                assert!(error.starts_with("a __Host- cookie"), "{error}");
            }
        }
        for name in ["__Secure-id", "__SECURE-id"] {
            let cookie = || Cookie::build((name, "1")).domain("example.org").path("/a");
            assert!(line(cookie().secure(true).build()).is_ok(), "{name}");
            assert_eq!(
                line(cookie().build()).unwrap_err(),
                "a __Secure- cookie must have Secure"
            );
        }
        assert!(line(Cookie::new("_Host-id", "1")).is_ok());
        assert!(line(Cookie::new("__Hos", "1")).is_ok());
    }

    #[test]
    fn rfc6265bis_5_7_a_cookie_has_at_most_4096_bytes() {
        assert!(line(Cookie::new("a", "x".repeat(4095))).is_ok());
        assert!(line(Cookie::new("ab", "x".repeat(4095))).is_err());
        let path = |length: usize| Cookie::build(("a", "b")).path("/".repeat(length)).build();
        assert!(line(path(1024)).is_ok());
        assert!(line(path(1025)).is_err());
    }
}
