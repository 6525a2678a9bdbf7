//! Works out the target, method and body of the request that follows a redirect.

use gateway_core::Scheme;
use http::{Method, StatusCode};

/// The method of the next request, and whether it has the body; RFC 9110 section 15.4.
pub(crate) fn follows(status: StatusCode, method: &Method) -> Option<(Method, bool)> {
    match status.as_u16() {
        // As in browsers, and as 303 demands: a POST is not repeated.
        301..=303 if method == Method::HEAD => Some((Method::HEAD, false)),
        301..=303 => Some((Method::GET, false)),
        307 | 308 => Some((method.clone(), true)),
        _ => None,
    }
}

/// Resolves a Location against the raw target of its request, RFC 3986 section 5.2.
///
/// # Errors
///
/// If it leads to another origin.
pub(crate) fn resolve(
    location: &str,
    target: &str,
    (scheme, authority): (Scheme, &str),
) -> Result<String, String> {
    let location = location.split('#').next().unwrap_or_default();
    let (there, rest) = match location.split_once("://") {
        Some((named, rest)) if is_scheme(named) => (named.to_ascii_lowercase(), Some(rest)),
        _ => (scheme.as_str().to_owned(), location.strip_prefix("//")),
    };
    let local = match rest {
        None => location.to_owned(),
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            if there != scheme.as_str() || !is_same_host(host, authority, scheme) {
                return Err(format!("{there}://{host}"));
            }
            if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            }
        }
    };
    let base = target.split('?').next().unwrap_or_default();
    let (path, query) = match local.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (&*local, None),
    };
    if path.is_empty() {
        return Ok(match query {
            Some(query) => format!("{base}?{query}"),
            None => target.to_owned(),
        });
    }
    let path = if path.starts_with('/') {
        without_dots(path)
    } else {
        let directory = base.rfind('/').and_then(|slash| base.get(..=slash));
        without_dots(&format!("{}{path}", directory.unwrap_or("/")))
    };
    Ok(match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    })
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !text.is_empty()
}

fn is_same_host(one: &str, other: &str, scheme: Scheme) -> bool {
    let port = format!(":{}", scheme.default_port());
    let plain = |host: &str| {
        let host = host.to_ascii_lowercase();
        host.strip_suffix(&port).map_or(host.clone(), str::to_owned)
    };
    plain(one) == plain(other)
}

/// RFC 3986 section 5.2.4, for a path that begins with a slash.
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    format!("/{}", segments.join("/"))
}
