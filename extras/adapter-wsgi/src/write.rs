//! `write`: the push side of PEP 3333.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::call::{Call, ClientGone, Gone};

/// What `start_response` returns.
#[pyclass(frozen, module = "adapter_wsgi")]
pub(crate) struct Write(pub(crate) Arc<Call>);

#[pymethods]
impl Write {
    fn __call__(&self, py: Python<'_>, data: &Bound<'_, PyBytes>) -> PyResult<()> {
        let data = data.as_bytes();
        if data.is_empty() {
            return Ok(());
        }
        match self.0.hand_over(py, Bytes::copy_from_slice(data)) {
            Err(Gone) if !self.0.may_discard(data.len()) => {
                Err(ClientGone::new_err("nobody reads the response any more"))
            }
            _ => Ok(()),
        }
    }
}
