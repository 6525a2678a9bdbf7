//! What a callable raised, as an error of an app.

use std::error::Error as StdError;
use std::fmt;

use pyo3::prelude::*;

/// An exception with its traceback, for the log.
#[derive(Debug)]
pub(crate) struct PythonError(String);

impl PythonError {
    pub(crate) fn new(py: Python<'_>, error: &PyErr) -> Self {
        // Not `PyErr::print`, which ends the process for a SystemExit.
        let text = format(py, error).unwrap_or_else(|_| error.to_string());
        Self(text.trim_end().to_owned())
    }
}

fn format(py: Python<'_>, error: &PyErr) -> PyResult<String> {
    let parts = (error.get_type(py), error.value(py), error.traceback(py));
    let lines = py
        .import("traceback")?
        .call_method1("format_exception", parts)?;
    Ok(lines.extract::<Vec<String>>()?.concat())
}

impl fmt::Display for PythonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for PythonError {}
