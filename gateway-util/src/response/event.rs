//! `Event`: one server-sent event.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::time::Duration;

use bytes::Bytes;

/// An event of an [`EventStream`](super::EventStream), in the form of the HTML standard.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use gateway_util::Event;
/// # fn main() -> Result<(), gateway_util::EventError> {
/// let event = Event::data("one\ntwo").event("tick")?.id("7")?.retry(Duration::from_secs(3));
/// assert_eq!(event.to_string(), "event: tick\nid: 7\nretry: 3000\ndata: one\ndata: two\n\n");
/// assert_eq!(Event::comment("still here").to_string(), ": still here\n\n");
/// assert!(Event::data("x").id("a\nb").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    comment: Option<String>,
    event: Option<String>,
    id: Option<String>,
    retry: Option<u128>,
    data: Option<String>,
}

impl Event {
    /// An event with data. Each line of the data is sent as a line, and the client joins them
    /// again with `\n`.
    pub fn data(data: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            ..Self::default()
        }
    }

    #[cfg(feature = "json")]
    /// An event whose data is JSON.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self::data)
    }

    /// A comment, which clients ignore: to keep a connection alive.
    pub fn comment(text: impl Into<String>) -> Self {
        Self {
            comment: Some(text.into()),
            ..Self::default()
        }
    }

    /// Names the event; clients call the listeners of that name instead of `message`'s.
    ///
    /// # Errors
    ///
    /// When the name holds a line end.
    pub fn event(mut self, name: impl Into<String>) -> Result<Self, EventError> {
        self.event = Some(line(name.into(), "name")?);
        Ok(self)
    }

    /// Sets the id, which a client sends back as `Last-Event-ID` when it reconnects.
    ///
    /// # Errors
    ///
    /// When the id holds a line end or a NUL: clients would ignore it.
    pub fn id(mut self, id: impl Into<String>) -> Result<Self, EventError> {
        let id = line(id.into(), "id")?;
        if id.contains('\0') {
            return Err(EventError("id"));
        }
        self.id = Some(id);
        Ok(self)
    }

    /// Tells the client how long to wait before it reconnects.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Self {
        self.retry = Some(after.as_millis());
        self
    }
}

fn line(text: String, part: &'static str) -> Result<String, EventError> {
    if text.contains(['\r', '\n']) {
        return Err(EventError(part));
    }
    Ok(text)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(comment) = &self.comment {
            lines(f, ":", comment)?;
        }
        if let Some(event) = &self.event {
            writeln!(f, "event: {event}")?;
        }
        if let Some(id) = &self.id {
            writeln!(f, "id: {id}")?;
        }
        if let Some(retry) = self.retry {
            writeln!(f, "retry: {retry}")?;
        }
        if let Some(data) = &self.data {
            lines(f, "data:", data)?;
        }
        f.write_char('\n')
    }
}

/// Writes each line of a text on its own line: clients end lines at CR LF, LF and CR alike.
fn lines(f: &mut fmt::Formatter<'_>, field: &str, text: &str) -> fmt::Result {
    text.replace("\r\n", "\n")
        .split(['\r', '\n'])
        .try_for_each(|line| writeln!(f, "{field} {line}"))
}

impl From<Event> for Bytes {
    fn from(event: Event) -> Self {
        event.to_string().into()
    }
}

/// An event's name or id that does not fit on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventError(&'static str);

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of the event holds a line end or a NUL", self.0)
    }
}

impl StdError for EventError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events as a client reads them (HTML standard, section 9.2.6): name, id and data.
    fn read(text: &str) -> Vec<(String, Option<String>, String)> {
        let mut events = Vec::new();
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        for line in text.replace("\r\n", "\n").split(['\r', '\n']) {
            if line.is_empty() {
                if data.pop().is_some() {
                    events.push((name, id.clone(), data));
                }
                (name, data) = (String::new(), String::new());
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut name),
                "id" => id = Some(value.to_owned()),
                "data" => {
                    data.push_str(value);
                    data.push('\n');
                }
                _ => {}
            }
        }
        events
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_a_client_reads(
            name in "[^\r\n]{0,9}",
            id in "[^\r\n\0]{0,9}",
            data in "(\\PC|\r|\n|:|data: ){0,30}",
            comment in "(\\PC|\r|\n|:|data: ){0,30}",
        ) {
            let event = Event::data(data.clone()).event(name.clone()).unwrap().id(id.clone()).unwrap();
            let sent = format!("{}{event}{}", Event::comment(comment), Event::data("end"));
            let data = data.replace("\r\n", "\n").replace('\r', "\n");
            let end = (String::new(), Some(id.clone()), "end".to_owned());
            prop_assert_eq!(read(&sent), vec![(name, Some(id), data), end]);
        }
    }
}
