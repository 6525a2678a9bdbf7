//! An app as a WSGI callable.

mod body;
mod input;
mod request;
mod runtime;
mod target;

use std::fmt;

use gateway_core::{App, AppExt, BoxApp, Gateway, HttpError, Outgoing, strip_connection_fields};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::latin1;
use body::ResponseBody;

/// An app of this project as a WSGI callable (PEP 3333), for `gunicorn`, `waitress`, Werkzeug's server,
/// or below a prefix by Werkzeug's `DispatcherMiddleware`.
///
/// # Contract
///
/// - The app runs on the thread of the server that calls it, in the context of a tokio runtime which
///   the process shares (L7). The runtime is made at the first call, and made anew in a process that
///   was forked: a server may load the module before it forks. The interpreter is free while the app
///   runs.
/// - `start_response` is called once, before the callable returns. The iterable gives the body's chunks
///   as they come, and its `close()` drops the body (L1). A body that is buffered is a list of one
///   item, with its Content-Length.
/// - An error in mid-body is raised by the iterable: the server then aborts the response (B8).
/// - The app's input is the `wsgi.input`, up to Content-Length, or to its end where the server says
///   `wsgi.input_terminated`. Reading it blocks the thread that polls: an app that hands its input to
///   another task blocks a thread of the runtime.
/// - REQUEST_URI is what the server gives as `REQUEST_URI` or `RAW_URI`, where that agrees with
///   SCRIPT_NAME and PATH_INFO; else it is made of these two.
/// - `REMOTE_USER` and `AUTH_TYPE` are variables of the environ. The rest of what the server gave is in
///   an extension, [`OuterEnviron`](crate::OuterEnviron).
/// - Trailers are dropped: WSGI has none. So are the fields that belong to a connection (S7).
///
/// # Examples
///
/// An extension module, built by `maturin`; `gunicorn shop:app` serves it.
///
/// ```
/// use adapter_wsgi::WsgiCallable;
/// use gateway_core::view;
/// use pyo3::prelude::*;
///
/// #[pymodule]
/// fn shop(module: &Bound<'_, PyModule>) -> PyResult<()> {
///     module.add("app", WsgiCallable::new(view(async |_| "Hello from Rust!")))
/// }
/// ```
#[pyclass(frozen, module = "adapter_wsgi")]
pub struct WsgiCallable {
    gateway: Gateway<BoxApp>,
}

impl WsgiCallable {
    /// A callable for an app.
    #[must_use]
    pub fn new(app: impl App) -> Self {
        Self {
            gateway: Gateway::new(app.boxed()),
        }
    }

    /// A callable for a gateway: one with an observer, say.
    #[must_use]
    pub fn from_gateway(gateway: Gateway<BoxApp>) -> Self {
        Self { gateway }
    }
}

#[pymethods]
impl WsgiCallable {
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        environ: &Bound<'py, PyDict>,
        start_response: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runtime = runtime::shared()
            .map_err(|error| PyRuntimeError::new_err(format!("no tokio runtime: {error}")))?;
        let response = match request::environ(&self.gateway, environ)? {
            Ok(environ) => py.detach(|| runtime.block_on(self.gateway.handle(environ))),
            Err(head) => self
                .gateway
                .refuse(&head.as_refused(), HttpError::bad_request()),
        };
        answer(py, response, start_response)
    }
}

fn answer<'py>(
    py: Python<'py>,
    response: Response<Outgoing>,
    start_response: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (mut parts, body) = response.into_parts();
    strip_connection_fields(&mut parts.headers);
    if let Some(length) = body.announced()
        && !parts.headers.contains_key(CONTENT_LENGTH)
    {
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    let reason = parts.status.canonical_reason().unwrap_or("Unknown");
    let status = format!("{} {reason}", parts.status.as_str());
    start_response.call1((status, headers(py, &parts.headers)?))?;
    match body.try_into_bytes() {
        Ok(bytes) => Ok(PyList::new(py, [PyBytes::new(py, &bytes)])?.into_any()),
        Err(body) => Ok(Bound::new(py, ResponseBody::new(body))?.into_any()),
    }
}

fn headers<'py>(py: Python<'py>, headers: &HeaderMap) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (name, value) in headers {
        let pair = [
            latin1::to_str(py, name.as_str().as_bytes()),
            latin1::to_str(py, value.as_bytes()),
        ];
        list.append(PyTuple::new(py, pair)?)?;
    }
    Ok(list)
}

impl fmt::Debug for WsgiCallable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsgiCallable").finish_non_exhaustive()
    }
}
