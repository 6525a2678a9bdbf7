//! `HeaderError`: why a header was refused.

use std::fmt;

use http::HeaderName;

/// A header that a response must not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderError(
    // Boxed, because the results with it are passed on for every header.
    Box<Kind>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Name(String),
    Value(HeaderName),
    HopByHop(HeaderName),
    Trailer,
    ContentLength,
    ContentLengths,
    TooMany,
}

impl HeaderError {
    #[cold]
    pub(super) fn new(kind: Kind) -> Self {
        Self(Box::new(kind))
    }

    pub(super) fn name(name: &str) -> Self {
        Self::new(Kind::Name(name.chars().take(64).collect()))
    }

    pub(crate) fn value(name: &HeaderName) -> Self {
        Self::new(Kind::Value(name.clone()))
    }

    /// The clause of SPEC.md that the header breaks: `"S6"`, `"S7"` or `"S9"`.
    #[must_use]
    #[doc(alias = "rule")]
    pub fn clause(&self) -> &'static str {
        match *self.0 {
            Kind::Name(_) | Kind::Value(_) | Kind::TooMany => "S6",
            Kind::HopByHop(_) | Kind::Trailer => "S7",
            Kind::ContentLength | Kind::ContentLengths => "S9",
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Name(name) => write!(f, "{name:?} is not a header name"),
            Kind::Value(name) => write!(
                f,
                "the value of the header {name} holds a control character"
            ),
            Kind::HopByHop(name) => {
                write!(
                    f,
                    "the header {name} belongs to the connection, not to the app"
                )
            }
            Kind::Trailer => {
                f.write_str("the header trailer names a field that cannot be a trailer")
            }
            Kind::ContentLength => f.write_str("the header content-length is not a number"),
            Kind::ContentLengths => f.write_str("two content-length headers differ"),
            Kind::TooMany => f.write_str("more headers than a header map can hold"),
        }
    }
}

impl std::error::Error for HeaderError {}
