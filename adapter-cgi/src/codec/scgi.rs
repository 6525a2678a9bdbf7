//! SCGI: the variables of a request as one netstring, the body behind it.

#[cfg(test)]
mod tests;

use bytes::{Buf, Bytes, BytesMut};

use super::CodecError;
use crate::limits::Limits;
use crate::variables::Variables;

/// A netstring's length has no more digits than this, else it is over every limit.
const MAX_DIGITS: usize = 9;

/// Takes the variables out of the buffer; `None` as long as they are not whole. The buffer then begins
/// with the body.
///
/// # Errors
///
/// When it is no netstring of names and values, when the protocol's own two variables are missing, or
/// when a limit is passed. The buffer is of no use then.
pub(crate) fn decode(
    buffer: &mut BytesMut,
    limits: Limits,
) -> Result<Option<Variables>, CodecError> {
    let digits = buffer
        .iter()
        .take(MAX_DIGITS + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let over = CodecError::TooLong {
        limit: limits.head_bytes,
    };
    if digits > MAX_DIGITS {
        return Err(over);
    }
    match buffer.get(digits) {
        None => return Ok(None),
        Some(b':') => {}
        Some(_) => return Err(CodecError::Malformed("a netstring begins with its length")),
    }
    let number = buffer.get(..digits).unwrap_or_default();
    if number.is_empty() || (number.len() > 1 && number.starts_with(b"0")) {
        return Err(CodecError::Malformed(
            "a netstring's length is a number without zeros before it",
        ));
    }
    let length = number
        .iter()
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    if length > limits.head_bytes {
        return Err(over);
    }
    // Behind the number: a colon, the content, a comma.
    let whole = digits + 1 + length + 1;
    if buffer.len() < whole {
        buffer.reserve(whole - buffer.len());
        return Ok(None);
    }
    let mut message = buffer.split_to(whole).freeze();
    message.advance(digits + 1);
    if message.split_off(length) != b",".as_slice() {
        return Err(CodecError::Malformed("a netstring ends with a comma"));
    }
    parse(message, limits.variables).map(Some)
}

fn parse(mut content: Bytes, limit: usize) -> Result<Variables, CodecError> {
    let mut variables = Variables::default();
    while content.has_remaining() {
        let name = until_nul(&mut content)?;
        let value = until_nul(&mut content)?;
        if name.is_empty() {
            return Err(CodecError::Malformed("a variable has no name"));
        }
        variables.push(name, value, limit)?;
    }
    match variables.iter().next() {
        Some((b"CONTENT_LENGTH", _)) => {}
        _ => return Err(CodecError::Malformed("CONTENT_LENGTH is not the first")),
    }
    match variables.get("SCGI") {
        Some(b"1") => Ok(variables),
        _ => Err(CodecError::Malformed("the variable SCGI is not 1")),
    }
}

fn until_nul(content: &mut Bytes) -> Result<Bytes, CodecError> {
    let end = content
        .iter()
        .position(|byte| *byte == 0)
        .ok_or(CodecError::Malformed("a variable ends without a NUL"))?;
    let text = content.split_to(end);
    content.advance(1);
    Ok(text)
}
