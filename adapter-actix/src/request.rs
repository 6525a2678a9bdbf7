//! Makes an environ from an actix request.
//!
//! actix-web uses `http` 0.2, everything else `http` 1. Neither version exposes the bytes of
//! its types, so the values that an app asks for are copied.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};

use actix_web::dev::ServiceRequest;
use actix_web::http as native;
use actix_web::http::header::{HeaderName as NativeName, HeaderValue as NativeValue};
use bytes::Bytes;
use gateway_core::{
    App, Connection, Environ, Gateway, HttpError, Input, LentHead, PathParams, RefusedHead, Scheme,
};
use http::{HeaderMap, HeaderValue, Method, Uri, Version, uri};
use percent_encoding::percent_decode_str;

use crate::lent_head::Lease;
use crate::names;

/// A function that fills an environ with what the host knows.
pub(crate) type With = dyn Fn(&ServiceRequest, &mut Environ) + Send + Sync;

/// The environ. `None` if `http` 1 does not accept the method or the target.
#[inline]
pub(crate) fn environ<A: App>(
    gateway: &Gateway<A>,
    lease: &Lease,
    input: Input,
) -> Option<Environ> {
    let head = lease.request().head();
    let (method, version) = (method(&head.method)?, version(head.version));
    let (uri, source) = (lease.uri(), lease.source());
    let head = if is_origin_form(uri) {
        LentHead::new(method, version, source).ok()?
    } else {
        LentHead::from_uri(method, version, target(uri)?, source)
    };
    Some(gateway.lend(head, input))
}

/// What is known of a request that no environ can express.
pub(crate) fn refused_head(lease: &Lease, connection: Connection) -> RefusedHead<'_> {
    let head = lease.request().head();
    let target = lease.uri().path_and_query();
    let target = target.map_or("", |target| target.as_str());
    RefusedHead::new(version(head.version))
        .with_method(head.method.as_str())
        .with_target(target)
        .with_connection(connection)
}

/// The parameters of actix's routes, as `web::Path` gives them.
#[inline]
pub(crate) fn note_path_params(request: &ServiceRequest, environ: &mut Environ) {
    let matched = request.match_info();
    if matched.segment_count() == 0 {
        return;
    }
    let params = matched.iter().map(|(name, value)| {
        // actix leaves `%2F`, `%25` and `%2B` in its copy of the path.
        (name, percent_decode_str(value).decode_utf8_lossy())
    });
    environ
        .extensions_mut()
        .insert(params.collect::<PathParams>());
}

/// Runs the user's function. Its panic becomes a 500 (B9).
pub(crate) fn fill(with: &With, request: &ServiceRequest, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(request, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}

/// What is known of the connection (E13, E16).
#[inline]
pub(crate) fn connection(request: &ServiceRequest, believes_forwarded: bool) -> Connection {
    // E12: actix itself refuses a request from a connection without a Host. A request of its test
    // module has none, and is served.
    let mut connection = Connection::new();
    let config = request.app_config();
    if config.secure() {
        connection = connection.with_scheme(Scheme::Https);
    }
    if let Some(peer) = request.peer_addr() {
        // Without a peer it is a Unix socket, for which actix invents a local address.
        connection = connection
            .with_peer_addr(peer)
            .with_local_addr(config.local_addr());
    }
    if believes_forwarded {
        let info = request.connection_info();
        connection = connection.with_scheme(scheme(info.scheme()));
        let client = info.realip_remote_addr().and_then(client);
        // The peer keeps its port, which is not that of the forwarded client.
        if let Some(client) = client
            .filter(|client| connection.peer_addr().map(|peer| peer.ip()) != Some(client.ip()))
        {
            connection = connection.with_peer_addr(client);
        }
    }
    connection
}

/// A forwarded address. Its port is 0 if the proxy named none.
fn client(text: &str) -> Option<SocketAddr> {
    let ip = |text: &str| {
        text.trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
    };
    text.parse()
        .ok()
        .or_else(|| Some(SocketAddr::new(ip(text).ok()?, 0)))
}

/// The scheme by its name.
pub(crate) fn scheme(name: &str) -> Scheme {
    if name.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        Scheme::Http
    }
}

/// The method. `None` if `http` 1 does not accept it.
#[inline]
pub(crate) fn method(method: &native::Method) -> Option<Method> {
    match *method {
        // Most requests need no parsing.
        native::Method::GET => Some(Method::GET),
        native::Method::POST => Some(Method::POST),
        native::Method::HEAD => Some(Method::HEAD),
        ref other => Method::from_bytes(other.as_str().as_bytes()).ok(),
    }
}

/// The version of the protocol.
#[inline]
pub(crate) fn version(version: native::Version) -> Version {
    match version {
        native::Version::HTTP_09 => Version::HTTP_09,
        native::Version::HTTP_10 => Version::HTTP_10,
        native::Version::HTTP_2 => Version::HTTP_2,
        native::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

/// True for a target in origin form (RFC 9112 section 3.2.1).
#[inline]
fn is_origin_form(uri: &native::Uri) -> bool {
    // Not checked by the path, because `http` 0.2 says `/` if HTTP/2's `:path` is only a query.
    let target = uri.path_and_query().map(|target| target.as_str());
    uri.scheme().is_none()
        && uri.authority().is_none()
        && target.is_some_and(|target| target.starts_with('/'))
}

/// The whole target. `None` if `http` 1 does not accept it.
pub(crate) fn target(uri: &native::Uri) -> Option<Uri> {
    let path = uri.path_and_query().map(|path| path.as_str());
    let authority = uri.authority().map(|authority| authority.as_str());
    let Some(scheme) = uri.scheme_str() else {
        // CONNECT: the target is the authority.
        let text = path.filter(|path| !path.is_empty()).or(authority)?;
        return text.parse().ok();
    };
    // Made from parts, because HTTP/2 has a scheme and an authority beside the path `*`.
    let mut parts = uri::Parts::default();
    parts.scheme = Some(scheme.parse().ok()?);
    parts.authority = Some(authority?.parse().ok()?);
    parts.path_and_query = Some(path.unwrap_or("/").parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// How many lines share the allocation of their values: those of most requests.
const LINES: usize = 16;

/// actix's headers as an `http` 1 map. All values share one allocation, or a few.
pub(crate) fn header_map<'a>(
    mut headers: impl Iterator<Item = (&'a NativeName, &'a NativeValue)>,
) -> HeaderMap {
    let mut map = HeaderMap::new();
    loop {
        // Kept here, because iterating actix's map twice costs more.
        let mut lines = [None; LINES];
        let (mut count, mut length) = (0, 0);
        for (place, (name, value)) in lines.iter_mut().zip(&mut headers) {
            *place = Some((name, value));
            count += 1;
            length += value.len();
        }
        map.reserve(count);
        append(&mut map, lines.iter().flatten().copied(), length);
        if count < LINES {
            return map;
        }
    }
}

/// Appends lines whose values have this length together.
fn append<'a>(
    map: &mut HeaderMap,
    lines: impl Iterator<Item = (&'a NativeName, &'a NativeValue)> + Clone,
    length: usize,
) {
    let mut values = Vec::with_capacity(length);
    for (_, value) in lines.clone() {
        values.extend_from_slice(value.as_bytes());
    }
    let mut values = Bytes::from(values);
    for (name, value) in lines {
        let copy = values.split_to(value.len());
        // actix has parsed the head; a line that http 1 refuses is left out.
        if let (Some(name), Ok(mut copy)) = (
            names::from_native(name),
            HeaderValue::from_maybe_shared(copy),
        ) {
            copy.set_sensitive(value.is_sensitive());
            map.append(name, copy);
        }
    }
}
