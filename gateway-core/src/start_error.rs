//! `StartError`: why a call of `start_response` was an error.

use std::error::Error as StdError;
use std::fmt;

use crate::headers::HeaderError;
use crate::status::StatusError;

/// A refused start. Its text names the clause of SPEC.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    NotStarted,
    AlreadyStarted,
    Committed,
    HookPanicked,
    Status(StatusError),
    Header(HeaderError),
}

impl StartError {
    pub(crate) fn not_started() -> Self {
        Self(Kind::NotStarted)
    }

    pub(crate) fn already_started() -> Self {
        Self(Kind::AlreadyStarted)
    }

    pub(crate) fn committed() -> Self {
        Self(Kind::Committed)
    }

    pub(crate) fn hook_panicked() -> Self {
        Self(Kind::HookPanicked)
    }

    /// The clause that was broken, such as `"S1"`.
    #[must_use]
    #[doc(alias = "rule")]
    pub fn clause(&self) -> &'static str {
        match &self.0 {
            Kind::NotStarted => "S3",
            Kind::AlreadyStarted => "S1",
            Kind::Committed => "S2",
            Kind::HookPanicked => "B9",
            Kind::Status(_) => "S5",
            Kind::Header(error) => error.clause(),
        }
    }

    /// True if the response was started before, or its start was refused before.
    #[must_use]
    pub fn is_already_started(&self) -> bool {
        matches!(self.0, Kind::AlreadyStarted | Kind::Committed)
    }

    /// True if the head was sent already.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        matches!(self.0, Kind::Committed)
    }

    /// True if the status or a header was refused.
    #[must_use]
    pub fn is_invalid_head(&self) -> bool {
        matches!(self.0, Kind::Status(_) | Kind::Header(_))
    }
}

impl From<StatusError> for StartError {
    fn from(error: StatusError) -> Self {
        Self(Kind::Status(error))
    }
}

impl From<HeaderError> for StartError {
    fn from(error: HeaderError) -> Self {
        Self(Kind::Header(error))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.clause())?;
        match &self.0 {
            Kind::NotStarted => {
                f.write_str("the body has data or ended, but the response was not started")
            }
            Kind::AlreadyStarted => f.write_str("the response was started before"),
            Kind::Committed => {
                f.write_str("the response was started again after its head was sent")
            }
            Kind::HookPanicked => {
                f.write_str("a middleware panicked while the response was started")
            }
            Kind::Status(error) => fmt::Display::fmt(error, f),
            Kind::Header(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl StdError for StartError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            // The text of this error includes that of the inner one.
            Kind::Status(error) => error.source(),
            Kind::Header(error) => error.source(),
            _ => None,
        }
    }
}
