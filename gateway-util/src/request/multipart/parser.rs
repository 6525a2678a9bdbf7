//! A parser that splits the bytes of a multipart form into parts (RFC 2046 section 5.1.1), without
//! I/O.

use bytes::{Bytes, BytesMut};
use gateway_core::HttpError;
use memchr::memmem::Finder;

use super::PartHead;
use crate::field;

/// White space after a boundary, which a mail gateway may have added.
const LONGEST_PADDING: usize = 128;

/// The next step of a form.
#[derive(Debug)]
pub(super) enum Step {
    /// More bytes are needed.
    More,
    /// A part begins.
    Head(PartHead),
    /// Some of its content; never empty.
    Data(Bytes),
    /// The part ends.
    EndOfPart,
    /// The form ends. The text after it has no meaning.
    End,
}

/// A form as far as it has arrived. It keeps what may be a part of a delimiter or of a head, and
/// the rest of a chunk.
#[derive(Debug)]
pub(super) struct Parser {
    /// CR LF, two hyphens and the boundary.
    delimiter: Finder<'static>,
    buffer: Bytes,
    /// How many bytes of the buffer were searched for the end of the head.
    scanned: usize,
    state: State,
    longest_head: usize,
}

#[derive(Debug)]
enum State {
    /// The text before the first boundary, and its length.
    Preamble {
        is_start: bool,
        skipped: usize,
    },
    Head,
    /// A part without content may end before its first line end.
    Body {
        is_start: bool,
    },
    Epilogue,
}

/// The result of a search for the delimiter.
enum Found {
    /// This many bytes are certainly content.
    Not { content: usize },
    /// The delimiter: content before it, and where it ends.
    At {
        content: usize,
        end: usize,
        is_last: bool,
    },
}

/// What follows a boundary.
enum Tail {
    /// The end of its line.
    Line(usize),
    /// Two hyphens.
    Last,
    Unclear,
    /// The boundary is a part of a longer word, and so content.
    Content,
}

impl Parser {
    pub(super) fn new(boundary: &[u8], longest_head: usize) -> Self {
        let delimiter = [b"\r\n--", boundary].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            buffer: Bytes::new(),
            scanned: 0,
            state: State::Preamble {
                is_start: true,
                skipped: 0,
            },
            longest_head,
        }
    }

    /// Takes more bytes. A chunk is copied only if a rest of the previous one is left.
    pub(super) fn feed(&mut self, chunk: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = chunk;
            return;
        }
        let mut joined = std::mem::take(&mut self.buffer)
            .try_into_mut()
            .unwrap_or_else(|shared| BytesMut::from(&*shared));
        joined.extend_from_slice(&chunk);
        self.buffer = joined.freeze();
    }

    /// The next step.
    ///
    /// # Errors
    ///
    /// 400 for a malformed head, 413 for a head or a preamble that is too long.
    pub(super) fn step(&mut self) -> Result<Step, HttpError> {
        match self.state {
            State::Preamble { is_start, skipped } => self.preamble(is_start, skipped),
            State::Head => self.head(),
            State::Body { is_start } => Ok(self.body(is_start)),
            State::Epilogue => {
                self.buffer = Bytes::new();
                Ok(Step::End)
            }
        }
    }

    fn preamble(&mut self, is_start: bool, skipped: usize) -> Result<Step, HttpError> {
        let (content, end) = match self.find(is_start) {
            Found::Not { content } => (content, None),
            Found::At {
                content,
                end,
                is_last,
            } => (content, Some((end, is_last))),
        };
        let skipped = skipped + content;
        if skipped > self.longest_head {
            return Err(too_long());
        }
        let Some((end, is_last)) = end else {
            self.skip(content);
            let is_start = is_start && content == 0;
            self.state = State::Preamble { is_start, skipped };
            return Ok(Step::More);
        };
        self.skip(end);
        if is_last {
            self.state = State::Epilogue;
            return Ok(Step::End);
        }
        self.state = State::Head;
        self.head()
    }

    fn head(&mut self) -> Result<Step, HttpError> {
        if self.buffer.starts_with(b"\r\n") {
            // A part without fields has no name.
            return PartHead::parse(b"").map(Step::Head);
        }
        let unseen = self.buffer.get(self.scanned..).unwrap_or_default();
        field::count(unseen.len());
        let found = memchr::memmem::find(unseen, b"\r\n\r\n").map(|place| self.scanned + place);
        if found.unwrap_or(self.buffer.len().saturating_sub(3)) > self.longest_head {
            return Err(too_long());
        }
        let Some(end) = found else {
            self.scanned = self.buffer.len().saturating_sub(3);
            return Ok(Step::More);
        };
        let head = PartHead::parse(self.buffer.get(..end).unwrap_or_default())?;
        self.skip(end + 4);
        self.scanned = 0;
        self.state = State::Body { is_start: true };
        Ok(Step::Head(head))
    }

    fn body(&mut self, is_start: bool) -> Step {
        let (content, end) = match self.find(is_start) {
            Found::Not { content } => (content, None),
            Found::At {
                content,
                end,
                is_last,
            } => (content, Some((end, is_last))),
        };
        if content > 0 {
            self.state = State::Body { is_start: false };
            return Step::Data(self.buffer.split_to(content));
        }
        let Some((end, is_last)) = end else {
            return Step::More;
        };
        self.skip(end);
        self.state = if is_last {
            State::Epilogue
        } else {
            State::Head
        };
        Step::EndOfPart
    }

    fn skip(&mut self, bytes: usize) {
        let _ = self.buffer.split_to(bytes.min(self.buffer.len()));
    }

    /// Searches for the delimiter. At the start of the form and of a part, its line end was read
    /// already.
    fn find(&self, is_start: bool) -> Found {
        let delimiter = self.delimiter.needle();
        let dashed = delimiter.get(2..).unwrap_or_default();
        if is_start {
            if self.buffer.starts_with(dashed) {
                match self.tail(dashed.len()) {
                    Tail::Content => {}
                    tail => return tail.behind(0, dashed.len()),
                }
            } else if dashed.starts_with(&self.buffer) {
                return Found::Not { content: 0 };
            }
        }
        let mut from = 0;
        while let Some(rest) = self.buffer.get(from..) {
            let place = self.delimiter.find(rest);
            field::count(place.unwrap_or(rest.len()));
            let Some(place) = place.map(|place| from + place) else {
                break;
            };
            match self.tail(place + delimiter.len()) {
                Tail::Content => from = place + delimiter.len(),
                tail => return tail.behind(place, place + delimiter.len()),
            }
        }
        Found::Not {
            content: self.buffer.len() - self.held_back(),
        }
    }

    /// How many bytes at the end may be the start of a delimiter. A boundary has no CR.
    fn held_back(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let start = self.buffer.len().saturating_sub(delimiter.len() - 1);
        let end = self.buffer.get(start..).unwrap_or_default();
        let place = memchr::memrchr(b'\r', end);
        let held = place.and_then(|place| end.get(place..)).unwrap_or_default();
        if delimiter.starts_with(held) {
            held.len()
        } else {
            0
        }
    }

    fn tail(&self, at: usize) -> Tail {
        let tail = self.buffer.get(at..).unwrap_or_default();
        let padding = tail
            .iter()
            .take(LONGEST_PADDING + 1)
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        field::count(padding);
        match tail.get(padding..).unwrap_or_default() {
            [b'-', b'-', ..] if padding == 0 => Tail::Last,
            [b'-'] if padding == 0 => Tail::Unclear,
            _ if padding > LONGEST_PADDING => Tail::Content,
            [] | [b'\r'] => Tail::Unclear,
            [b'\r', b'\n', ..] => Tail::Line(padding + 2),
            _ => Tail::Content,
        }
    }
}

impl Tail {
    fn behind(self, content: usize, end: usize) -> Found {
        match self {
            Self::Line(length) => Found::At {
                content,
                end: end + length,
                is_last: false,
            },
            Self::Last => Found::At {
                content,
                end: end + 2,
                is_last: true,
            },
            Self::Unclear | Self::Content => Found::Not { content },
        }
    }
}

fn too_long() -> HttpError {
    HttpError::payload_too_large().with_source("the head of a part of a form is too long")
}

#[cfg(test)]
mod tests;
