use bytes::{Buf, Bytes, BytesMut};

use crate::wire::deadline::Deadline;
use crate::wire::error;
use crate::wire::{End, Framing, Head, WireError, WireResponse};

use super::chunk;
use super::framing;
use super::head;
use super::socket::Socket;

/// The reading half of a connection: bytes that came and were not taken yet, and
/// the response under way.
///
/// A part is taken from the buffer when it is there as a whole, so a call that timed
/// out can be repeated.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    pub(super) buffer: BytesMut,
    /// How the connection ended, if it did.
    ended: Option<End>,
    interim: Vec<Head>,
    current: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    response: WireResponse,
    body: BytesMut,
    /// Of a body with a length: what is still to come.
    remaining: u64,
    done: bool,
}

impl Receiver {
    /// Reads more bytes into the buffer, or how the connection ended.
    pub(super) async fn fill(
        &mut self,
        socket: &Socket,
        deadline: Deadline,
        what: &str,
    ) -> Result<Option<End>, WireError> {
        if self.ended.is_some() {
            return Ok(self.ended);
        }
        // Read beside the buffer, so that the error can show the buffer.
        let mut more = BytesMut::new();
        let read = deadline
            .bound(what, &self.buffer, socket.read(&mut more))
            .await?;
        match read {
            Ok(0) => self.ended = Some(End::Truncated),
            Ok(_) if self.buffer.is_empty() => self.buffer = more,
            Ok(_) => self.buffer.extend_from_slice(&more),
            Err(error) if error::is_reset(&error) => self.ended = Some(End::Reset(None)),
            Err(error) => return Err(WireError::io("read", error)),
        }
        Ok(self.ended)
    }

    /// Reads a head and begins its response, the interim ones collected.
    pub(super) async fn read_head(
        &mut self,
        socket: &Socket,
        deadline: Deadline,
        method: &str,
    ) -> Result<Head, WireError> {
        if self.current.is_some() {
            return Err(WireError::request(
                "the response before was not read to its end",
            ));
        }
        loop {
            let head = self.next_head(socket, deadline).await?;
            let framing = framing::decide(method, &head)?;
            if is_interim(head.status.to_string().as_bytes()) {
                self.interim.push(head);
                continue;
            }
            let interim = std::mem::take(&mut self.interim);
            let remaining = if let Framing::Length(length) = framing {
                length
            } else {
                0
            };
            let response = WireResponse::begin(head.clone(), interim, framing);
            self.current = Some(Reading {
                response,
                body: BytesMut::new(),
                remaining,
                done: false,
            });
            return Ok(head);
        }
    }

    /// Reads the next head if it is an interim one.
    pub(super) async fn read_interim(
        &mut self,
        socket: &Socket,
        deadline: Deadline,
    ) -> Result<Option<Head>, WireError> {
        const STATUS: std::ops::Range<usize> = 9..12;
        self.ensure_between()?;
        while self.buffer.len() < STATUS.end {
            // Refuses at once what cannot become a head.
            head::parse(&self.buffer)?;
            self.fill_head(socket, deadline).await?;
        }
        if !is_interim(&self.buffer[STATUS]) {
            return Ok(None);
        }
        let head = self.next_head(socket, deadline).await?;
        framing::decide("", &head)?;
        self.interim.push(head.clone());
        Ok(Some(head))
    }

    /// Reads the next piece of the body; `None` is its end, however it came.
    pub(super) async fn read_chunk(
        &mut self,
        socket: &Socket,
        deadline: Deadline,
    ) -> Result<Option<Bytes>, WireError> {
        loop {
            let Some(reading) = &mut self.current else {
                return Err(WireError::request(
                    "there is no head of which this is the body",
                ));
            };
            if reading.done {
                return Ok(None);
            }
            if let Some(piece) = reading.take(&mut self.buffer)? {
                return Ok(Some(piece));
            }
            if reading.done {
                return Ok(None);
            }
            let what = match reading.response.framing {
                Framing::Chunked => "next chunk",
                Framing::CloseDelimited => "end of a body that ends with the connection",
                _ => "rest of the body",
            };
            if let Some(end) = self.fill(socket, deadline, what).await?
                && let Some(reading) = &mut self.current
            {
                return Ok(reading.break_off(&mut self.buffer, end));
            }
        }
    }

    /// Reads what is left of the response and gives it out.
    pub(super) async fn finish(
        &mut self,
        socket: &Socket,
        deadline: Deadline,
    ) -> Result<WireResponse, WireError> {
        while self.read_chunk(socket, deadline).await?.is_some() {}
        match self.current.take() {
            Some(mut reading) => {
                reading.response.body = reading.body.freeze();
                Ok(reading.response)
            }
            None => Err(WireError::request("there is no response to finish")),
        }
    }

    fn ensure_between(&self) -> Result<(), WireError> {
        match self.current {
            Some(_) => Err(WireError::request(
                "the response before was not read to its end",
            )),
            None => Ok(()),
        }
    }

    async fn next_head(&mut self, socket: &Socket, deadline: Deadline) -> Result<Head, WireError> {
        loop {
            if let Some(head) = head::parse(&self.buffer)? {
                self.buffer.advance(head.raw.len());
                return Ok(head);
            }
            self.fill_head(socket, deadline).await?;
        }
    }

    async fn fill_head(&mut self, socket: &Socket, deadline: Deadline) -> Result<(), WireError> {
        const WHAT: &str = "whole response head";
        match self.fill(socket, deadline, WHAT).await? {
            None => Ok(()),
            Some(End::Reset(_)) => Err(WireError::reset(WHAT, &self.buffer)),
            Some(_) => Err(WireError::closed(WHAT, &self.buffer)),
        }
    }
}

impl Reading {
    /// Takes a piece of the body if it is there, or notes that the body is over.
    fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, WireError> {
        match self.response.framing {
            Framing::Chunked => return self.take_chunk(buffer),
            Framing::Length(_) if self.remaining > 0 => {
                let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX);
                let piece = buffer.split_to(buffer.len().min(wanted)).freeze();
                self.remaining -= piece.len() as u64;
                return Ok(self.keep(piece));
            }
            Framing::CloseDelimited => {
                let piece = buffer.split().freeze();
                return Ok(self.keep(piece));
            }
            _ => self.complete(),
        }
        Ok(None)
    }

    fn take_chunk(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, WireError> {
        let Some(chunk) = chunk::parse_head(buffer)? else {
            return Ok(None);
        };
        if chunk.size == 0 {
            if let Some((trailers, length)) = head::fields(&buffer[chunk.line..])? {
                self.response.trailers = trailers;
                buffer.advance(chunk.line + length);
                self.complete();
            }
            return Ok(None);
        }
        let end = chunk.line + chunk.size;
        let after = buffer.get(end..).unwrap_or_default();
        if !after.iter().zip(b"\r\n").all(|(have, want)| have == want) {
            return Err(WireError::malformed("data where a chunk has to end", after));
        }
        if after.len() < 2 {
            return Ok(None);
        }
        buffer.advance(chunk.line);
        let piece = buffer.split_to(chunk.size).freeze();
        buffer.advance(2);
        self.response.chunks.push(piece.clone());
        Ok(self.keep(piece))
    }

    /// The connection ended; what came of the body is kept.
    fn break_off(&mut self, buffer: &mut BytesMut, end: End) -> Option<Bytes> {
        self.done = true;
        self.response.end = match (self.response.framing, end) {
            (Framing::CloseDelimited, End::Truncated) => End::Complete,
            _ => end,
        };
        if self.response.framing != Framing::Chunked {
            return None;
        }
        // Of a chunk cut short the size line is no content.
        let chunk = chunk::parse_head(buffer).ok().flatten();
        let Some(chunk) = chunk.filter(|chunk| chunk.size > 0) else {
            buffer.clear();
            return None;
        };
        buffer.advance(chunk.line);
        let piece = buffer.split_to(buffer.len().min(chunk.size)).freeze();
        buffer.clear();
        let piece = self.keep(piece)?;
        self.response.chunks.push(piece.clone());
        Some(piece)
    }

    fn keep(&mut self, piece: Bytes) -> Option<Bytes> {
        self.body.extend_from_slice(&piece);
        (!piece.is_empty()).then_some(piece)
    }

    fn complete(&mut self) {
        self.done = true;
        self.response.end = End::Complete;
    }
}

/// Whether another response follows the one with this status code. None does after a
/// 101, which is the last response that is HTTP/1 (RFC 9110 section 15.2.2).
fn is_interim(status: &[u8]) -> bool {
    status.starts_with(b"1") && status != b"101"
}
