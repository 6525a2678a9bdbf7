//! The environ of a WSGI server around this gateway.

use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The environ that an outer WSGI server gave, as an extension: a callable further in finds there
/// what it knows nothing of.
///
/// An app that is served as a [`WsgiCallable`](crate::WsgiCallable) has it among the extensions of its
/// environ (E15), and can read the variables of other middlewares in it.
#[derive(Clone)]
pub struct OuterEnviron(Arc<Py<PyDict>>);

impl OuterEnviron {
    pub(crate) fn new(environ: &Bound<'_, PyDict>) -> Self {
        Self(Arc::new(environ.clone().unbind()))
    }

    /// The environ itself.
    #[must_use]
    pub fn get<'py>(&self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.0.bind(py)
    }

    /// Adds the variables that no gateway makes by itself.
    pub(crate) fn add_to(&self, environ: &Bound<'_, PyDict>) -> PyResult<()> {
        for (key, value) in self.0.bind(environ.py()) {
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
