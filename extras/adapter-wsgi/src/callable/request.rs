//! From the environ of a WSGI server to that of a gateway.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use gateway_core::{App, Connection, Environ, Gateway, RefusedHead, Scheme, VarName};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::input::input;
use super::target::Target;
use crate::latin1;
use crate::outer::OuterEnviron;

const REMOTE_USER: VarName = VarName::new("REMOTE_USER");
const AUTH_TYPE: VarName = VarName::new("AUTH_TYPE");

/// A head that no environ can be made of.
pub(super) struct Malformed {
    method: String,
    target: String,
    version: Version,
}

impl Malformed {
    pub(super) fn as_refused(&self) -> RefusedHead<'_> {
        RefusedHead::new(self.version)
            .with_method(&self.method)
            .with_target(&self.target)
    }
}

/// The environ of a request.
///
/// # Errors
///
/// What Python raises: for variables that are no native strings, most often.
pub(super) fn environ<A: App>(
    gateway: &Gateway<A>,
    given: &Bound<'_, PyDict>,
) -> PyResult<Result<Environ, Malformed>> {
    let vars = Vars(given);
    let method = vars.get("REQUEST_METHOD")?.unwrap_or_default();
    let version = match vars.get("SERVER_PROTOCOL")?.as_deref() {
        Some(b"HTTP/1.0") => Version::HTTP_10,
        Some(b"HTTP/2" | b"HTTP/2.0") => Version::HTTP_2,
        Some(b"HTTP/3" | b"HTTP/3.0") => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    let raw = match vars.get("REQUEST_URI")? {
        Some(raw) => Some(raw),
        None => vars.get("RAW_URI")?,
    };
    let (target, mounted) = Target {
        script_name: &vars.get("SCRIPT_NAME")?.unwrap_or_default(),
        path_info: &vars.get("PATH_INFO")?.unwrap_or_default(),
        query: &vars.get("QUERY_STRING")?.unwrap_or_default(),
        raw: raw.as_deref(),
    }
    .encode();
    let (Ok(parsed), Ok(uri)) = (Method::from_bytes(&method), target.parse::<Uri>()) else {
        return Ok(Err(Malformed {
            method: String::from_utf8_lossy(&method).into_owned(),
            target,
            version,
        }));
    };
    let headers = headers(given)?;
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let input = input(given, length)?;
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.method, parts.uri, parts.version, parts.headers) = (parsed, uri, version, headers);
    let mut environ = gateway.environ(parts, input);
    environ.set_connection(connection(&vars)?);
    // Where a server's SCRIPT_NAME is no prefix in the sense of E3, all is PATH_INFO.
    if let Err(error) = environ.set_script_name_len(mounted) {
        tracing::warn!(target: "gateway", clause = "E2", "SCRIPT_NAME is ignored: {error}");
    }
    for (name, key) in [(REMOTE_USER, "REMOTE_USER"), (AUTH_TYPE, "AUTH_TYPE")] {
        if let Some(value) = vars.get(key)? {
            environ.set_var(name, value);
        }
    }
    environ.extensions_mut().insert(OuterEnviron::new(given)?);
    Ok(Ok(environ))
}

/// The variables, as bytes.
struct Vars<'a, 'py>(&'a Bound<'py, PyDict>);

impl Vars<'_, '_> {
    fn get(&self, key: &str) -> PyResult<Option<Bytes>> {
        match self.0.get_item(key)? {
            Some(value) => Ok(Some(latin1::to_bytes(value.cast::<PyString>()?)?)),
            None => Ok(None),
        }
    }

    /// Werkzeug's server has REMOTE_PORT as a number.
    fn text(&self, key: &str) -> PyResult<Option<String>> {
        match self.0.get_item(key)? {
            Some(value) => Ok(Some(value.str()?.to_cow()?.into_owned())),
            None => Ok(None),
        }
    }
}

/// The headers. What is no header for HTTP is left out: the server let it pass.
fn headers(given: &Bound<'_, PyDict>) -> PyResult<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (key, value) in given {
        let Ok(key) = key.extract::<&str>() else {
            continue;
        };
        // E8: these two have no prefix.
        let name = match key {
            "CONTENT_TYPE" | "CONTENT_LENGTH" => key,
            "HTTP_CONTENT_TYPE" | "HTTP_CONTENT_LENGTH" => continue,
            _ => match key.strip_prefix("HTTP_") {
                Some(name) => name,
                None => continue,
            },
        };
        let name = name.replace('_', "-");
        let value = latin1::to_bytes(value.cast::<PyString>()?)?;
        // Some servers have an empty variable where there was no header.
        if value.is_empty() && !key.starts_with("HTTP_") {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_maybe_shared(value),
        ) {
            // A map has room for more than a server lets pass.
            let _ = headers.try_append(name, value);
        }
    }
    Ok(headers)
}

fn connection(vars: &Vars<'_, '_>) -> PyResult<Connection> {
    let mut connection = Connection::new();
    let port = |text: Option<String>| text.and_then(|text| text.parse().ok());
    if vars.get("wsgi.url_scheme")?.as_deref() == Some(b"https") {
        connection = connection.with_scheme(Scheme::Https);
    }
    // E16: absent where the transport has none.
    if let Some(peer) = ip(vars.text("REMOTE_ADDR")?) {
        let port = port(vars.text("REMOTE_PORT")?).unwrap_or(0);
        connection = connection.with_peer_addr(SocketAddr::new(peer, port));
    }
    if let (Some(local), Some(port)) = (
        ip(vars.text("SERVER_NAME")?),
        port(vars.text("SERVER_PORT")?),
    ) {
        connection = connection.with_local_addr(SocketAddr::new(local, port));
    }
    Ok(connection)
}

fn ip(text: Option<String>) -> Option<IpAddr> {
    text?.parse().ok()
}
