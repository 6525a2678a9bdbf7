//! The environ as PEP 3333 wants it.

use std::collections::HashMap;
use std::net::IpAddr;

use gateway_core::{Environ, Scheme};
use http::header::{self, HeaderName};
use http::{Method, Version};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::errors::Errors;
use crate::input::Input;
use crate::latin1;
use crate::outer::OuterEnviron;

/// So many names of headers are kept as keys: clients make them up.
const KEPT_KEYS: usize = 256;

/// Makes environs, on one thread.
pub(crate) struct Environs {
    /// What all of them have, and a place for every variable that all of them have: a copy of it need
    /// not grow for those.
    template: Py<PyDict>,
    /// The keys of headers that have come before.
    keys: HashMap<HeaderName, Py<PyString>>,
    /// Most requests have the port of the one before, and many the address.
    server_port: Last<u16>,
    remote_addr: Last<IpAddr>,
}

/// The text of a value, kept until there is another value.
struct Last<T>(Option<(T, Py<PyString>)>);

impl<T: ToString + PartialEq> Last<T> {
    fn text<'py>(&mut self, py: Python<'py>, value: T) -> Bound<'py, PyString> {
        let kept = match self.0.take() {
            Some((last, text)) if last == value => (last, text),
            _ => {
                let text = PyString::new(py, &value.to_string());
                (value, text.unbind())
            }
        };
        self.0.insert(kept).1.bind(py).clone()
    }
}

impl Environs {
    pub(crate) fn new(
        py: Python<'_>,
        errors: &Py<Errors>,
        is_multithreaded: bool,
    ) -> PyResult<Self> {
        let template = PyDict::new(py);
        template.set_item("wsgi.version", (1, 0))?;
        template.set_item("wsgi.errors", errors)?;
        template.set_item("wsgi.multithread", is_multithreaded)?;
        template.set_item("wsgi.multiprocess", false)?;
        template.set_item("wsgi.run_once", false)?;
        // The input ends where the request's body does, also without a length (I1, I2).
        template.set_item("wsgi.input_terminated", true)?;
        template.set_item("SERVER_SOFTWARE", "gateway")?;
        for key in [
            intern!(py, "wsgi.input"),
            intern!(py, "wsgi.url_scheme"),
            intern!(py, "REQUEST_SCHEME"),
            intern!(py, "REQUEST_METHOD"),
            intern!(py, "SERVER_PROTOCOL"),
            intern!(py, "SCRIPT_NAME"),
            intern!(py, "PATH_INFO"),
            intern!(py, "QUERY_STRING"),
            intern!(py, "REQUEST_URI"),
            intern!(py, "SERVER_NAME"),
            intern!(py, "SERVER_PORT"),
        ] {
            template.set_item(key, py.None())?;
        }
        Ok(Self {
            template: template.unbind(),
            keys: HashMap::new(),
            server_port: Last(None),
            remote_addr: Last(None),
        })
    }

    /// The environ of a request; a callable may change it.
    pub(crate) fn make<'py>(
        &mut self,
        py: Python<'py>,
        environ: &Environ,
        input: &Bound<'_, Input>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let dict = self.template.bind(py).copy()?;
        dict.set_item(intern!(py, "wsgi.input"), input)?;
        let scheme = match environ.scheme() {
            Scheme::Https => intern!(py, "https"),
            _ => intern!(py, "http"),
        };
        dict.set_item(intern!(py, "wsgi.url_scheme"), scheme)?;
        dict.set_item(intern!(py, "REQUEST_SCHEME"), scheme)?;
        match *environ.request_method() {
            Method::GET => dict.set_item(intern!(py, "REQUEST_METHOD"), intern!(py, "GET"))?,
            Method::POST => dict.set_item(intern!(py, "REQUEST_METHOD"), intern!(py, "POST"))?,
            ref method => dict.set_item(intern!(py, "REQUEST_METHOD"), method.as_str())?,
        }
        let protocol = match environ.version() {
            Version::HTTP_11 => intern!(py, "HTTP/1.1").clone(),
            _ => PyString::new(py, environ.server_protocol()),
        };
        dict.set_item(intern!(py, "SERVER_PROTOCOL"), protocol)?;
        dict.set_item(
            intern!(py, "SCRIPT_NAME"),
            latin1::to_str(py, environ.script_name().as_bytes()),
        )?;
        dict.set_item(
            intern!(py, "PATH_INFO"),
            latin1::to_str(py, environ.path_info().as_bytes()),
        )?;
        dict.set_item(
            intern!(py, "QUERY_STRING"),
            latin1::to_str(py, environ.query_string().as_bytes()),
        )?;
        dict.set_item(
            intern!(py, "REQUEST_URI"),
            latin1::to_str(py, environ.request_uri().as_bytes()),
        )?;
        dict.set_item(
            intern!(py, "SERVER_NAME"),
            latin1::to_str(py, environ.server_name().as_bytes()),
        )?;
        dict.set_item(
            intern!(py, "SERVER_PORT"),
            self.server_port.text(py, environ.server_port()),
        )?;
        if let Some(addr) = environ.remote_addr() {
            let addr = self.remote_addr.text(py, addr);
            dict.set_item(intern!(py, "REMOTE_ADDR"), addr)?;
        }
        if let Some(port) = environ.remote_port() {
            dict.set_item(intern!(py, "REMOTE_PORT"), decimal(py, u64::from(port)))?;
        }
        self.add_headers(&dict, environ)?;
        for (key, value) in environ.added_vars() {
            dict.set_item(key, latin1::to_str(py, value))?;
        }
        if let Some(outer) = environ.extensions().get::<OuterEnviron>() {
            outer.add_to(&dict)?;
        }
        Ok(dict)
    }

    fn add_headers(&mut self, dict: &Bound<'_, PyDict>, environ: &Environ) -> PyResult<()> {
        let py = dict.py();
        if let Some(host) = environ.host() {
            dict.set_item(
                intern!(py, "HTTP_HOST"),
                latin1::to_str(py, host.as_bytes()),
            )?;
        }
        if let Some(length) = environ.content_length() {
            dict.set_item(intern!(py, "CONTENT_LENGTH"), decimal(py, length))?;
        }
        let headers = environ.headers();
        let is_unjoined = headers.len() == headers.keys_len();
        for name in headers.keys() {
            // E8, E11, E12: those have a variable already, or none at all.
            if *name == header::HOST || *name == header::CONTENT_LENGTH || name == "proxy" {
                continue;
            }
            if *name == header::CONTENT_TYPE {
                if let Some(value) = environ.content_type() {
                    let value = latin1::to_str(py, value.as_bytes());
                    dict.set_item(intern!(py, "CONTENT_TYPE"), value)?;
                }
                continue;
            }
            let key = self.key(py, name)?;
            // E9: repeated lines are joined. E10: a name with `_` may have no variable.
            if is_unjoined && !name.as_str().contains('_') {
                if let Some(value) = headers.get(name) {
                    dict.set_item(key, latin1::to_str(py, value.as_bytes()))?;
                }
            } else if let Some(value) = environ.get(key.to_str()?) {
                dict.set_item(key, latin1::to_str(py, value.as_bytes()))?;
            }
        }
        Ok(())
    }

    fn key<'py>(&mut self, py: Python<'py>, name: &HeaderName) -> PyResult<Bound<'py, PyString>> {
        if let Some(key) = self.keys.get(name) {
            return Ok(key.bind(py).clone());
        }
        let key = format!(
            "HTTP_{}",
            name.as_str().to_ascii_uppercase().replace('-', "_")
        );
        let key = PyString::new(py, &key);
        if self.keys.len() < KEPT_KEYS {
            self.keys.insert(name.clone(), key.clone().unbind());
        }
        Ok(key)
    }
}

fn decimal(py: Python<'_>, number: u64) -> Bound<'_, PyString> {
    PyString::new(py, &number.to_string())
}
