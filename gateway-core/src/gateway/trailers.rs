//! Decides which trailers of a body are sent, by the version of HTTP, `TE` and `Trailer` (B11).

use http::{HeaderMap, HeaderName, header};

use crate::headers::may_trail;
use crate::log;

/// The trailers that a response may have.
#[derive(Debug)]
pub(super) enum Trailers {
    /// HTTP/1.0, an HTTP/1.1 client that did not ask for them, or nothing declared.
    None,
    /// HTTP/1.1: those that the `Trailer` field of the head names.
    Declared(Box<[HeaderName]>),
    /// HTTP/2.
    All,
}

/// True if a `TE` field asks for trailers (RFC 9110 section 10.1.4).
pub(crate) fn takes_trailers(te: &[u8]) -> bool {
    te.split(|byte| *byte == b',').any(|coding| {
        let name = coding
            .split(|byte| *byte == b';')
            .next()
            .unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"trailers")
    })
}

impl Trailers {
    pub(super) fn declared_in(headers: &HeaderMap) -> Self {
        let names: Box<[HeaderName]> = headers
            .get_all(header::TRAILER)
            .iter()
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
            .collect();
        if names.is_empty() {
            return Self::None;
        }
        Self::Declared(names)
    }

    /// The trailers that are sent; `None` if there are none.
    pub(super) fn admit(&self, mut trailers: HeaderMap) -> Option<HeaderMap> {
        let dropped: Vec<_> = match self {
            Self::None => return None,
            Self::All => trailers
                .keys()
                .filter(|name| !may_trail(name))
                .cloned()
                .collect(),
            Self::Declared(names) => trailers
                .keys()
                .filter(|name| !may_trail(name) || !names.contains(name))
                .cloned()
                .collect(),
        };
        for name in dropped {
            let why = if may_trail(&name) {
                "is not declared in the Trailer header"
            } else {
                "is a field that cannot be a trailer"
            };
            log::warn(
                "B11",
                &format_args!("the trailer {name} is dropped: it {why}"),
            );
            trailers.remove(name);
        }
        (!trailers.is_empty()).then_some(trailers)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn b11_te_asks_for_trailers() {
        for te in [
            "trailers",
            "deflate, Trailers",
            "trailers;q=0.5",
            " trailers ",
        ] {
            assert!(takes_trailers(te.as_bytes()), "{te}");
        }
        for te in ["", "deflate", "trailer", "x;trailers"] {
            assert!(!takes_trailers(te.as_bytes()), "{te}");
        }
    }

    #[test]
    fn b11_http_1_1_has_only_the_declared_trailers() {
        let trailers = Trailers::declared_in(&map(&[("trailer", "X-A, x-b")]));
        let sent = trailers.admit(map(&[("x-a", "1"), ("x-c", "2")])).unwrap();
        assert_eq!(
            sent.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["x-a"]
        );
        assert!(trailers.admit(map(&[("x-c", "2")])).is_none());
        let none = Trailers::declared_in(&map(&[]));
        assert!(none.admit(map(&[("x-a", "1")])).is_none());
    }

    #[test]
    fn b11_fields_of_framing_never_trail() {
        assert!(
            Trailers::All
                .admit(map(&[("content-length", "1")]))
                .is_none()
        );
        assert!(
            Trailers::All
                .admit(map(&[("x-a", "1"), ("host", "b")]))
                .unwrap()
                .len()
                == 1
        );
    }
}
