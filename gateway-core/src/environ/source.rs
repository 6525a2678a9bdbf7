//! Request headers that stay in the host's own type until somebody asks for the map.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Request headers in a host's own type, lent to the environ.
///
/// Hosts whose headers are an `http` 1 [`HeaderMap`] have no use for it. Others (actix-web is on
/// `http` 0.2) hand over a source: look-ups by name go straight to it, and the map is made at the
/// first [`Environ::headers`](crate::Environ::headers).
///
/// A source is dropped with the environ: an implementation that lends out the host's map gives it
/// back in its destructor.
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
