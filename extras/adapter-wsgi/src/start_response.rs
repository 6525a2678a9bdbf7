//! `start_response`, as a callable sees it.

use std::sync::Arc;

use bytes::Bytes;
use gateway_core::{Error, StartError};
use http::{HeaderName, header};
use pyo3::exceptions::{PyAssertionError, PyBaseException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTraceback, PyTuple};

use crate::call::Call;
use crate::latin1;
use crate::python_error::PythonError;
use crate::write::Write;

/// `start_response(status, headers, exc_info=None)`.
#[pyclass(frozen, module = "adapter_wsgi")]
pub(crate) struct Start(pub(crate) Arc<Call>);

#[pymethods]
impl Start {
    #[pyo3(signature = (status, headers, exc_info = None, /))]
    fn __call__(
        &self,
        py: Python<'_>,
        status: &Bound<'_, PyString>,
        headers: &Bound<'_, PyAny>,
        exc_info: Option<&Bound<'_, PyTuple>>,
    ) -> PyResult<Write> {
        let call = &self.0;
        let status = status.to_cow()?;
        let head = Head::read(headers)?;
        call.started(&status, head.length);
        let started = match exc_info.map(raised).transpose()?.flatten() {
            Some(raised) => self.restart(py, &status, head, raised),
            None => self.start(&status, head),
        };
        // A client that has left is no fault of the callable, which returns what is to be closed.
        match started {
            Err(_) if call.is_abandoned() => {}
            started => started?,
        }
        Ok(Write(call.clone()))
    }
}

impl Start {
    fn start(&self, status: &str, head: Head) -> PyResult<()> {
        let start_response = &self.0.start_response;
        let started = match head.names {
            Ok(headers) => start_response.start(status, headers),
            Err(refused) => start_response.start(status, [refused]),
        };
        started.map_err(|error| refused(&error))
    }

    fn restart(&self, py: Python<'_>, status: &str, head: Head, raised: PyErr) -> PyResult<()> {
        let error = PythonError::new(py, &raised);
        // Bytes that were handed over go out with the head that they were given for.
        if self.0.is_committed() {
            self.0.fail(error.into());
            return Err(raised);
        }
        let start_response = &self.0.start_response;
        let restarted = match head.names {
            Ok(headers) => start_response.restart(status, headers, error),
            Err(refused) => start_response.restart(status, [refused], error),
        };
        restarted.map_err(|error| too_late(error, raised))
    }
}

/// The exception in an `exc_info`, with its traceback; `None` where there is none.
fn raised(exc_info: &Bound<'_, PyTuple>) -> PyResult<Option<PyErr>> {
    let value = exc_info.get_item(1)?;
    if value.is_none() {
        return Ok(None);
    }
    let value = value.cast_into::<PyBaseException>()?;
    let error = PyErr::from_value(value.into_any());
    if let Ok(traceback) = exc_info.get_item(2)?.cast_into::<PyTraceback>() {
        error.set_traceback(exc_info.py(), Some(traceback));
    }
    Ok(Some(error))
}

/// PEP 3333 demands the exception itself, where it is too late for another head.
fn too_late(error: Error, raised: PyErr) -> PyErr {
    match error.downcast::<StartError>() {
        Ok(error) => refused(&error),
        Err(_) => raised,
    }
}

fn refused(error: &StartError) -> PyErr {
    if error.is_already_started() {
        PyAssertionError::new_err(error.to_string())
    } else {
        PyValueError::new_err(error.to_string())
    }
}

/// The headers of a start.
struct Head {
    /// The first name that is none, where there is one: the gateway says what is wrong with it.
    names: Result<Vec<(HeaderName, Bytes)>, (String, Bytes)>,
    length: Option<u64>,
}

impl Head {
    fn read(headers: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut pairs = Vec::with_capacity(headers.len().unwrap_or(0).min(64));
        let mut length = None;
        for pair in headers.try_iter()? {
            let pair = pair?;
            let (name, value) = match pair.cast::<PyTuple>() {
                Ok(pair) if pair.len() == 2 => (pair.get_item(0)?, pair.get_item(1)?),
                _ => return Err(PyTypeError::new_err("a header is a tuple of two strings")),
            };
            let (name, value) = (name.cast::<PyString>()?, value.cast::<PyString>()?);
            let (name, value) = (name.to_cow()?, latin1::to_bytes(value)?);
            let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
                let names = Err((name.into_owned(), value));
                return Ok(Self {
                    names,
                    length: None,
                });
            };
            if known == header::CONTENT_LENGTH {
                length = std::str::from_utf8(&value)
                    .ok()
                    .and_then(|text| text.trim().parse().ok());
            }
            pairs.push((known, value));
        }
        Ok(Self {
            names: Ok(pairs),
            length,
        })
    }
}
