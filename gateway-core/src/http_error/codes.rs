//! The table of HTTP errors: code, constructor, name and public description (N6).
//!
//! Names and descriptions are those that Werkzeug shows, so that pages compare equal.

use std::sync::OnceLock;

use bytes::Bytes;
use http::StatusCode;

use super::HttpError;

/// The name and the description that a page shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// The page with both, which most errors of a code share.
    pub(super) page: &'static OnceLock<Bytes>,
}

macro_rules! http_errors {
    ($($code:literal, $constructor:ident, $name:literal, $description:literal;)*) => {
        /// The entry for a code, if it is in the table.
        pub(super) fn entry(status: StatusCode) -> Option<Entry> {
            match status.as_u16() {
                $($code => {
                    static PAGE: OnceLock<Bytes> = OnceLock::new();
                    Some(Entry { name: $name, description: $description, page: &PAGE })
                })*
                _ => None,
            }
        }

        impl HttpError {
            $(
                #[doc = concat!(stringify!($code), " ", $name, ".")]
                #[must_use]
                pub fn $constructor() -> Self {
                    Self::new($code)
                }
            )*
        }

        /// Every code of the table.
        #[cfg(test)]
        pub(super) const CODES: &[u16] = &[$($code),*];
    };
}

http_errors! {
    400, bad_request, "Bad Request",
        "The browser (or proxy) sent a request that this server could not understand.";
    401, unauthorized, "Unauthorized",
        "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.";
    402, payment_required, "Payment Required",
        "Payment is required for this resource.";
    403, forbidden, "Forbidden",
        "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.";
    404, not_found, "Not Found",
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
    405, method_not_allowed, "Method Not Allowed",
        "The method is not allowed for the requested URL.";
    406, not_acceptable, "Not Acceptable",
        "The resource identified by the request is only capable of generating response entities which have content characteristics not acceptable according to the accept headers sent in the request.";
    407, proxy_authentication_required, "Proxy Authentication Required",
        "The proxy requires authentication.";
    408, request_timeout, "Request Timeout",
        "The server closed the network connection because the browser didn't finish the request within the specified time.";
    409, conflict, "Conflict",
        "A conflict happened while processing the request. The resource might have been modified while the request was being processed.";
    410, gone, "Gone",
        "The requested URL is no longer available on this server and there is no forwarding address. If you followed a link from a foreign page, please contact the author of this page.";
    411, length_required, "Length Required",
        "A request with this method requires a valid <code>Content-Length</code> header.";
    412, precondition_failed, "Precondition Failed",
        "The precondition on the request for the URL failed positive evaluation.";
    413, payload_too_large, "Request Entity Too Large",
        "The data value transmitted exceeds the capacity limit.";
    414, uri_too_long, "Request URI Too Long",
        "The length of the requested URL exceeds the capacity limit for this server. The request cannot be processed.";
    415, unsupported_media_type, "Unsupported Media Type",
        "The server does not support the media type transmitted in the request.";
    416, range_not_satisfiable, "Requested Range Not Satisfiable",
        "The server cannot provide the requested range.";
    417, expectation_failed, "Expectation Failed",
        "The server could not meet the requirements of the Expect header";
    418, im_a_teapot, "I'm a teapot",
        "This server is a teapot, not a coffee machine";
    421, misdirected_request, "Misdirected Request",
        "The server is not able to produce a response.";
    422, unprocessable_entity, "Unprocessable Entity",
        "The request was well-formed but was unable to be followed due to semantic errors.";
    423, locked, "Locked",
        "The resource that is being accessed is locked.";
    424, failed_dependency, "Failed Dependency",
        "The method could not be performed on the resource because the requested action depended on another action and that action failed.";
    425, too_early, "Too Early",
        "The server is not willing to process a request that might be replayed.";
    426, upgrade_required, "Upgrade Required",
        "The server refuses the request over this protocol; it names the one to upgrade to.";
    428, precondition_required, "Precondition Required",
        "This request is required to be conditional; try using \"If-Match\" or \"If-Unmodified-Since\".";
    429, too_many_requests, "Too Many Requests",
        "This user has exceeded an allotted request count. Try again later.";
    431, request_header_fields_too_large, "Request Header Fields Too Large",
        "One or more header fields exceeds the maximum size.";
    451, unavailable_for_legal_reasons, "Unavailable For Legal Reasons",
        "Unavailable for legal reasons.";
    500, internal_server_error, "Internal Server Error",
        "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.";
    501, not_implemented, "Not Implemented",
        "The server does not support the action requested by the browser.";
    502, bad_gateway, "Bad Gateway",
        "The proxy server received an invalid response from an upstream server.";
    503, service_unavailable, "Service Unavailable",
        "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. Please try again later.";
    504, gateway_timeout, "Gateway Timeout",
        "The connection to an upstream server timed out.";
    505, http_version_not_supported, "HTTP Version Not Supported",
        "The server does not support the HTTP protocol version used in the request.";
    506, variant_also_negotiates, "Variant Also Negotiates",
        "The server has an internal configuration error: the chosen variant negotiates itself.";
    507, insufficient_storage, "Insufficient Storage",
        "The server cannot store what is needed to complete the request.";
    508, loop_detected, "Loop Detected",
        "The server found an infinite loop while processing the request.";
    510, not_extended, "Not Extended",
        "The request lacks an extension that the resource requires.";
    511, network_authentication_required, "Network Authentication Required",
        "The client needs to authenticate to gain network access.";
}
