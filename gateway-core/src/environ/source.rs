//! The head of a request that stays in the host's own type until somebody asks for ours.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The head of a request in a host's own type, lent to the environ.
///
/// Hosts on `http` 1 have no use for it. Others (actix-web is on `http` 0.2) hand over a source:
/// look-ups by name and the path go straight to it, and an `http` 1 map and URI are made only when
/// somebody asks for [`Environ::headers`](crate::Environ::headers) or
/// [`Environ::uri`](crate::Environ::uri).
///
/// The environ lets go of its source when it is dropped. A host that lends out its own map keeps a
/// second handle, and takes the map back once that is the last one.
pub trait HeadSource: Send + Sync {
    /// The request target, where it is in origin form, a path and perhaps a query
    /// (RFC 9112 section 3.2.1), and `http` 1 takes it for one. `None` where the environ has the URI
    /// already; the answer must not change.
    fn target(&self) -> Option<&str> {
        None
    }

    /// Visits the lines of one header, in the order of the request. The name may be in any case.
    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// Visits every line. Names are in lower case; lines of one name are in the order of the
    /// request.
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8]));

    /// Makes the map.
    fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        self.for_each(&mut |name, value| {
            let name = HeaderName::from_bytes(name.as_bytes());
            // The host has parsed the head; a line that http 1 refuses is left out.
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                map.append(name, value);
            }
        });
        map
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::HeadSource;
    use crate::environ::Environ;

    struct Lent;

    impl HeadSource for Lent {
        fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
            if name.eq_ignore_ascii_case("x-lent") {
                visit(b"yes");
            }
        }

        fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            visit("x-lent", b"yes");
        }
    }

    #[test]
    fn a_source_is_the_hosts_alone_again_when_the_environ_is_dropped() {
        let mut source = Arc::new(Lent);
        let mut environ = Environ::from_request(http::Request::new(()));
        environ.set_head_source(source.clone());
        assert_eq!(environ.header("X-Lent").unwrap(), "yes");
        assert_eq!(environ.headers()["x-lent"], "yes");
        assert!(Arc::get_mut(&mut source).is_none());
        drop(environ);
        assert!(Arc::get_mut(&mut source).is_some());
    }
}
