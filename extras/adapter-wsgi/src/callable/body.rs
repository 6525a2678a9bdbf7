//! The body of a response, as an iterable.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use gateway_core::Outgoing;
use http_body::Body as _;
use pyo3::create_exception;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::runtime;

create_exception!(
    adapter_wsgi,
    ResponseAborted,
    PyRuntimeError,
    "The app failed after the head had gone out. The cause is in the log."
);

/// An iterable over the chunks, with the `close()` of PEP 3333.
#[pyclass(frozen, module = "adapter_wsgi")]
pub(super) struct ResponseBody(Mutex<Option<Outgoing>>);

impl ResponseBody {
    pub(super) fn new(body: Outgoing) -> Self {
        Self(Mutex::new(Some(body)))
    }

    fn take(&self) -> Option<Outgoing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl ResponseBody {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        // The lock is not held while the app works.
        let Some(mut body) = self.take() else {
            return Ok(None);
        };
        let runtime = runtime::shared()?;
        loop {
            let next = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
            match py.detach(|| runtime.block_on(next)) {
                // WSGI has no trailers.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
                        return Ok(Some(PyBytes::new(py, &data)));
                    }
                }
                Some(Err(_)) => return Err(ResponseAborted::new_err("the response was aborted")),
                None => return Ok(None),
            }
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let body = self.take();
        let runtime = runtime::shared()?;
        py.detach(|| {
            let _context = runtime.enter();
            drop(body);
        });
        Ok(())
    }
}
