//! Name-value pairs (section 3.4).

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::codec::CodecError;
use crate::variables::Variables;

/// The bit of a length that takes four bytes.
const LONG: u32 = 1 << 31;

/// Reads all pairs of a stream that is whole.
///
/// # Errors
///
/// When a length points behind the end, or there are more pairs than `limit`.
pub(super) fn parse(mut stream: Bytes, limit: usize) -> Result<Variables, CodecError> {
    let mut variables = Variables::default();
    while stream.has_remaining() {
        let name = length(&mut stream)?;
        let value = length(&mut stream)?;
        let name = take(&mut stream, name)?;
        let value = take(&mut stream, value)?;
        variables.push(name, value, limit)?;
    }
    Ok(variables)
}

fn length(stream: &mut Bytes) -> Result<usize, CodecError> {
    let first = *stream.first().ok_or(CUT)?;
    if first < 0x80 {
        stream.advance(1);
        return Ok(usize::from(first));
    }
    let long = stream.try_get_u32().map_err(|_| CUT)?;
    usize::try_from(long & !LONG).map_err(|_| CUT)
}

fn take(stream: &mut Bytes, length: usize) -> Result<Bytes, CodecError> {
    match stream.len() < length {
        true => Err(CUT),
        false => Ok(stream.split_to(length)),
    }
}

const CUT: CodecError = CodecError::Malformed("a name-value pair ends behind its stream");

/// Appends a pair; one that is too long for the protocol (2 GiB) is left out.
pub(crate) fn append(name: &[u8], value: &[u8], out: &mut BytesMut) {
    let fits = |bytes: &[u8]| {
        u32::try_from(bytes.len())
            .ok()
            .filter(|length| *length < LONG)
    };
    let (Some(name_length), Some(value_length)) = (fits(name), fits(value)) else {
        return;
    };
    for length in [name_length, value_length] {
        match u8::try_from(length) {
            Ok(short) if short < 0x80 => out.put_u8(short),
            _ => out.put_u32(length | LONG),
        }
    }
    out.put_slice(name);
    out.put_slice(value);
}
