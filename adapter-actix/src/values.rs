//! `Values`: header values in actix's type, which a worker sends again in later responses.

use std::cell::RefCell;

use actix_web::http::header::HeaderValue as NativeValue;
use http::header::{self, HeaderName, HeaderValue};

/// A longer value is not kept.
const LONGEST: usize = 128;

macro_rules! kept_names {
    ($($place:ident: $name:ident,)*) => {
        /// The place of a value that is kept: one for each name whose values are often the same in
        /// many responses, and are no secret.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Place {
            $($place,)*
        }

        /// How many there are.
        const COUNT: usize = [$(Place::$place),*].len();

        impl Place {
            #[inline]
            fn of_name(name: &HeaderName) -> Option<Self> {
                match *name {
                    $(header::$name => Some(Self::$place),)*
                    _ => None,
                }
            }
        }
    };
}

kept_names! {
    AcceptRanges: ACCEPT_RANGES,
    AccessControlAllowCredentials: ACCESS_CONTROL_ALLOW_CREDENTIALS,
    AccessControlAllowHeaders: ACCESS_CONTROL_ALLOW_HEADERS,
    AccessControlAllowMethods: ACCESS_CONTROL_ALLOW_METHODS,
    AccessControlAllowOrigin: ACCESS_CONTROL_ALLOW_ORIGIN,
    AccessControlExposeHeaders: ACCESS_CONTROL_EXPOSE_HEADERS,
    AccessControlMaxAge: ACCESS_CONTROL_MAX_AGE,
    Allow: ALLOW,
    AltSvc: ALT_SVC,
    CacheControl: CACHE_CONTROL,
    ContentEncoding: CONTENT_ENCODING,
    ContentLanguage: CONTENT_LANGUAGE,
    ContentSecurityPolicy: CONTENT_SECURITY_POLICY,
    ContentType: CONTENT_TYPE,
    ReferrerPolicy: REFERRER_POLICY,
    Server: SERVER,
    StrictTransportSecurity: STRICT_TRANSPORT_SECURITY,
    Vary: VARY,
    XContentTypeOptions: X_CONTENT_TYPE_OPTIONS,
    XDnsPrefetchControl: X_DNS_PREFETCH_CONTROL,
    XFrameOptions: X_FRAME_OPTIONS,
    XXssProtection: X_XSS_PROTECTION,
}

impl Place {
    /// The place of a value, if it is one that is kept.
    #[inline]
    pub(crate) fn of(name: &HeaderName, value: &HeaderValue) -> Option<Self> {
        Self::of_name(name).filter(|_| value.len() <= LONGEST && !value.is_sensitive())
    }
}

/// The last value of each name that is worth it. Most apps send the same ones in each response,
/// and a value that is kept is not copied and checked again. What is secret or may be long, such as
/// a cookie, is never kept (L5).
#[derive(Debug)]
pub(crate) struct Values(RefCell<[Option<NativeValue>; COUNT]>);

impl Default for Values {
    fn default() -> Self {
        Self(RefCell::new([const { None }; COUNT]))
    }
}

impl Values {
    /// The value in actix's type. `None` if actix does not accept it.
    #[inline]
    pub(crate) fn get(&self, place: Place, value: &HeaderValue) -> Option<NativeValue> {
        let mut slots = self.0.borrow_mut();
        match &mut slots[place as usize] {
            Some(known) if known.as_bytes() == value.as_bytes() => Some(known.clone()),
            slot => {
                *slot = NativeValue::from_bytes(value.as_bytes()).ok();
                slot.clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(values: &Values, name: HeaderName, value: &'static str) -> NativeValue {
        let value = HeaderValue::from_static(value);
        values
            .get(Place::of(&name, &value).unwrap(), &value)
            .unwrap()
    }

    #[test]
    fn each_value_is_the_one_that_was_asked_for() {
        let values = Values::default();
        for value in ["text/html", "text/html", "text/plain", "", "text/html"] {
            assert_eq!(get(&values, header::CONTENT_TYPE, value), value);
            assert_eq!(get(&values, header::VARY, "origin"), "origin");
        }
    }

    #[test]
    fn l5_what_is_secret_or_long_is_not_kept() {
        let short = HeaderValue::from_static("a=1");
        for name in [
            header::SET_COOKIE,
            header::LOCATION,
            header::WWW_AUTHENTICATE,
        ] {
            assert!(Place::of(&name, &short).is_none(), "{name}");
        }
        assert!(Place::of(&header::VARY, &short).is_some());
        let mut secret = short;
        secret.set_sensitive(true);
        assert!(Place::of(&header::VARY, &secret).is_none());
        let long = HeaderValue::from_str(&"a".repeat(LONGEST + 1)).unwrap();
        assert!(Place::of(&header::VARY, &long).is_none());
    }
}
