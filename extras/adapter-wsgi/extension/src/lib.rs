//! An extension module: `gunicorn gateway_rust:app` serves an app of this project.

mod showcase;

use adapter_wsgi::{Wsgi, WsgiCallable};
use pyo3::prelude::*;

/// Rust apps as WSGI callables.
#[pymodule]
mod gateway_rust {
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("app", WsgiCallable::new(showcase::app()))
    }

    /// A WSGI callable behind the gateway, as a WSGI callable again: with everything that the gateway
    /// sees to, and a place for Rust middlewares around it.
    #[pyfunction]
    #[pyo3(signature = (callable, threads = 4))]
    fn through(callable: Py<PyAny>, threads: usize) -> WsgiCallable {
        WsgiCallable::new(Wsgi::from_callable(callable).threads(threads))
    }
}
