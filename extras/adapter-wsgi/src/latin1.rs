//! PEP 3333's native strings: text whose code points are bytes.

use bytes::Bytes;
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// Bytes as a native string.
pub(crate) fn to_str<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            PyString::new(py, &text)
        }
    }
}

/// The bytes of a native string.
///
/// # Errors
///
/// `UnicodeEncodeError` where a code point is no byte.
pub(crate) fn to_bytes(text: &Bound<'_, PyString>) -> PyResult<Bytes> {
    let text = text.to_cow()?;
    if text.is_ascii() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let mut bytes = Vec::with_capacity(text.len());
    for (at, point) in text.chars().enumerate() {
        let Ok(byte) = u8::try_from(u32::from(point)) else {
            let reason = "ordinal not in range(256)";
            let fault = ("latin-1", text.to_string(), at, at + 1, reason);
            return Err(PyUnicodeEncodeError::new_err(fault));
        };
        bytes.push(byte);
    }
    Ok(bytes.into())
}
