//! Request headers that stay in the host's own type until somebody asks for the map.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Request headers in a host's own type, lent to the environ.
///
/// Hosts whose headers are an `http` 1 [`HeaderMap`] have no use for it. Others (actix-web is on
/// `http` 0.2) hand over a source: look-ups by name go straight to it, and the map is made at the
/// first [`Environ::headers`](crate::Environ::headers).
///
/// The environ lets go of its source when it is dropped. A host that lends out its own map keeps a
/// second handle, and takes the map back once that is the last one.
pub trait HeaderSource: Send + Sync {
    /// The value of the `nth` line (from 0) of the header, in the order of the request. The name
    /// is in lower case.
    fn get(&self, name: &str, nth: usize) -> Option<&[u8]>;

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

    use super::HeaderSource;
    use crate::environ::Environ;

    struct Lent;

    impl HeaderSource for Lent {
        fn get(&self, name: &str, nth: usize) -> Option<&[u8]> {
            (name == "x-lent" && nth == 0).then_some(b"yes")
        }

        fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            visit("x-lent", b"yes");
        }
    }

    #[test]
    fn a_source_is_the_hosts_alone_again_when_the_environ_is_dropped() {
        let mut source = Arc::new(Lent);
        let mut environ = Environ::from_request(http::Request::new(()));
        environ.set_header_source(source.clone());
        assert_eq!(environ.header("X-Lent").unwrap(), "yes");
        assert_eq!(environ.headers()["x-lent"], "yes");
        assert!(Arc::get_mut(&mut source).is_none());
        drop(environ);
        assert!(Arc::get_mut(&mut source).is_some());
    }
}
