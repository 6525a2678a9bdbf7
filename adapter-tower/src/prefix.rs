//! Converts between a URI without its prefix, as tower hosts route, and the offset of SCRIPT_NAME.

use bytes::Bytes;
use gateway_core::{Connection, Environ, Error};
use http::uri::PathAndQuery;
use http::{Uri, request};

use crate::extensions;

/// The URI that the client sent, in the extensions of a request whose URI lost a prefix.
///
/// A router that strips prefixes adds it first. The app inside gets its SCRIPT_NAME and its
/// REQUEST_URI from it. axum does the same with a type of its own, which the feature `axum` reads,
/// so users of axum need not care. [`tower_app`](crate::tower_app) adds it for the services that it
/// calls.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_tower::{TowerService, OriginalUri};
/// use gateway_core::{Body, Environ, view};
/// use tower::ServiceExt;
///
/// let app = view(async |environ: Environ| {
///     format!("{} {}", environ.script_name(), environ.path_info())
/// });
/// let mut request = http::Request::get("/cart").body(Body::empty())?;
/// request.extensions_mut().insert(OriginalUri("/shop/cart".parse()?));
/// let response = TowerService::new(app).oneshot(request).await?;
/// assert_eq!(Body::new(response.into_body()).bytes().await?, "/shop /cart");
/// # Ok::<(), gateway_core::BoxError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalUri(
    /// The URI before any prefix was stripped.
    pub Uri,
);

/// Restores the URI that was sent (E5), and returns how many bytes of its path were stripped.
pub(crate) fn restore(parts: &mut request::Parts) -> usize {
    let original = parts.extensions.get::<OriginalUri>();
    let original = original.map(|original| &original.0);
    let Some(original) = original.or_else(|| extensions::original_uri(&parts.extensions)) else {
        return 0;
    };
    match offset(original.path(), parts.uri.path()) {
        Some(offset) if offset > 0 => {
            parts.uri = original.clone();
            offset
        }
        // Nothing was stripped, or a middleware rewrote the path: the app sees the path as it is.
        _ => 0,
    }
}

/// How many bytes of the original path were stripped to get `seen`. `None` if `seen` is not the
/// rest of it.
fn offset(original: &str, seen: &str) -> Option<usize> {
    if original == seen {
        return Some(0);
    }
    let prefix = match original.strip_suffix(seen) {
        Some(prefix) => prefix,
        // E3: axum shows `/` if the prefix was the whole path.
        None if seen == "/" => return Some(original.len()),
        None => return None,
    };
    // E6: for `/prefix//rest` axum shows `/rest`. The slashes belong to PATH_INFO (E2).
    Some(prefix.trim_end_matches('/').len())
}

/// The request for a service that is mounted where the environ says, as axum's `nest_service` would
/// show it: SCRIPT_NAME is stripped from the URI, and the rest keeps its bytes.
///
/// # Errors
///
/// When the rest is not a URI, which cannot happen with an environ of a parsed request.
pub(crate) fn strip(environ: &Environ) -> Result<Option<Uri>, Error> {
    if environ.script_name_len() == 0 {
        return Ok(None);
    }
    let mut target = String::with_capacity(environ.raw_path_info().len() + 1);
    target.push_str(environ.raw_path_info());
    if target.is_empty() {
        target.push('/');
    }
    if let Some(query) = environ.uri().query() {
        target.push('?');
        target.push_str(query);
    }
    let mut parts = environ.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(target))?);
    Ok(Some(Uri::from_parts(parts)?))
}

/// Adds to the extensions what a service may ask for: the original URI, and the connection.
pub(crate) fn describe(parts: &mut request::Parts, stripped: Option<Uri>, connection: Connection) {
    parts.extensions.insert(connection);
    if let Some(peer) = connection.peer_addr() {
        extensions::set_peer(&mut parts.extensions, peer);
    }
    if let Some(stripped) = stripped {
        let original = std::mem::replace(&mut parts.uri, stripped);
        extensions::set_original_uri(&mut parts.extensions, &original);
        parts.extensions.insert(OriginalUri(original));
    }
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn e3_the_offset_is_what_was_stripped() {
        assert_eq!(offset("/a/b", "/a/b"), Some(0));
        assert_eq!(offset("/api/users", "/users"), Some(4));
        assert_eq!(offset("/api", "/"), Some(4));
        assert_eq!(offset("/api/", "/"), Some(4));
        assert_eq!(offset("*", "*"), Some(0));
    }

    #[test]
    fn e6_slashes_behind_the_prefix_are_not_lost() {
        assert_eq!(offset("/api//users", "/users"), Some(4));
        assert_eq!(offset("/api//users", "//users"), Some(4));
        assert_eq!(offset("/api//", "/"), Some(4));
    }

    #[test]
    fn a_rewritten_path_is_no_rest() {
        assert_eq!(offset("/api/users", "/user"), None);
        assert_eq!(offset("/xapi/users", "/api/users"), None);
    }
}
