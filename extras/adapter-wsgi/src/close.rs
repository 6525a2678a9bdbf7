//! Calling `close()`.

use pyo3::intern;
use pyo3::prelude::*;

use crate::python_error::PythonError;

/// Calls the `close` of what a callable returned, if it has one. What that raises is logged: the
/// response is over.
pub(crate) fn close(py: Python<'_>, iterable: &Bound<'_, PyAny>) {
    let closed = match iterable.getattr_opt(intern!(py, "close")) {
        Ok(Some(close)) => close.call0().map(drop),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = closed {
        let error = PythonError::new(py, &error);
        py.detach(|| tracing::error!(target: "gateway", clause = "L1", "close() failed: {error}"));
    }
}
