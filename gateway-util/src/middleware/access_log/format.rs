//! `LogFormat`: the formats of a line in the access log.

#[cfg(feature = "json")]
mod json;

use std::fmt::{self, Write};
use std::time::SystemTime;

use jiff::Timestamp;

use super::entry::AccessEntry;

/// The format of a line in the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// `192.0.2.7 - ada [20/Nov/2026:15:15:18 +0000] "GET / HTTP/1.1" 200 5`
    Common,
    /// Common, with referer and user agent.
    Combined,
    /// One JSON object: `time`, `remote_addr`, `remote_user`, `method`, `target`, `protocol`,
    /// `status`, `bytes`, `seconds`, `referer`, `user_agent`, `ended` (one of the names of
    /// [`Ended::as_str`](gateway_core::Ended::as_str)). An unknown value is `null`. Besides what
    /// JSON demands, the control characters of terminals and the line ends of Unicode are escaped.
    #[cfg(feature = "json")]
    Json,
}

impl AccessEntry {
    /// The entry as a line, without its end.
    pub fn display(&self, format: LogFormat) -> impl fmt::Display {
        Formatted {
            entry: self,
            format,
        }
    }
}

struct Formatted<'a> {
    entry: &'a AccessEntry,
    format: LogFormat,
}

impl fmt::Display for Formatted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry;
        match self.format {
            LogFormat::Common => common(entry, f),
            LogFormat::Combined => {
                common(entry, f)?;
                let referer = Escaped(entry.referer().unwrap_or("-"));
                let user_agent = Escaped(entry.user_agent().unwrap_or("-"));
                write!(f, " \"{referer}\" \"{user_agent}\"")
            }
            #[cfg(feature = "json")]
            LogFormat::Json => json::write(entry, f),
        }
    }
}

fn common(entry: &AccessEntry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    or_dash(f, entry.remote_addr.as_ref())?;
    f.write_str(" - ")?;
    match entry.remote_user.as_deref() {
        None | Some("") => f.write_char('-')?,
        // A space would end the field.
        Some(user) => f.write_str(&Escaped(user).to_string().replace(' ', "\\x20"))?,
    }
    write!(
        f,
        " [{}] \"{} {} {}\" ",
        utc(entry.time).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        entry.method,
        Escaped(&entry.target),
        entry.protocol
    )?;
    or_dash(f, entry.status.map(|status| status.as_u16()).as_ref())?;
    f.write_char(' ')?;
    or_dash(f, (entry.bytes > 0).then_some(entry.bytes).as_ref())
}

fn or_dash(f: &mut fmt::Formatter<'_>, value: Option<&impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => fmt::Display::fmt(value, f),
        None => f.write_char('-'),
    }
}

/// A moment in UTC. A moment that a log cannot show is 1970.
fn utc(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Text from a client, escaped as Apache does: what could end a field or a line is `\xhh`.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                ' '..='~' => f.write_char(c)?,
                c => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(f, "\\x{byte:02x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The entry as a `tracing` event.
pub(super) fn trace(entry: &AccessEntry) {
    tracing::info!(
        target: "access",
        remote_addr = entry.remote_addr.map(tracing::field::display),
        remote_user = entry.remote_user,
        method = %entry.method,
        // Without the query, which may hold secrets.
        path = entry.path(),
        protocol = entry.protocol,
        status = entry.status.map(|status| status.as_u16()),
        bytes = entry.bytes,
        seconds = entry.duration.as_secs_f64(),
        ended = entry.ended.as_str(),
    );
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn what_has_no_date_is_1970() {
        let beyond = UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 1_000);
        assert_eq!(utc(beyond), Timestamp::UNIX_EPOCH);
        let leap_day = UNIX_EPOCH + Duration::from_millis(951_782_400_250);
        assert_eq!(format!("{:.3}", utc(leap_day)), "2000-02-29T00:00:00.250Z");
    }
}
