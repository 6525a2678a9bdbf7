//! The fields that tell an upstream of the client (RFC 7239, and those that came before it).

use std::net::IpAddr;

use gateway_core::Environ;
use http::{HeaderMap, HeaderName, HeaderValue};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// What becomes of `Forwarded` and of `X-Forwarded-For`, `-Host`, `-Proto` and `-Prefix`.
///
/// The client's own are only to be kept where they come from a proxy in front that is trusted: anybody
/// can send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Forwarding {
    /// The client's are dropped, and new ones tell of the connection that the request came in on.
    #[default]
    Replace,
    /// This connection is added behind those that the client sent.
    Append,
    /// The client's are dropped, and none are sent.
    Drop,
    /// They pass as the client sent them.
    Keep,
}

impl Forwarding {
    pub(crate) fn apply(self, environ: &Environ, headers: &mut HeaderMap) {
        match self {
            Self::Keep => {}
            Self::Append => add(environ, headers),
            Self::Replace => {
                drop_all(headers);
                add(environ, headers);
            }
            Self::Drop => drop_all(headers),
        }
    }
}

fn drop_all(headers: &mut HeaderMap) {
    let names = [FORWARDED, FOR, HOST, PROTO, PREFIX];
    // E10: to an upstream that reads CGI variables, `X_Forwarded_For` is `X-Forwarded-For`.
    let twins: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().contains('_'))
        .filter(|name| {
            names
                .iter()
                .any(|one| one.as_str() == name.as_str().replace('_', "-"))
        })
        .cloned()
        .collect();
    for name in names.into_iter().chain(twins) {
        headers.remove(name);
    }
}

/// A line behind those that are there: the last hop is the last entry.
fn add(environ: &Environ, headers: &mut HeaderMap) {
    let mut append = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.append(name, value);
        }
    };
    let scheme = environ.scheme().as_str();
    let peer = environ.remote_addr();
    // RFC 7239 section 6: an IPv6 address is in brackets, and quoted. A Unix socket has no address.
    let mut forwarded = match peer {
        Some(IpAddr::V6(address)) => format!("for=\"[{address}]\""),
        Some(IpAddr::V4(address)) => format!("for={address}"),
        None => "for=unknown".to_owned(),
    };
    forwarded.push_str(";proto=");
    forwarded.push_str(scheme);
    let host = environ.host().filter(|host| !host.contains(['"', '\\']));
    if let Some(host) = &host {
        forwarded.push_str(";host=\"");
        forwarded.push_str(host);
        forwarded.push('"');
    }
    append(FORWARDED, forwarded);
    if let Some(peer) = peer {
        append(FOR, peer.to_string());
    }
    if let Some(host) = host {
        append(HOST, host.into_owned());
    }
    append(PROTO, scheme.to_owned());
    if !environ.raw_script_name().is_empty() {
        append(PREFIX, environ.raw_script_name().to_owned());
    }
}
