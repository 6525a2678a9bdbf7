//! The forms of a line.

use std::fmt::{self, Write};

use super::date::Date;
use super::entry::AccessEntry;

/// The form of a line in the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// `192.0.2.7 - ada [20/Nov/2026:15:15:18 +0000] "GET / HTTP/1.1" 200 5`
    Common,
    /// Common, with referer and user agent.
    Combined,
    /// One JSON object: `time`, `remote_addr`, `remote_user`, `method`, `target`, `protocol`,
    /// `status`, `bytes`, `seconds`, `referer`, `user_agent`, `ended` (one of the names of
    /// [`Ended::as_str`](gateway_core::Ended::as_str)). What is not known is `null`.
    Json,
}

pub(super) struct Formatted<'a> {
    pub(super) entry: &'a AccessEntry,
    pub(super) format: LogFormat,
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
            LogFormat::Json => json(entry, f),
        }
    }
}

fn common(entry: &AccessEntry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    or_dash(f, entry.remote_addr.as_ref())?;
    f.write_str(" - ")?;
    match entry.remote_user.as_deref() {
        None | Some("") => f.write_char('-')?,
        // A space would be the end of the field.
        Some(user) => f.write_str(&Escaped(user).to_string().replace(' ', "\\x20"))?,
    }
    write!(
        f,
        " [{}] \"{} {} {}\" ",
        Date::of(entry.time).common(),
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

fn json(entry: &AccessEntry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{{\"time\":\"{}\"", Date::of(entry.time).rfc3339())?;
    json_text(
        f,
        "remote_addr",
        entry.remote_addr.map(|ip| ip.to_string()).as_deref(),
    )?;
    json_text(f, "remote_user", entry.remote_user.as_deref())?;
    json_text(f, "method", Some(&entry.method))?;
    json_text(f, "target", Some(&entry.target))?;
    json_text(f, "protocol", Some(entry.protocol))?;
    json_number(
        f,
        "status",
        entry.status.map(|status| u64::from(status.as_u16())),
    )?;
    json_number(f, "bytes", Some(entry.bytes))?;
    write!(f, ",\"seconds\":{:.6}", entry.duration.as_secs_f64())?;
    json_text(f, "referer", entry.referer.as_deref())?;
    json_text(f, "user_agent", entry.user_agent.as_deref())?;
    json_text(f, "ended", Some(entry.ended.as_str()))?;
    f.write_char('}')
}

fn json_number(f: &mut fmt::Formatter<'_>, name: &str, value: Option<u64>) -> fmt::Result {
    match value {
        Some(value) => write!(f, ",\"{name}\":{value}"),
        None => write!(f, ",\"{name}\":null"),
    }
}

fn json_text(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&str>) -> fmt::Result {
    let Some(value) = value else {
        return write!(f, ",\"{name}\":null");
    };
    write!(f, ",\"{name}\":\"")?;
    for c in value.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            // RFC 8259 section 7; the others are for terminals.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                write!(f, "\\u{:04x}", u32::from(c))?;
            }
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Text from a client, as Apache writes it: what could end a field or a line is `\xhh`.
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
