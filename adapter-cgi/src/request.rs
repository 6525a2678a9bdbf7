//! The variables of a front end as an environ.

mod connection;
mod refused;
mod target;
#[cfg(test)]
mod tests;

use gateway_core::VarName;
use gateway_core::{App, Connection, Environ, Gateway, Input};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header, request};

use crate::front_end::FrontEnd;
use crate::variables::Variables;

pub(crate) use refused::Refused;

/// What a process environment holds besides the request; of others a CGI program learns nothing of the
/// request.
const CGI_VARIABLES: [&str; 13] = [
    "AUTH_TYPE",
    "DOCUMENT_ROOT",
    "GATEWAY_INTERFACE",
    "PATH_TRANSLATED",
    "REDIRECT_STATUS",
    "REDIRECT_URL",
    "REMOTE_HOST",
    "REMOTE_IDENT",
    "REMOTE_USER",
    "SCRIPT_FILENAME",
    "SERVER_ADMIN",
    "SERVER_SOFTWARE",
    "UNIQUE_ID",
];

/// Where the variables are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The environment of this process, most of which is not about the request.
    Process,
    /// A protocol that says CONTENT_LENGTH always, be there a body or not: SCGI.
    AlwaysWithLength,
    /// Another protocol.
    Protocol,
}

/// The head of a request.
#[derive(Debug)]
pub(crate) struct Head {
    parts: request::Parts,
    connection: Connection,
    script_name: Option<String>,
    own_vars: Vec<(VarName, Vec<u8>)>,
    /// The length of the body that follows, where it is said.
    pub(crate) length: Option<u64>,
}

impl Head {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// When they are no request that an environ can hold.
    pub(crate) fn read(
        variables: &Variables,
        front_end: FrontEnd,
        origin: Origin,
    ) -> Result<Self, Refused> {
        let refused = |what: &'static str| Refused::new(variables, what);
        let method = variables
            .get("REQUEST_METHOD")
            .and_then(|method| Method::from_bytes(method).ok())
            .ok_or_else(|| refused("The request has no method, or one that is malformed."))?;
        let target = target::of(variables);
        let uri = Uri::try_from(&*target)
            .map_err(|_| refused("The request has no target, or one that is malformed."))?;
        let length = content_length(variables)
            .ok_or_else(|| refused("The length of the request's body is malformed."))?;
        let mut parts = Request::new(()).into_parts().0;
        parts.headers = headers(variables, front_end)
            .ok_or_else(|| refused("A header of the request is malformed."))?;
        // E8: SCGI has no word for a body that is not there, and lighttpd uses none in any protocol. With
        // these methods a client says 0.
        let says_always = origin == Origin::AlwaysWithLength || front_end == FrontEnd::Lighttpd;
        let is_said = !says_always
            || length != Some(0)
            || [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        if let Some(length) = length.filter(|_| is_said) {
            parts.headers.insert(header::CONTENT_LENGTH, length.into());
        }
        parts.method = method;
        parts.uri = uri;
        parts.version = version(variables);
        Ok(Self {
            parts,
            connection: connection::of(variables),
            script_name: front_end.script_name(variables).map(str::to_owned),
            own_vars: own_vars(variables, front_end, origin),
            length,
        })
    }

    /// True if a body without a length may follow: the client sent it in chunks, or in a version of
    /// HTTP that needs no length.
    pub(crate) fn may_have_open_body(&self) -> bool {
        self.parts.headers.contains_key(header::TRANSFER_ENCODING)
            || self.parts.version >= Version::HTTP_2
    }

    /// The environ. What is known of the mount point by `mount` counts before what the front end
    /// says.
    pub(crate) fn into_environ<A: App>(
        self,
        gateway: &Gateway<A>,
        mount: Option<&str>,
        input: Input,
    ) -> Environ {
        let mut environ = gateway.environ(self.parts, input);
        // E12: the front end's connection has parsed the head.
        environ.set_connection(self.connection.with_required_host(true));
        if let Some(script_name) = mount.or(self.script_name.as_deref()) {
            // Where the client's path does not begin with it, it is not a part of that.
            environ.mount(script_name);
        }
        for (name, value) in self.own_vars {
            environ.set_var(name, value);
        }
        environ
    }
}

/// The version that the client spoke (E13). The least is taken where none is named: nothing is
/// demanded of such a request.
pub(crate) fn version(variables: &Variables) -> Version {
    match variables.get("SERVER_PROTOCOL") {
        Some(b"HTTP/1.1") => Version::HTTP_11,
        Some(b"HTTP/2" | b"HTTP/2.0") => Version::HTTP_2,
        Some(b"HTTP/3" | b"HTTP/3.0") => Version::HTTP_3,
        _ => Version::HTTP_10,
    }
}

/// The declared length; the outer `None` if it is no number. An empty value is no length: front ends
/// send it where the client said none (E8).
fn content_length(variables: &Variables) -> Option<Option<u64>> {
    match variables.get("CONTENT_LENGTH") {
        None | Some(b"") => Some(None),
        Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
            Some(Some(std::str::from_utf8(digits).ok()?.parse().ok()?))
        }
        Some(_) => None,
    }
}

/// The headers; `None` if one cannot be.
fn headers(variables: &Variables, front_end: FrontEnd) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    if let Some(kind) = variables
        .get("CONTENT_TYPE")
        .filter(|kind| !kind.is_empty())
    {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_bytes(kind).ok()?);
    }
    for (name, value) in variables.iter() {
        let Some(name) = name.strip_prefix(b"HTTP_") else {
            continue;
        };
        // E8, E11: these are not headers of the request.
        if matches!(name, b"CONTENT_TYPE" | b"CONTENT_LENGTH" | b"PROXY") {
            continue;
        }
        let name: Vec<u8> = name
            .iter()
            .map(|byte| if *byte == b'_' { b'-' } else { *byte })
            .collect();
        let name = HeaderName::from_bytes(&name).ok()?;
        let value = HeaderValue::from_bytes(value.trim_ascii()).ok()?;
        // E9: some front ends send a variable for each line.
        headers.try_append(name, value).ok()?;
    }
    if !headers.contains_key(header::AUTHORIZATION)
        && let Some(name) = front_end.redirected("HTTP_AUTHORIZATION")
        && let Some(value) = variables.text(&name)
    {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

/// What else the front end says. What is empty is absent: front ends send a variable for what they
/// do not know.
fn own_vars(variables: &Variables, front_end: FrontEnd, origin: Origin) -> Vec<(VarName, Vec<u8>)> {
    let mut own: Vec<(VarName, Vec<u8>)> = Vec::new();
    for (name, value) in variables.iter() {
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        let is_left_out = value.is_empty()
            || name == "SCGI"
            || (origin == Origin::Process && !CGI_VARIABLES.contains(&name));
        // A name of the request itself is no name of a variable.
        if !is_left_out
            && let Ok(name) = VarName::try_from(name)
            && !own.iter().any(|(known, _)| *known == name)
        {
            own.push((name, value.to_vec()));
        }
    }
    for name in ["REMOTE_USER", "AUTH_TYPE"] {
        if variables.text(name).is_none()
            && let Some(redirected) = front_end.redirected(name)
            && let Some(value) = variables.text(&redirected)
            && let Ok(name) = VarName::try_from(name)
        {
            own.push((name, value.as_bytes().to_vec()));
        }
    }
    own
}
