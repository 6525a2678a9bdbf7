//! Records (section 3.3).

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::CodecError;

/// The types of records (section 8).
pub(crate) mod kind {
    pub(crate) const BEGIN_REQUEST: u8 = 1;
    pub(crate) const ABORT_REQUEST: u8 = 2;
    pub(crate) const END_REQUEST: u8 = 3;
    pub(crate) const PARAMS: u8 = 4;
    pub(crate) const STDIN: u8 = 5;
    pub(crate) const STDOUT: u8 = 6;
    pub(crate) const STDERR: u8 = 7;
    pub(crate) const GET_VALUES: u8 = 9;
    pub(crate) const GET_VALUES_RESULT: u8 = 10;
    pub(crate) const UNKNOWN_TYPE: u8 = 11;
}

/// The role of an application that answers requests.
pub(crate) const ROLE_RESPONDER: u16 = 1;

/// The length of a record's header.
const HEADER: usize = 8;
/// The most that the content of a record can hold: its length is a number of two bytes.
pub(crate) const MAX_CONTENT: usize = u16::MAX as usize;
/// The longest record, with its padding: a connection buffers no more.
pub(crate) const MAX_RECORD: usize = HEADER + MAX_CONTENT + u8::MAX as usize;
const VERSION: u8 = 1;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: u8,
    /// The request that it belongs to; 0 for management records.
    pub(crate) id: u16,
    pub(crate) content: Bytes,
}

/// Takes the next record out of the buffer; `None` as long as it is not whole.
///
/// # Errors
///
/// When the version is not 1: nothing behind it can be understood.
pub(crate) fn decode(buffer: &mut BytesMut) -> Result<Option<Record>, CodecError> {
    let Some(
        &[
            version,
            kind,
            id_high,
            id_low,
            length_high,
            length_low,
            padding,
            _,
        ],
    ) = buffer.first_chunk::<HEADER>()
    else {
        return Ok(None);
    };
    if version != VERSION {
        return Err(CodecError::Malformed("the version of a record is not 1"));
    }
    let length = usize::from(u16::from_be_bytes([length_high, length_low]));
    let whole = HEADER + length + usize::from(padding);
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut record = buffer.split_to(whole);
    record.advance(HEADER);
    record.truncate(length);
    Ok(Some(Record {
        kind,
        id: u16::from_be_bytes([id_high, id_low]),
        content: record.freeze(),
    }))
}

/// Appends content as records, as many as it takes. No content is one record, which ends a stream.
///
/// Records are not padded, which is optional: nginx sends a head on at once only if nothing is behind
/// it, not even padding.
pub(crate) fn encode(kind: u8, id: u16, content: &[u8], out: &mut BytesMut) {
    let mut rest = content;
    loop {
        let (piece, behind) = rest.split_at(rest.len().min(MAX_CONTENT));
        out.reserve(HEADER + piece.len());
        out.put_u8(VERSION);
        out.put_u8(kind);
        out.put_u16(id);
        // `piece` is cut to what two bytes can say.
        out.put_u16(u16::try_from(piece.len()).unwrap_or(u16::MAX));
        // No padding, and a reserved byte.
        out.put_u16(0);
        out.put_slice(piece);
        rest = behind;
        if rest.is_empty() {
            return;
        }
    }
}

/// The bytes that end a connection so that the front end knows that the response is not whole.
///
/// The specification has no word for that: nginx takes a connection that is closed, and the status of
/// the application, for a response that ended well. A record of a version that does not exist is an
/// error of the response to every front end.
pub(crate) const BROKEN: [u8; HEADER] = [0; HEADER];
