//! `wsgi.errors`: a text stream that is the log.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyString;

/// A line without an end is logged when it is this long.
const LONGEST_LINE: usize = 8 * 1024;

/// Each line is a line of the log, of the target `gateway`.
#[pyclass(frozen, module = "adapter_wsgi")]
#[derive(Default)]
pub(crate) struct Errors {
    line: Mutex<String>,
}

#[pymethods]
impl Errors {
    fn write(&self, py: Python<'_>, text: &Bound<'_, PyString>) -> PyResult<usize> {
        // As CPython's own standard error: what cannot be encoded is shown, not refused.
        let text = text.to_string_lossy();
        let mut lines = Vec::new();
        {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            for piece in text.split_inclusive('\n') {
                line.push_str(piece);
                if line.ends_with('\n') || line.len() > LONGEST_LINE {
                    lines.push(std::mem::take(&mut *line));
                }
            }
        }
        log(py, &lines);
        Ok(text.chars().count())
    }

    fn writelines(&self, py: Python<'_>, lines: &Bound<'_, PyAny>) -> PyResult<()> {
        for line in lines.try_iter()? {
            self.write(py, line?.cast::<PyString>()?)?;
        }
        Ok(())
    }

    pub(crate) fn flush(&self, py: Python<'_>) {
        let line = std::mem::take(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner));
        if !line.is_empty() {
            log(py, &[line]);
        }
    }
}

/// The log may have to wait for whoever reads it: meanwhile the interpreter is free.
fn log(py: Python<'_>, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    py.detach(|| {
        for line in lines {
            tracing::error!(target: "gateway", "wsgi.errors: {}", line.trim_end_matches(['\r', '\n']));
        }
    });
}
