//! `Authorization`: the credentials that a client sent.

use std::fmt;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use gateway_core::{Environ, HttpError};

use crate::error::HttpErrorFields;
use crate::field;

/// The credentials of a request (RFC 9110 section 11.6.2). Nothing has been checked.
///
/// Its `Debug` form shows no secrets. Compare secrets in constant time.
///
/// # Examples
///
/// ```
/// use gateway_core::Environ;
/// use gateway_util::{Authorization, EnvironExt};
/// # fn main() -> Result<(), gateway_core::Error> {
/// let request = http::Request::get("/").header("authorization", "Bearer abc.def").body(())?;
/// let given = Environ::from_request(request).authorization()?;
/// assert_eq!(given, Some(Authorization::Bearer("abc.def".into())));
/// assert_eq!(format!("{given:?}"), "Some(Bearer(..))");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authorization {
    /// A name and a password (RFC 7617).
    Basic(BasicCredentials),
    /// A token (RFC 6750).
    Bearer(String),
    /// Another scheme, in lower case, and the text after it.
    Other(String, String),
}

/// The name and the password of Basic authentication.
///
/// # Examples
///
/// ```
/// use gateway_core::Environ;
/// use gateway_util::{BasicCredentials, EnvironExt};
/// # fn main() -> Result<(), gateway_core::Error> {
/// let sent = BasicCredentials { user: "ada".into(), password: "1815".into() };
/// let line = format!("Basic {}", sent.encode());
/// let request = http::Request::get("/").header("authorization", line).body(())?;
/// assert!(Environ::from_request(request).basic_auth("engine")? == sent);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl Authorization {
    /// The credentials of a request. `None` if it has none.
    ///
    /// # Errors
    ///
    /// 400 for a malformed line, or several lines.
    pub(super) fn of(environ: &Environ) -> Result<Option<Self>, HttpError> {
        let Some(value) = environ.header("authorization") else {
            return Ok(None);
        };
        Self::parse(value.as_bytes())
            .map(Some)
            .ok_or_else(HttpError::bad_request)
    }

    /// RFC 9110 section 11.4: a scheme, then spaces and its credentials.
    fn parse(value: &[u8]) -> Option<Self> {
        let value = field::trim(value);
        let end = field::find(value, |byte| byte == b' ').unwrap_or(value.len());
        let (scheme, credentials) = value.split_at(end);
        if !field::is_token(scheme) {
            return None;
        }
        let scheme = std::str::from_utf8(scheme).ok()?.to_ascii_lowercase();
        let credentials = std::str::from_utf8(field::trim(credentials)).ok()?;
        match &*scheme {
            "basic" => {
                let bytes = LENIENT.decode(credentials).ok()?;
                let text = String::from_utf8(bytes).ok()?;
                let (user, password) = text.split_once(':')?;
                Some(Self::Basic(BasicCredentials {
                    user: user.into(),
                    password: password.into(),
                }))
            }
            "bearer" => is_token68(credentials).then(|| Self::Bearer(credentials.into())),
            _ => Some(Self::Other(scheme, credentials.into())),
        }
    }
}

/// Some clients leave the padding off.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// RFC 9110 section 11.2.
fn is_token68(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    !text.is_empty()
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        })
}

/// A 401 that asks for a scheme.
pub(super) fn challenge(scheme: &str, realm: &str) -> HttpError {
    let realm = field::quote(realm);
    HttpError::unauthorized()
        .www_authenticate(format!("{scheme} realm={realm}"))
        .unwrap_or_else(|_| HttpError::unauthorized())
}

impl BasicCredentials {
    /// The credentials as they follow `Basic` in an `Authorization` line.
    #[must_use]
    pub fn encode(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password))
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic(credentials) => credentials.fmt(f),
            Self::Bearer(_) => f.write_str("Bearer(..)"),
            Self::Other(scheme, _) => write!(f, "Other({scheme:?}, ..)"),
        }
    }
}

impl fmt::Debug for BasicCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCredentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    #[test]
    fn rfc9110_11_4_credentials() {
        let parse = |value: &str| Authorization::parse(value.as_bytes());
        let bearer = Some(Authorization::Bearer("abc.def".into()));
        for value in ["Bearer abc.def", "bearer   abc.def ", "\tBEARER abc.def"] {
            assert!(parse(value) == bearer, "{value}");
        }
        for value in [
            "",
            " ",
            "Bearer",
            "Bearer a b",
            "Bearer abc, Bearer def",
            "Bearer\u{a0}abc",
            "Bea rer=x abc,",
            "Bearer \u{2000}abc",
            "B\u{e9}arer abc",
            "\"Bearer\" abc",
            "Basic ?",
            "Basic YQ==",
        ] {
            let other = parse(value);
            let is_refused = matches!(other, None | Some(Authorization::Other(..)));
            assert!(is_refused, "{value}");
        }
        assert!(parse("Digest a=b") == Some(Authorization::Other("digest".into(), "a=b".into())));
        assert!(parse("Bea\"rer abc").is_none() && parse("Bearer \u{2000}abc").is_none());
    }

    #[test]
    fn credentials_are_linear() {
        for unit in ["a", " ", "Basic ", "Bearer ", "=", "a=b,", "\"", ":"] {
            assert_linear(unit, |size| {
                let value = unit.repeat(size);
                let _ = Authorization::parse(value.as_bytes());
                let _ = Authorization::parse(format!("Bearer {value}").as_bytes());
            });
        }
    }

    proptest! {
        #[test]
        fn rfc7617_2_what_is_encoded_is_read(user in "[^:\\p{Cc}]{0,20}", password in "\\PC{0,20}") {
            let sent = BasicCredentials { user, password };
            let value = format!("Basic {}", sent.encode());
            prop_assert!(Authorization::parse(value.as_bytes()) == Some(Authorization::Basic(sent)));
        }

        #[test]
        fn any_bytes_are_credentials_or_refused(value in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Authorization::parse(&value);
        }
    }
}
