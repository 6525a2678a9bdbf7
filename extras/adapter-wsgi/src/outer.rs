//! The environ of a WSGI server around this gateway.

use std::fmt;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The environ that an outer WSGI server gave, as an extension: a callable further in finds there
/// what it knows nothing of.
///
/// An app that is served as a [`WsgiCallable`](crate::WsgiCallable) has it among the extensions of its
/// environ (E15), and can read the variables of other middlewares in it.
///
/// A callable further in also runs in a copy of the context (PEP 567) in which the outer server called.
#[derive(Clone)]
pub struct OuterEnviron(Arc<Outer>);

struct Outer {
    environ: Py<PyDict>,
    /// A `contextvars.Context`, which nothing runs in.
    context: Py<PyAny>,
}

impl OuterEnviron {
    pub(crate) fn new(environ: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = environ.py();
        let contextvars = py.import(intern!(py, "contextvars"))?;
        let context = contextvars.call_method0(intern!(py, "copy_context"))?;
        Ok(Self(Arc::new(Outer {
            environ: environ.clone().unbind(),
            context: context.unbind(),
        })))
    }

    /// The environ itself.
    #[must_use]
    pub fn get<'py>(&self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.0.environ.bind(py)
    }

    /// A copy of the context of the outer call.
    pub(crate) fn context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.context.bind(py).call_method0(intern!(py, "copy"))
    }

    /// Adds the variables that no gateway makes by itself.
    pub(crate) fn add_to(&self, environ: &Bound<'_, PyDict>) -> PyResult<()> {
        for (key, value) in self.get(environ.py()) {
            let is_the_gateways = key.extract::<&str>().is_ok_and(|key| {
                key.starts_with("HTTP_") || key.starts_with("wsgi.") || CGI.contains(&key)
            });
            if !is_the_gateways && !environ.contains(&key)? {
                environ.set_item(key, value)?;
            }
        }
        Ok(())
    }
}

/// Variables of a request, which a middleware may have taken away.
const CGI: [&str; 3] = ["CONTENT_TYPE", "CONTENT_LENGTH", "RAW_URI"];

impl fmt::Debug for OuterEnviron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets: they are not shown.
        f.debug_struct("OuterEnviron").finish_non_exhaustive()
    }
}
