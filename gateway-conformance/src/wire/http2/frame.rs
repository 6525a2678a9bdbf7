//! `Frame`: splits a stream of bytes into HTTP/2 frames.

use bytes::{Buf, Bytes, BytesMut};
use h2::Reason;

/// One frame (RFC 9113 section 4.1), as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Its sender.
    pub direction: Direction,
    /// Its type.
    pub kind: FrameKind,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// The length of its payload, with padding.
    pub len: usize,
    /// Its payload. That of DATA is not kept.
    pub payload: Bytes,
    padding: usize,
}

/// The sender of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// The server.
    Received,
    /// This client.
    Sent,
}

/// The type of a frame (RFC 9113 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
#[non_exhaustive]
pub enum FrameKind {
    Data,
    Headers,
    Priority,
    RstStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    Unknown(u8),
}

impl Frame {
    /// True if it ends its stream.
    pub fn is_end_stream(&self) -> bool {
        matches!(self.kind, FrameKind::Data | FrameKind::Headers) && self.flags & 0x1 != 0
    }

    /// The code in a RST_STREAM or GOAWAY frame.
    pub fn reason(&self) -> Option<Reason> {
        let at = match self.kind {
            FrameKind::RstStream => 0,
            FrameKind::GoAway => 4,
            _ => return None,
        };
        let code: [u8; 4] = self.payload.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(code).into())
    }

    /// The length of the content of a DATA frame, without padding; 0 for others.
    pub fn data_len(&self) -> usize {
        match self.kind {
            FrameKind::Data => self.len.saturating_sub(self.padding),
            _ => 0,
        }
    }
}

impl From<u8> for FrameKind {
    fn from(kind: u8) -> Self {
        match kind {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::RstStream,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            other => Self::Unknown(other),
        }
    }
}

/// Splits the bytes of one direction into frames.
#[derive(Debug)]
pub(super) struct FrameReader {
    direction: Direction,
    preface: usize,
    header: BytesMut,
    payload: BytesMut,
    /// The frame whose payload is being read, and how much of it is still to come.
    current: Option<(Frame, usize)>,
}

impl FrameReader {
    /// A reader for this direction. What the client sends begins with the preface.
    pub(super) fn new(direction: Direction) -> Self {
        const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
        Self {
            direction,
            preface: if direction == Direction::Sent {
                PREFACE
            } else {
                0
            },
            header: BytesMut::new(),
            payload: BytesMut::new(),
            current: None,
        }
    }

    /// Takes the next bytes and returns each frame that they complete.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut frame: impl FnMut(Frame)) {
        let skipped = self.preface.min(bytes.len());
        self.preface -= skipped;
        bytes.advance(skipped);
        while !bytes.is_empty() {
            self.feed_header(&mut bytes);
            self.feed_payload(&mut bytes);
            if let Some((_, 0)) = self.current
                && let Some((mut complete, _)) = self.current.take()
            {
                complete.payload = self.payload.split().freeze();
                frame(complete);
            }
        }
    }

    fn feed_header(&mut self, bytes: &mut &[u8]) {
        const HEADER: usize = 9;
        if self.current.is_some() {
            return;
        }
        let take = (HEADER - self.header.len()).min(bytes.len());
        self.header.extend_from_slice(&bytes[..take]);
        bytes.advance(take);
        let [a, b, c, kind, flags, d, e, f, g] = self.header[..] else {
            return;
        };
        self.header.clear();
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        let frame = Frame {
            direction: self.direction,
            kind: kind.into(),
            flags,
            // The first bit is reserved.
            stream: u32::from_be_bytes([d & 0x7f, e, f, g]),
            len,
            payload: Bytes::new(),
            padding: 0,
        };
        self.current = Some((frame, len));
    }

    fn feed_payload(&mut self, bytes: &mut &[u8]) {
        const PADDED: u8 = 0x8;
        let Some((frame, remaining)) = &mut self.current else {
            return;
        };
        let part = &bytes[..bytes.len().min(*remaining)];
        if frame.kind != FrameKind::Data {
            self.payload.extend_from_slice(part);
        } else if frame.flags & PADDED != 0 && *remaining == frame.len {
            // The first byte is the length of the padding, without itself.
            frame.padding = part.first().map_or(0, |&padding| usize::from(padding) + 1);
        }
        *remaining -= part.len();
        bytes.advance(part.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_the_bytes_are_cut() {
        let bytes = [
            &[0, 0, 4, 0, 0x9, 0, 0, 0, 1, 1, b'a', b'b', 0][..],
            &[0, 0, 0, 0, 0x1, 0, 0, 0, 1],
            &[0, 0, 4, 3, 0, 0x80, 0, 0, 3, 0, 0, 0, 8],
        ]
        .concat();
        for size in 1..=bytes.len() {
            let mut reader = FrameReader::new(Direction::Received);
            let mut frames = Vec::new();
            for piece in bytes.chunks(size) {
                reader.feed(piece, |frame| frames.push(frame));
            }
            let [padded, empty, reset] = &frames[..] else {
                panic!("three frames, not {frames:?}");
            };
            assert_eq!(
                (padded.len, padded.data_len(), padded.is_end_stream()),
                (4, 2, true)
            );
            assert_eq!((empty.data_len(), empty.is_end_stream()), (0, true));
            assert_eq!((reset.stream, reset.reason()), (3, Some(Reason::CANCEL)));
        }
    }

    #[test]
    fn the_preface_is_no_frame() {
        let mut reader = FrameReader::new(Direction::Sent);
        let mut frames = Vec::new();
        reader.feed(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", |frame| {
            frames.push(frame)
        });
        reader.feed(&[0, 0, 0, 4, 0, 0, 0, 0, 0], |frame| frames.push(frame));
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].kind, FrameKind::Settings);
    }
}
