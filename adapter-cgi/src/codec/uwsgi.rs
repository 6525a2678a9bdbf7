//! The uwsgi protocol: the variables of a request in one packet, the body behind it.

#[cfg(test)]
mod tests;

use bytes::{Buf, Bytes, BytesMut};

use super::CodecError;
use crate::limits::Limits;
use crate::variables::Variables;

const HEADER: usize = 4;
/// The modifier of a packet that holds the variables of a request.
const REQUEST: u8 = 0;

/// Takes the variables out of the buffer; `None` as long as they are not whole. The buffer then begins
/// with the body.
///
/// # Errors
///
/// When it is no packet of a request, a length points behind its end, or a limit is passed. The
/// buffer is of no use then.
pub(crate) fn decode(
    buffer: &mut BytesMut,
    limits: Limits,
) -> Result<Option<Variables>, CodecError> {
    // The second modifier means something to other kinds of applications.
    let Some(&[modifier, low, high, _]) = buffer.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    if modifier != REQUEST {
        return Err(CodecError::Malformed(
            "the packet's modifier is not that of a request",
        ));
    }
    let length = usize::from(u16::from_le_bytes([low, high]));
    if length > limits.head_bytes {
        return Err(CodecError::TooLong {
            limit: limits.head_bytes,
        });
    }
    let whole = HEADER + length;
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut packet = buffer.split_to(whole).freeze();
    packet.advance(HEADER);
    let mut variables = Variables::default();
    while packet.has_remaining() {
        let name = text(&mut packet)?;
        let value = text(&mut packet)?;
        variables.push(name, value, limits.variables)?;
    }
    Ok(Some(variables))
}

fn text(packet: &mut Bytes) -> Result<Bytes, CodecError> {
    const CUT: CodecError = CodecError::Malformed("a variable ends behind its packet");
    let length = usize::from(packet.try_get_u16_le().map_err(|_| CUT)?);
    match packet.len() < length {
        true => Err(CUT),
        false => Ok(packet.split_to(length)),
    }
}
