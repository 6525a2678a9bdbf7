//! From the iterable to the body.

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::call::{Call, Gone};

/// Hands over what an iterable gives, until it ends or nobody reads any more.
///
/// # Errors
///
/// What the iterable raises; `TypeError` for anything but bytes.
pub(crate) fn iterate(py: Python<'_>, call: &Call, iterable: &Bound<'_, PyAny>) -> PyResult<()> {
    // PEP 3333: an iterable of one item is a whole body, and gets a Content-Length.
    if let Some(only) = only_item(iterable)
        && !call.is_committed()
    {
        let body = Bytes::copy_from_slice(chunk(&only?)?);
        // When nobody waits, the client has gone (L3).
        let _ = call.answer(body);
        return Ok(());
    }
    // L3: its client left while it was called. What it returned is closed, and not begun.
    if call.is_abandoned() {
        return Ok(());
    }
    for item in iterable.try_iter()? {
        let item = item?;
        let chunk = chunk(&item)?;
        let handed_over = if chunk.is_empty() {
            // B2: nothing to hand over. One that gives nothing for ever ends with its client.
            match call.is_abandoned() {
                true => Err(Gone),
                false => Ok(()),
            }
        } else {
            call.hand_over(py, Bytes::copy_from_slice(chunk))
        };
        if handed_over.is_err() {
            break;
        }
    }
    Ok(())
}

/// True if all of the body is there already.
pub(crate) fn is_buffered(iterable: &Bound<'_, PyAny>) -> bool {
    iterable.is_exact_instance_of::<PyList>() || iterable.is_exact_instance_of::<PyTuple>()
}

/// The item of a list or a tuple that has one.
fn only_item<'py>(iterable: &Bound<'py, PyAny>) -> Option<PyResult<Bound<'py, PyAny>>> {
    if let Ok(list) = iterable.cast_exact::<PyList>() {
        return (list.len() == 1).then(|| list.get_item(0));
    }
    let tuple = iterable.cast_exact::<PyTuple>().ok()?;
    (tuple.len() == 1).then(|| tuple.get_item(0))
}

fn chunk<'a>(item: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    match item.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes()),
        Err(_) => Err(PyTypeError::new_err(format!(
            "the iterable of a WSGI callable gave {}, not bytes",
            item.get_type().name()?
        ))),
    }
}
