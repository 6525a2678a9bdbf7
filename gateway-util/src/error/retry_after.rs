//! `RetryAfter`: the value of the `Retry-After` header.

use std::time::Duration;
#[cfg(feature = "dates")]
use std::time::SystemTime;

use http::HeaderValue;

#[cfg(feature = "dates")]
use crate::field::HttpDate;

/// When to try again: after some seconds, or at a date (RFC 9110 section 10.2.3).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use gateway_core::HttpError;
/// use gateway_util::HttpErrorFields;
///
/// let error = HttpError::too_many_requests().retry_after(30);
/// assert_eq!(error.headers()["retry-after"], "30");
/// let error = HttpError::service_unavailable().retry_after(SystemTime::UNIX_EPOCH);
/// assert_eq!(error.headers()["retry-after"], "Thu, 01 Jan 1970 00:00:00 GMT");
/// let error = HttpError::service_unavailable().retry_after(Duration::from_millis(1500));
/// assert_eq!(error.headers()["retry-after"], "2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seconds(u64),
    #[cfg(feature = "dates")]
    Date(HttpDate),
}

impl RetryAfter {
    pub(crate) fn header_value(self) -> HeaderValue {
        match self.0 {
            Kind::Seconds(seconds) => HeaderValue::from(seconds),
            #[cfg(feature = "dates")]
            Kind::Date(date) => date.header_value(),
        }
    }
}

impl From<u64> for RetryAfter {
    fn from(seconds: u64) -> Self {
        Self(Kind::Seconds(seconds))
    }
}

impl From<Duration> for RetryAfter {
    /// Rounds up, because a client that returns too early is refused again.
    fn from(duration: Duration) -> Self {
        let begun = u64::from(duration.subsec_nanos() > 0);
        Self(Kind::Seconds(duration.as_secs().saturating_add(begun)))
    }
}

#[cfg(feature = "dates")]
impl From<SystemTime> for RetryAfter {
    fn from(time: SystemTime) -> Self {
        Self(Kind::Date(HttpDate::from_time(time)))
    }
}
