//! `IntoStatus`: the types that can be a response status: a number, a string, a `StatusCode`.

use std::fmt;

use http::StatusCode;

/// The types that can be the status of a response: `StatusCode`, `u16`, or text such as `"404"`
/// or `"404 Not Found"` (N4).
///
/// The reason phrase of a text is accepted and not sent: HTTP/2 has none, and RFC 9112 section 4
/// tells clients to ignore it.
///
/// # Examples
///
/// ```
/// use gateway_core::IntoStatus;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(404.into_status()?, http::StatusCode::NOT_FOUND);
/// assert_eq!("404 Not Found".into_status()?, http::StatusCode::NOT_FOUND);
/// assert!("Not Found".into_status().is_err());
/// assert!(99.into_status().is_err());
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a status",
    label = "expected a status",
    note = "a status is a `StatusCode`, a `u16`, or text that begins with the number: \"404 Not Found\""
)]
pub trait IntoStatus {
    /// Turns the value into the status of a final response.
    ///
    /// # Errors
    ///
    /// When the value has no number, or one outside 200..=999 that is not 101. The status of a
    /// response cannot be another informational one (1xx, S5). The commit checks that a 101 comes with
    /// a switch of protocols (U4).
    fn into_status(self) -> Result<StatusCode, StatusError>;
}

impl IntoStatus for StatusCode {
    #[inline]
    fn into_status(self) -> Result<StatusCode, StatusError> {
        // S5: RFC 9110 section 15.2: a 1xx response is not a final one, except a switch.
        if self.is_informational() && self != Self::SWITCHING_PROTOCOLS {
            return Err(StatusError::out_of_range(u64::from(self.as_u16())));
        }
        Ok(self)
    }
}

impl IntoStatus for u16 {
    #[inline]
    fn into_status(self) -> Result<StatusCode, StatusError> {
        StatusCode::from_u16(self)
            .map_err(|_| StatusError::out_of_range(u64::from(self)))?
            .into_status()
    }
}

impl IntoStatus for &str {
    fn into_status(self) -> Result<StatusCode, StatusError> {
        let text = self.trim_matches([' ', '\t']);
        // A phrase is never sent, but one that could split a head is a sign of an attack or a bug.
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(StatusError::not_a_number(self));
        }
        let number = text.split([' ', '\t']).next().unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(StatusError::not_a_number(self));
        }
        match number.parse::<u16>() {
            Ok(code) => code.into_status(),
            Err(_) => Err(StatusError::out_of_range(
                number.parse().unwrap_or(u64::MAX),
            )),
        }
    }
}

impl IntoStatus for String {
    fn into_status(self) -> Result<StatusCode, StatusError> {
        self.as_str().into_status()
    }
}

/// A value that is not the status of a final response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusError(
    // Boxed, so that results with it are small.
    Box<Kind>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    NotANumber(String),
    OutOfRange(u64),
}

impl StatusError {
    fn not_a_number(text: &str) -> Self {
        Self(Box::new(Kind::NotANumber(text.to_owned())))
    }

    #[cold]
    pub(crate) fn out_of_range(code: u64) -> Self {
        Self(Box::new(Kind::OutOfRange(code)))
    }

    /// True for a number outside 200..=999, false for a text that has no number.
    #[must_use]
    pub fn is_out_of_range(&self) -> bool {
        matches!(*self.0, Kind::OutOfRange(_))
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::NotANumber(text) => write!(f, "the status {text:?} does not begin with a number"),
            Kind::OutOfRange(code @ 100..=199) => {
                write!(
                    f,
                    "the status {code} is informational; a final status is 200 to 999"
                )
            }
            Kind::OutOfRange(code) => {
                write!(
                    f,
                    "the status {code} is out of range; a final status is 200 to 999"
                )
            }
        }
    }
}

impl std::error::Error for StatusError {}
