//! From bytes to parts (RFC 2046 section 5.1.1), without input or output.

use bytes::{Bytes, BytesMut};
use gateway_core::HttpError;
use memchr::memmem::Finder;

use super::PartHead;
use crate::field;

/// White space behind a boundary that a mail gateway may have added.
const LONGEST_PADDING: usize = 128;

/// What comes next.
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
    /// The form ends; what follows says nothing.
    End,
}

/// A form as far as it has arrived. It holds what may be a part of a delimiter or of a head, and the
/// rest of a chunk.
#[derive(Debug)]
pub(super) struct Parser {
    /// CR LF, two hyphens and the boundary.
    delimiter: Finder<'static>,
    buffer: Bytes,
    /// How much of the buffer holds no end of the head.
    scanned: usize,
    state: State,
    longest_head: usize,
}

#[derive(Debug)]
enum State {
    /// What stands before the first boundary, and how much that was.
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

/// A look for the delimiter.
enum Found {
    /// So many bytes are surely content.
    Not { content: usize },
    /// Behind so many bytes of content, up to there.
    At {
        content: usize,
        end: usize,
        is_last: bool,
    },
}

/// What stands behind a boundary.
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

    /// Takes more bytes. A chunk is copied only where something is left of the one before.
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
    /// 400 for a malformed head, 413 for one that is too long, and for such a preamble.
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
            // No fields at all, and so no name.
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

    /// Looks for the delimiter. At the start of the form and of a part, its line end has been read.
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

    /// How many bytes at the end may be the start of a delimiter. A boundary holds no CR.
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::field::assert_linear;

    /// All of a form, as lines.
    fn read(chunks: impl IntoIterator<Item = Bytes>) -> Result<Vec<String>, u16> {
        let mut parser = Parser::new(b"b", 200);
        let mut lines: Vec<String> = Vec::new();
        let mut chunks = chunks.into_iter();
        loop {
            match parser.step().map_err(|error| error.status().as_u16())? {
                Step::More => match chunks.next() {
                    Some(chunk) => parser.feed(chunk),
                    None => return Err(400),
                },
                Step::Head(head) => lines.push(format!("{head:?}: ")),
                Step::Data(data) => {
                    assert!(!data.is_empty());
                    let line = lines.last_mut().unwrap();
                    line.push_str(&data.escape_ascii().to_string());
                }
                Step::EndOfPart => lines.push(String::new()),
                Step::End => return Ok(lines),
            }
        }
    }

    fn whole(form: &str) -> Result<Vec<String>, u16> {
        read([Bytes::copy_from_slice(form.as_bytes())])
    }

    const HEAD: &str = "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n";

    /// The contents of a form's parts.
    fn contents(form: &str) -> Vec<String> {
        let lines = whole(form).unwrap();
        let text = |line: &String| line.split_once("}: ").unwrap().1.to_owned();
        lines
            .iter()
            .filter(|line| !line.is_empty())
            .map(text)
            .collect()
    }

    #[test]
    fn rfc2046_5_1_1_a_delimiter_is_a_whole_line() {
        for (content, expected) in [
            ("x\r\n", "x"),
            ("\r\n", ""),
            // A part without content: the delimiter's line end is that of the head.
            ("", ""),
            ("\r\n\r\n", "\\r\\n"),
            ("x--b--\r\n", "x--b--"),
            ("--bb\r\n", "--bb"),
            ("x\r\n--bb\r\n", "x\\r\\n--bb"),
            ("x\r\n--b-\r\n", "x\\r\\n--b-"),
            ("x\r\n--b x\r\n", "x\\r\\n--b x"),
            ("x\n--b\n\r\n", "x\\n--b\\n"),
            ("\r\r\n", "\\r"),
            ("--b\r\r\n", "--b\\r"),
        ] {
            let form = format!("{HEAD}{content}--b--");
            assert_eq!(contents(&form), [expected], "{content:?}");
            let form = format!(
                "preamble\r\n{HEAD}{content}--b \t\r\n{}x\r\n--b--",
                &HEAD[5..]
            );
            assert_eq!(contents(&form), [expected, "x"], "{content:?}");
        }
        assert!(whole("--b--").unwrap().is_empty());
        assert!(whole("\r\n--b--junk").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for form in [
            "",
            "--b",
            "--b\r\n",
            "--b-",
            "x",
            "--b\r\n\r\nx\r\n--b--",
            "--b\r\nx: y\r\n--b--",
        ] {
            assert_eq!(whole(form), Err(400), "{form:?}");
        }
        assert_eq!(whole(&format!("{HEAD}x")), Err(400));
        let long = "x".repeat(201);
        assert_eq!(whole(&format!("{long}\r\n{HEAD}x\r\n--b--")), Err(413));
        assert_eq!(
            whole(&format!("--b\r\nx: {long}\r\n\r\nx\r\n--b--")),
            Err(413)
        );
    }

    #[test]
    fn forms_are_linear_in_any_chunks() {
        let bodies = [
            "x", "\r", "\r\n", "\r\n-", "\r\n--", "\r\n--b", "\r\n--bb", "\r\n--b ", "--b\r\n", "-",
        ];
        for unit in bodies {
            for chunk in [1, 7, usize::MAX] {
                assert_linear(unit, |size| {
                    let form = Bytes::from(format!("{HEAD}{}\r\n--b--", unit.repeat(size)));
                    let _ = read(form.chunks(chunk).map(|chunk| form.slice_ref(chunk)));
                });
            }
        }
        for unit in [
            HEAD, "x: y\r\n", ";", ";a=\"", "\"", ":", "\r\n ", "\\", "a=b;",
        ] {
            for chunk in [1, usize::MAX] {
                assert_linear(unit, |size| {
                    let head = format!("{}{}", &HEAD[..HEAD.len() - 4], unit.repeat(size));
                    let form = Bytes::from(format!("{head}\r\n\r\nx\r\n--b--"));
                    let mut parser = Parser::new(b"b", usize::MAX);
                    for chunk in form.chunks(chunk) {
                        parser.feed(form.slice_ref(chunk));
                        let step = loop {
                            match parser.step() {
                                Ok(Step::Head(_) | Step::Data(_) | Step::EndOfPart) => {}
                                step => break step,
                            }
                        };
                        // An error ends the form.
                        if step.is_err() {
                            break;
                        }
                    }
                });
            }
        }
    }

    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\r\n--b\r\n"),
            Just("\r\n--b--"),
            Just("--b\r\n"),
            Just("\r"),
            Just("\n"),
            Just("-"),
            Just("b"),
            Just(" "),
            Just(HEAD),
            Just("\r\n"),
            Just("xyz"),
            Just("Content-Disposition: form-data; name=n\r\n\r\n"),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_split_gives_the_same_form(
            form in pieces(),
            is_begun in any::<bool>(),
            cuts in proptest::collection::vec(1_usize..9, 1..9),
        ) {
            let form = if is_begun { format!("{HEAD}{form}") } else { form };
            let expected = whole(&form);
            let mut rest = Bytes::from(form);
            let mut cuts = cuts.into_iter().cycle();
            let chunks = std::iter::from_fn(|| {
                let cut = cuts.next()?.min(rest.len());
                (cut > 0).then(|| rest.split_to(cut))
            });
            prop_assert_eq!(read(chunks), expected);
        }

        #[test]
        fn every_content_comes_back(
            contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..5),
        ) {
            let mut form = Vec::new();
            for content in &contents {
                form.extend_from_slice(b"--bound\r\ncontent-disposition: form-data; name=n\r\n\r\n");
                form.extend_from_slice(content);
                form.extend_from_slice(b"\r\n");
            }
            form.extend_from_slice(b"--bound--\r\n");
            let mut parser = Parser::new(b"bound", 1_000);
            let mut read: Vec<Vec<u8>> = Vec::new();
            parser.feed(form.into());
            loop {
                match parser.step().unwrap() {
                    Step::Head(_) => read.push(Vec::new()),
                    Step::Data(data) => read.last_mut().unwrap().extend_from_slice(&data),
                    Step::EndOfPart => {}
                    Step::More | Step::End => break,
                }
            }
            prop_assert_eq!(read, contents);
        }
    }
}
