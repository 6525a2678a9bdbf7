//! Writes a line of the access log as a JSON object.

use std::{fmt, io};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

use super::utc;
use crate::middleware::access_log::AccessEntry;

/// Writes the entry as one object, on one line.
pub(super) fn write(entry: &AccessEntry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut bytes = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, ForTerminals);
    Line(entry)
        .serialize(&mut serializer)
        .map_err(|_| fmt::Error)?;
    f.write_str(std::str::from_utf8(&bytes).map_err(|_| fmt::Error)?)
}

struct Line<'a>(&'a AccessEntry);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.0;
        let status = entry.status.map(|status| status.as_u16());
        // Microseconds are precise enough.
        let seconds = (entry.duration.as_secs_f64() * 1e6).round() / 1e6;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &format_args!("{:.3}", utc(entry.time)))?;
        map.serialize_entry("remote_addr", &entry.remote_addr)?;
        map.serialize_entry("remote_user", &entry.remote_user)?;
        map.serialize_entry("method", &entry.method)?;
        map.serialize_entry("target", &entry.target)?;
        map.serialize_entry("protocol", entry.protocol)?;
        map.serialize_entry("status", &status)?;
        map.serialize_entry("bytes", &entry.bytes)?;
        map.serialize_entry("seconds", &seconds)?;
        map.serialize_entry("referer", &entry.referer)?;
        map.serialize_entry("user_agent", &entry.user_agent)?;
        map.serialize_entry("ended", entry.ended.as_str())?;
        map.end()
    }
}

/// Escapes characters that JSON allows and that harm a terminal or a reader of lines: DEL, the
/// control characters C1, and the line ends of Unicode.
struct ForTerminals;

impl Formatter for ForTerminals {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let is_unsafe = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            let (safe, behind) = rest.split_at(at);
            writer.write_all(safe.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = behind.get(c.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let text = "\u{1b}[31m\u{7f}a\u{9b}\u{2028}\u{2029}\u{e9}\"";
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, ForTerminals);
        assert!(text.serialize(&mut serializer).is_ok());
        let json = String::from_utf8_lossy(&bytes);
        assert_eq!(
            json,
            "\"\\u001b[31m\\u007fa\\u009b\\u2028\\u2029\u{e9}\\\"\""
        );
        assert_eq!(
            serde_json::from_str::<String>(&json).ok().as_deref(),
            Some(text)
        );
    }
}
