//! `CacheControl`: the `Cache-Control` header of a response.

use std::fmt;
use std::time::Duration;

use gateway_core::{Error, ModifyResponse, Response};
use http::{HeaderValue, header};

/// The directives of a response's `Cache-Control` (RFC 9111 section 5.2.2), written in the order in
/// which they are listed here. It can follow the body in the tuple of a view.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use gateway_core::TryIntoResponse;
/// use gateway_util::CacheControl;
///
/// let cached = CacheControl::new().public().max_age(Duration::from_secs(60)).immutable();
/// assert_eq!(cached.to_string(), "public, max-age=60, immutable");
/// let response = ("text", cached).try_into_response()?;
/// assert_eq!(response.headers()["cache-control"], "public, max-age=60, immutable");
/// # Ok::<(), gateway_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheControl {
    flags: u16,
    max_age: Option<u64>,
    s_maxage: Option<u64>,
    stale_while_revalidate: Option<u64>,
    stale_if_error: Option<u64>,
}

const FLAGS: [&str; 8] = [
    "public",
    "private",
    "no-cache",
    "no-store",
    "no-transform",
    "must-revalidate",
    "proxy-revalidate",
    "immutable",
];

macro_rules! flags {
    ($($method:ident, $place:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[must_use]
        pub const fn $method(mut self) -> Self {
            self.flags |= 1 << $place;
            self
        }
    )*};
}

macro_rules! ages {
    ($($method:ident, $doc:literal;)*) => {$(
        #[doc = $doc]
        #[must_use]
        pub const fn $method(mut self, age: Duration) -> Self {
            self.$method = Some(age.as_secs());
            self
        }
    )*};
}

impl CacheControl {
    /// No directives.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    flags! {
        public, 0, "Any cache may store it.";
        private, 1, "Only the client's own cache may store it.";
        no_cache, 2, "It may be stored, and is asked for again before each use.";
        no_store, 3, "It may not be stored.";
        no_transform, 4, "It may not be changed on the way.";
        must_revalidate, 5, "It may not be used when it is stale.";
        proxy_revalidate, 6, "Shared caches may not use it when it is stale.";
        immutable, 7, "It does not change while it is fresh (RFC 8246).";
    }

    ages! {
        max_age, "How long it is fresh, in whole seconds.";
        s_maxage, "How long it is fresh for shared caches.";
        stale_while_revalidate, "How long it may be used while it is asked for again (RFC 5861).";
        stale_if_error, "How long it may be used while the server fails (RFC 5861).";
    }

    pub(crate) fn header_value(&self) -> HeaderValue {
        // Names and digits only.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("no-cache"))
    }
}

impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut write = |f: &mut fmt::Formatter<'_>, name: &str, age: Option<u64>| {
            f.write_str(std::mem::replace(&mut separator, ", "))?;
            f.write_str(name)?;
            age.map_or(Ok(()), |age| write!(f, "={age}"))
        };
        let is_set = |place: usize| self.flags & (1 << place) != 0;
        for (place, name) in FLAGS.iter().enumerate().take(7) {
            if is_set(place) {
                write(f, name, None)?;
            }
        }
        for (name, age) in [
            ("max-age", self.max_age),
            ("s-maxage", self.s_maxage),
            ("stale-while-revalidate", self.stale_while_revalidate),
            ("stale-if-error", self.stale_if_error),
        ] {
            if age.is_some() {
                write(f, name, age)?;
            }
        }
        if is_set(7) {
            write(f, FLAGS[7], None)?;
        }
        Ok(())
    }
}

impl ModifyResponse for CacheControl {
    fn modify_response(self, response: &mut Response) -> Result<(), Error> {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, self.header_value());
        Ok(())
    }
}
