//! `LentHead`: a request head in the server's own types, which is converted to `http` types when an
//! app first asks for those. An adapter implements `HeadSource` to lend such a head.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, request,
};

/// The head of a request in a host's own type, lent to the environ.
///
/// Hosts that use `http` 1 do not need it. Others (actix-web uses `http` 0.2) give a source in
/// a [`LentHead`]: look-ups by name and the path read it directly. An `http` 1 map and URI are made
/// only when somebody asks for [`Environ::headers`](crate::Environ::headers) or
/// [`Environ::uri`](crate::Environ::uri).
///
/// The environ drops its source when it is dropped. A host that lends its own map keeps a
/// second handle, and takes the map back once that handle is the last one.
///
/// The source must not change while it is lent.
pub trait HeadSource: Send + Sync {
    /// The request target as it was sent: a path and perhaps a query.
    fn target(&self) -> &str;

    /// Visits the lines of one header, in the order of the request. The name may be in any case.
    fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// Visits the lines of `Host`, `Transfer-Encoding` and `TE`, those of one field in the order of
    /// the request. The gateway judges them for each request. The provided method asks
    /// [`lines`](Self::lines) for each field. Implement it where one pass finds all three faster. A
    /// line that it leaves out is not judged.
    fn framing_lines<'a>(&'a self, visit: &mut dyn FnMut(FramingField, &'a [u8])) {
        for field in [
            FramingField::Host,
            FramingField::TransferEncoding,
            FramingField::Te,
        ] {
            self.lines(field.as_str(), &mut |line| visit(field, line));
        }
    }

    /// Visits every line. Names are in lower case; lines of one name are in the order of the
    /// request.
    fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8]));

    /// Makes the map. A line that `http` does not accept is left out.
    fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::new();
        self.for_each(&mut |name, value| {
            let name = HeaderName::from_bytes(name.as_bytes());
            // The host has parsed the head, by a grammar that may be wider.
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
                map.append(name, value);
            }
        });
        map
    }
}

/// A field that the gateway judges before it calls the app (E12, I2, B11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FramingField {
    /// `Host`.
    Host,
    /// `Transfer-Encoding`.
    TransferEncoding,
    /// `TE`.
    Te,
}

impl FramingField {
    /// The name, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::TransferEncoding => "transfer-encoding",
            Self::Te => "te",
        }
    }
}

/// A head that a host lends: the method and the version, which are converted, and a
/// [`HeadSource`] for the rest. See [`Gateway::lend`](crate::Gateway::lend).
pub struct LentHead {
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) extensions: Extensions,
    source: Arc<dyn HeadSource>,
    target: Target,
    /// The map made from the source's headers.
    headers: OnceLock<HeaderMap>,
}

enum Target {
    /// A URI that was made from the host's target.
    Parsed(Uri),
    /// The source's target, of which a URI can be made.
    Lent(OnceLock<Uri>),
}

// Lending the target is faster. Under actix-web, a request of `plaintext` took 26 974 instructions and 7.9
// calls of `malloc` with a lent target, and 27 376 and 9.0 with a parsed one. It is safe, because only a
// plain target is lent, and what is made of it is dropped with the head.

/// The longest target that `http` accepts.
const LONGEST: usize = u16::MAX as usize - 1;

impl LentHead {
    /// A head whose target is the source's, in origin form (RFC 9112 section 3.2.1).
    ///
    /// # Errors
    ///
    /// When `http` does not accept the target. The adapter then [refuses](crate::Gateway::refuse)
    /// the request.
    #[inline]
    pub fn new(
        method: Method,
        version: Version,
        source: Arc<dyn HeadSource>,
    ) -> Result<Self, http::uri::InvalidUri> {
        let target = if is_plain(source.target()) {
            Target::Lent(OnceLock::new())
        } else {
            Target::Parsed(source.target().parse()?)
        };
        Ok(Self::assemble(method, version, target, source))
    }

    /// A head whose target the host has as a URI, such as one in absolute form, or that of an
    /// HTTP/2 request with its authority.
    #[inline]
    #[doc(alias = "with_uri")]
    pub fn from_uri(
        method: Method,
        version: Version,
        uri: Uri,
        source: Arc<dyn HeadSource>,
    ) -> Self {
        Self::assemble(method, version, Target::Parsed(uri), source)
    }

    #[inline]
    fn assemble(
        method: Method,
        version: Version,
        target: Target,
        source: Arc<dyn HeadSource>,
    ) -> Self {
        Self {
            method,
            version,
            extensions: Extensions::new(),
            source,
            target,
            headers: OnceLock::new(),
        }
    }

    /// The target, if it is the source's.
    #[inline]
    pub(super) fn target(&self) -> Option<&str> {
        match &self.target {
            Target::Parsed(_) => None,
            Target::Lent(_) => Some(self.source.target()),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        match &self.target {
            Target::Parsed(uri) => uri,
            // A plain target is a URI.
            Target::Lent(made) => {
                made.get_or_init(|| self.source.target().parse().unwrap_or_default())
            }
        }
    }

    /// The source of the headers, until somebody has asked for the map.
    #[inline]
    pub(super) fn source(&self) -> Option<&dyn HeadSource> {
        match self.headers.get() {
            Some(_) => None,
            None => Some(&*self.source),
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| self.source.to_map())
    }

    /// Takes the map out, if one was made.
    pub(super) fn take_map(&mut self) -> HeaderMap {
        self.headers.take().unwrap_or_default()
    }

    pub(super) fn into_parts(mut self) -> request::Parts {
        let headers = self.headers.take().unwrap_or_else(|| self.source.to_map());
        let uri = match self.target {
            Target::Parsed(uri) => uri,
            Target::Lent(made) => made
                .into_inner()
                .unwrap_or_else(|| self.source.target().parse().unwrap_or_default()),
        };
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = self.method;
        parts.uri = uri;
        parts.version = self.version;
        parts.headers = headers;
        parts.extensions = self.extensions;
        parts
    }
}

/// True for a target in origin form whose characters every grammar of URIs accepts: `http` makes a
/// URI of it that prints the same.
#[inline]
fn is_plain(target: &str) -> bool {
    target.starts_with('/')
        && target.len() <= LONGEST
        && target.bytes().all(|byte| IS_PLAIN[usize::from(byte)])
}

/// A table, because every lent target is checked.
const IS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = matches!(
            byte as u8,
            b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~'
        );
        byte += 1;
    }
    table
};

impl fmt::Debug for LentHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets, so they are not printed.
        f.debug_struct("LentHead")
            .field("method", &self.method)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lent(String);

    impl HeadSource for Lent {
        fn target(&self) -> &str {
            &self.0
        }

        fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
            if name.eq_ignore_ascii_case("x-lent") {
                visit(b"yes");
            }
        }

        fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            visit("x-lent", b"yes");
        }
    }

    fn head(target: impl Into<String>) -> Result<LentHead, http::uri::InvalidUri> {
        let source = Arc::new(Lent(target.into()));
        LentHead::new(Method::GET, Version::HTTP_11, source)
    }

    #[test]
    fn e5_every_plain_target_is_a_uri_that_prints_the_same() {
        for byte in 0..=127_u8 {
            let target = format!("/a{0}b?c{0}d", char::from(byte));
            if is_plain(&target) {
                assert_eq!(target.parse::<Uri>().unwrap(), *target);
            }
        }
        let longest = format!("/{}", "a".repeat(LONGEST - 1));
        assert!(is_plain(&longest) && longest.parse::<Uri>().is_ok());
        assert!(!is_plain(&format!("{longest}a")));
        assert!(!is_plain("?x=1") && !is_plain("*") && !is_plain(""));
    }

    #[test]
    fn e5_other_targets_are_parsed_or_refused() {
        assert_eq!(head("/a\"b|c").unwrap().target(), None);
        assert_eq!(head("/a\"b|c").unwrap().uri(), "/a\"b|c");
        for target in ["?x=1", "/a b", &format!("/{}", "a".repeat(LONGEST))] {
            assert!(head(target).is_err(), "{target}");
        }
    }

    #[test]
    fn a_source_is_the_hosts_alone_again_when_the_environ_is_dropped() {
        let gateway = crate::Gateway::new(crate::view(async |_| "hello"));
        let mut source = Arc::new(Lent("/".into()));
        let head = LentHead::new(Method::GET, Version::HTTP_11, source.clone()).unwrap();
        let environ = gateway.lend(head, crate::Input::empty());
        assert_eq!(environ.header("X-Lent").unwrap(), "yes");
        assert_eq!(environ.headers()["x-lent"], "yes");
        assert!(Arc::get_mut(&mut source).is_none());
        drop(environ);
        assert!(Arc::get_mut(&mut source).is_some());
    }
}
