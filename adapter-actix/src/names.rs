//! Converts the names of headers between actix's version of `http` and ours. A name that both know is
//! not parsed.

use actix_web::http::header as native;
use http::header;

macro_rules! known_names {
    ($($name:ident)*) => {
        /// A name in actix's type. `None` if it is not accepted there.
        #[inline]
        pub(crate) fn to_native(name: &header::HeaderName) -> Option<native::HeaderName> {
            match *name {
                $(header::$name => Some(native::$name),)*
                ref other => native::HeaderName::from_bytes(other.as_str().as_bytes()).ok(),
            }
        }

        /// A name of actix's in our type. `None` if it is not accepted here.
        #[inline]
        pub(crate) fn from_native(name: &native::HeaderName) -> Option<header::HeaderName> {
            match *name {
                $(native::$name => Some(header::$name),)*
                ref other => header::HeaderName::from_bytes(other.as_str().as_bytes()).ok(),
            }
        }

        #[cfg(test)]
        fn known() -> Vec<(native::HeaderName, header::HeaderName)> {
            vec![$((native::$name, header::$name)),*]
        }
    };
}

known_names! {
    ACCEPT ACCEPT_CHARSET ACCEPT_ENCODING ACCEPT_LANGUAGE
    ACCEPT_RANGES ACCESS_CONTROL_ALLOW_CREDENTIALS ACCESS_CONTROL_ALLOW_HEADERS ACCESS_CONTROL_ALLOW_METHODS
    ACCESS_CONTROL_ALLOW_ORIGIN ACCESS_CONTROL_EXPOSE_HEADERS ACCESS_CONTROL_MAX_AGE ACCESS_CONTROL_REQUEST_HEADERS
    ACCESS_CONTROL_REQUEST_METHOD AGE ALLOW ALT_SVC
    AUTHORIZATION CACHE_CONTROL CONNECTION CONTENT_DISPOSITION
    CONTENT_ENCODING CONTENT_LANGUAGE CONTENT_LENGTH CONTENT_LOCATION
    CONTENT_RANGE CONTENT_SECURITY_POLICY CONTENT_SECURITY_POLICY_REPORT_ONLY CONTENT_TYPE
    COOKIE DATE DNT ETAG
    EXPECT EXPIRES FORWARDED FROM
    HOST IF_MATCH IF_MODIFIED_SINCE IF_NONE_MATCH
    IF_RANGE IF_UNMODIFIED_SINCE LAST_MODIFIED LINK
    LOCATION MAX_FORWARDS ORIGIN PRAGMA
    PROXY_AUTHENTICATE PROXY_AUTHORIZATION PUBLIC_KEY_PINS PUBLIC_KEY_PINS_REPORT_ONLY
    RANGE REFERER REFERRER_POLICY REFRESH
    RETRY_AFTER SEC_WEBSOCKET_ACCEPT SEC_WEBSOCKET_EXTENSIONS SEC_WEBSOCKET_KEY
    SEC_WEBSOCKET_PROTOCOL SEC_WEBSOCKET_VERSION SERVER SET_COOKIE
    STRICT_TRANSPORT_SECURITY TE TRAILER TRANSFER_ENCODING
    UPGRADE UPGRADE_INSECURE_REQUESTS USER_AGENT VARY
    VIA WARNING WWW_AUTHENTICATE X_CONTENT_TYPE_OPTIONS
    X_DNS_PREFETCH_CONTROL X_FRAME_OPTIONS X_XSS_PROTECTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_is_the_same_in_both_versions() {
        for (native, ours) in known() {
            assert_eq!(native.as_str(), ours.as_str());
            assert_eq!(to_native(&ours).as_ref(), Some(&native));
            assert_eq!(from_native(&native).as_ref(), Some(&ours));
        }
    }

    #[test]
    fn other_names_are_parsed() {
        let ours = header::HeaderName::from_static("x-request-id");
        let native = to_native(&ours).unwrap();
        assert_eq!(native, "x-request-id");
        assert_eq!(from_native(&native), Some(ours));
    }
}
