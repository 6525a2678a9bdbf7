//! `HttpDate`: the dates in HTTP fields.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// A moment in whole seconds, which is all that HTTP's dates hold (RFC 9110 section 5.6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HttpDate(SystemTime);

/// The last second of the year 9999: later ones have no form in HTTP.
const LAST: u64 = 253_402_300_799;

/// A date that is older than this names one state only. Clocks of file systems and servers differ.
const STRONG: Duration = Duration::from_secs(60);

impl HttpDate {
    /// Cuts off fractions of a second. A date that HTTP cannot write becomes the nearest one that
    /// it can.
    pub(crate) fn from_time(time: SystemTime) -> Self {
        let seconds = time
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Self(UNIX_EPOCH + Duration::from_secs(seconds.min(LAST)))
    }

    /// Reads any of the three forms. Returns `None` for an invalid date; RFC 9110 section 5.6.7 tells recipients to ignore it.
    #[cfg(feature = "conditions")]
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        httpdate::parse_http_date(text.trim_matches([' ', '\t']))
            .ok()
            .map(Self::from_time)
    }

    /// True for a date that is clearly in the past. A present date may be that of two successive
    /// states (RFC 9110 section 8.8.2.2).
    pub(crate) fn is_strong(self) -> bool {
        let age = SystemTime::now().duration_since(self.0);
        age.is_ok_and(|age| age >= STRONG)
    }

    pub(crate) fn header_value(self) -> HeaderValue {
        HeaderValue::try_from(httpdate::fmt_http_date(self.0))
            .unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
    }
}

#[cfg(all(test, feature = "conditions"))]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_form_in_http_does_not_panic() {
        let late = UNIX_EPOCH + Duration::from_secs(LAST + 1_000_000);
        let early = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(
            HttpDate::from_time(late).header_value(),
            "Fri, 31 Dec 9999 23:59:59 GMT"
        );
        assert_eq!(
            HttpDate::from_time(early).header_value(),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        assert_eq!(HttpDate::parse(b"yesterday"), None);
    }
}
