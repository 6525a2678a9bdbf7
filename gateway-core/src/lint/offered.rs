//! `Offered`: the protocols that a request offers to switch to, and the lint's checks of them.

use http::{Method, Version};

use super::report::Report;
use crate::environ::{EnvValue, Environ};

/// What a request offers.
pub(super) struct Offered {
    protocols: Vec<String>,
    pub(super) is_extended_connect: bool,
}

impl Offered {
    /// Checks what an environ offers, and keeps it.
    pub(super) fn check(environ: &Environ, report: &Report) -> Self {
        let offered = Self {
            protocols: environ.upgrades().map(str::to_owned).collect(),
            is_extended_connect: environ.is_extended_connect(),
        };
        if !offered.protocols.is_empty() {
            offered.conditions(environ, report);
        }
        offered
    }

    fn conditions(&self, environ: &Environ, report: &Report) {
        //= U2 gateway: nothing MUST be offered to a request of HTTP/1.0, to one that has a body, or
        //= to one of HTTP/1.1 whose Connection does not have the option `upgrade`. `websocket` MUST
        //= be offered to GET only. An extended CONNECT (RFC 8441) for `websocket` MUST be shown to
        //= the app as a GET that offers it; one for another protocol is a CONNECT (E14).
        //= Reason: RFC 9110 section 7.8, RFC 6455 section 4.1. Otherwise a host could take the
        //= bytes of a body, or of the next request, for those of the other protocol.
        let version = environ.version();
        if version < Version::HTTP_11 {
            report.gateway("U2", "a request of HTTP/1.0 offers a switch of protocols");
        }
        if version == Version::HTTP_11 && !environ.has_connection_option("upgrade") {
            report.gateway(
                "U2",
                "a request without `Connection: upgrade` offers a switch of protocols",
            );
        }
        let length = environ.header("content-length");
        let has_length = length
            .as_ref()
            .map(EnvValue::as_bytes)
            .is_some_and(|length| length != b"0");
        if has_length || environ.header("transfer-encoding").is_some() {
            report.gateway("U2", "a request with a body offers a switch of protocols");
        }
        if self.has("websocket") && environ.request_method() != Method::GET {
            let method = environ.request_method();
            report.gateway("U2", format!("a {method} request offers websocket"));
        }
    }

    pub(super) fn has(&self, protocol: &str) -> bool {
        let mut protocols = self.protocols.iter();
        protocols.any(|known| known.eq_ignore_ascii_case(protocol))
    }
}
