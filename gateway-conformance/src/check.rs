//! What must be seen, as functions that say what was seen instead.

use std::fmt::{Debug, Display};

use crate::wire::{End, WireError, WireResponse};

/// Why a case failed: one text, for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    is_reset: bool,
}

/// The outcome of an exchange.
pub(crate) type Seen = Result<(), Failure>;

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_reset: false,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Whether the server broke the exchange off before there was a head.
    pub(crate) fn is_reset(&self) -> bool {
        self.is_reset
    }

    /// The failure with what was done in front of it.
    pub(crate) fn at(mut self, what: impl Display) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        let text = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self {
            text,
            is_reset: error.is_reset(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("not the JSON that the suite's app sends: {error}"))
    }
}

/// Demands that what was seen is what must be.
pub(crate) fn equal<A: Debug + PartialEq<B>, B: Debug>(what: &str, seen: A, must_be: B) -> Seen {
    if seen == must_be {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{what} is {seen:?}, must be {must_be:?}"
    )))
}

/// Demands that it holds; `otherwise` says what was seen.
pub(crate) fn ensure(holds: bool, otherwise: impl Into<String>) -> Seen {
    if holds {
        return Ok(());
    }
    Err(Failure::new(otherwise.into()))
}

/// What a case looks at in a response. Each gives the response back, for the next.
pub(crate) trait Look: Sized {
    /// The status.
    fn status(self, code: u16) -> Result<Self, Failure>;
    /// The content, byte by byte, of a response that ended where its framing says.
    fn body(self, bytes: impl AsRef<[u8]>) -> Result<Self, Failure>;
    /// The field is there once, with this value.
    fn field(self, name: &str, value: &str) -> Result<Self, Failure>;
    /// The field's lines, in order.
    fn lines(self, name: &str, values: &[&str]) -> Result<Self, Failure>;
    /// The field is not there.
    fn no(self, name: &str) -> Result<Self, Failure>;
    /// It ended where its framing says.
    fn whole(self) -> Result<Self, Failure>;
    /// The client could see that it was broken off.
    fn broken(self) -> Result<Self, Failure>;
}

impl Look for WireResponse {
    fn status(self, code: u16) -> Result<Self, Failure> {
        let text: String = self.text().chars().take(200).collect();
        if self.status == code {
            return Ok(self);
        }
        Err(Failure::new(format!(
            "the status is {}, must be {code}; the body begins {text:?}",
            self.status
        )))
    }

    fn body(self, bytes: impl AsRef<[u8]>) -> Result<Self, Failure> {
        let this = self.whole()?;
        let (seen, must_be) = (excerpt(&this.body), excerpt(bytes.as_ref()));
        ensure(
            this.body == bytes.as_ref(),
            format!("the body is {seen}, must be {must_be}"),
        )?;
        Ok(this)
    }

    fn field(self, name: &str, value: &str) -> Result<Self, Failure> {
        self.lines(name, &[value])
    }

    fn lines(self, name: &str, values: &[&str]) -> Result<Self, Failure> {
        equal(name, self.header_all(name), values)?;
        equal(
            &format!("the number of {name}"),
            self.count(name),
            values.len(),
        )?;
        Ok(self)
    }

    fn no(self, name: &str) -> Result<Self, Failure> {
        self.lines(name, &[])
    }

    fn whole(self) -> Result<Self, Failure> {
        match self.end {
            End::Complete => Ok(self),
            end => Err(Failure::new(format!(
                "the response was broken off ({end:?}) after {} bytes",
                self.body.len()
            ))),
        }
    }

    fn broken(self) -> Result<Self, Failure> {
        ensure(
            !self.is_complete(),
            format!(
                "the response ended as if it were whole, after {} bytes",
                self.body.len()
            ),
        )?;
        Ok(self)
    }
}

/// Bytes for a message, escaped and cut short.
fn excerpt(bytes: &[u8]) -> String {
    const LIMIT: usize = 200;
    let cut = bytes.len().min(LIMIT);
    let more = if cut < bytes.len() {
        format!(".. ({} bytes)", bytes.len())
    } else {
        String::new()
    };
    format!("\"{}\"{more}", bytes[..cut].escape_ascii())
}
