//! Switches of protocols. The clauses U.

use http::{Method, StatusCode, Version};

use super::head::HeadWatch;
use super::report::Report;
use crate::body::Body;
use crate::environ::{EnvValue, Environ};

/// What a request offers.
pub(super) struct Offered {
    protocols: Vec<String>,
    is_extended_connect: bool,
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
        //= U2 gateway: nothing MUST be offered to a request of HTTP/1.0, to one that has a body, or to one of
        //= HTTP/1.1 whose Connection does not have the option `upgrade`. `websocket` MUST be offered to GET
        //= only. An extended CONNECT (RFC 8441) for `websocket` MUST be shown to the app as a GET that offers
        //= it; one for another protocol is a CONNECT (E14).
        //= Reason: RFC 9110 section 7.8, RFC 6455 section 4.1; a host that hands the stream out without these
        //= takes the bytes of a body, or of the next request, for those of the other protocol.
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

    fn has(&self, protocol: &str) -> bool {
        let mut protocols = self.protocols.iter();
        protocols.any(|known| known.eq_ignore_ascii_case(protocol))
    }
}

/// Checks the body that an app returned against the head that it has started.
pub(super) fn check(body: &Body, status: Option<StatusCode>, watch: &HeadWatch) {
    let Some(protocol) = body.upgrade_protocol() else {
        if let Some(status) = status {
            declines(status, watch);
        }
        return;
    };

    //= U3 app, middleware: the protocol of a switch MUST be one that the request offers. Otherwise the
    //= gateway MUST answer 500, log the clause, and run nothing.
    //= Reason: a client that has not offered a protocol cannot speak it, and a host that has not offered it
    //= cannot hand the stream out.
    if !watch.offered.has(protocol) {
        watch.once("U3", || {
            watch.report.app(
                "U3",
                format!("the app switches to {protocol:?}, which the request does not offer"),
            );
        });
    }

    //= U4 app, middleware: a switch MUST be the body of a response with the status 101, on every version of
    //= HTTP, and a 101 MUST have one; there is at most one for each exchange. The response MUST be started
    //= when the body is returned. Otherwise the gateway MUST answer 500 and log the clause.
    //= Reason: a head that promises a switch which nobody runs leaves the client alone with the connection.
    let what = match status {
        Some(StatusCode::SWITCHING_PROTOCOLS) => return,
        Some(status) => format!(
            "the body switches the protocol, and the status is {}",
            status.as_u16()
        ),
        None => "the body switches the protocol, and the response was not started".to_owned(),
    };
    watch.once("U4", || watch.report.app("U4", what));
}

/// Checks the head of a response whose body switches nothing.
pub(super) fn declines(status: StatusCode, watch: &HeadWatch) {
    if status == StatusCode::SWITCHING_PROTOCOLS {
        watch.once("U4", || {
            let what = "the status is 101, and the body switches no protocol";
            watch.report.app("U4", what);
        });
    }

    //= U7 app, gateway: a 2xx response without a switch to an extended CONNECT MUST become a 502 with its
    //= page, which is logged. An app declines with another status, such as 403 or 426, and any body.
    //= Reason: RFC 8441 section 5: a 2xx opens the tunnel, and nobody would be at its other end. On HTTP/1 a
    //= 2xx declines; an app that does so works on one version of HTTP and not on the other.
    if watch.offered.is_extended_connect && status.is_success() {
        watch.once("U7", || {
            let status = status.as_u16();
            watch.report.app(
                "U7",
                format!("an extended CONNECT is declined with {status}, which opens a tunnel"),
            );
        });
    }
}

// The clauses of upgrades that no check can see.

//= U1 gateway: a host MUST offer only what it can switch to. A host that cannot switch offers nothing.
//= Reason: absence is the answer that an app can act on: it declines, and says what it speaks. (What a host can
//= do is not to be seen from inside.)

//= U5 gateway: on HTTP/1.1 the head of a switch MUST have `Connection: upgrade` and an `Upgrade` with the app's
//= protocol, and on HTTP/2 the status 200 and neither. It MUST NOT have Content-Length or Transfer-Encoding, and
//= gets no Content-Type by itself. Middlewares see 101 on every version.
//= Reason: RFC 9110 section 15.2.2, RFC 8441 section 5. (It is written behind the app.)

//= U6 gateway: the head MUST be on its way before the app's part runs, and bytes that the client has sent by then
//= MUST be read first.
//= Reason: a client may speak as soon as it knows, and in some protocols before. (It happens behind the app.)

//= U8 gateway: after the client's end a read MUST give the end, and everything sent before it first. When the
//= app's part is over, the host MUST send what was written, and then end the stream.
//= Reason: a farewell that is cut off is none. (It happens behind the app.)

//= U9 gateway: an error or a panic of the app's part MUST be logged, and SHOULD be seen by the client as an
//= aborted connection. It MUST NOT touch other requests.
//= Reason: half an answer must not pass for a whole one. (It happens behind the app; not every host can abort.)

//= U10 gateway: a client that has ended its direction MUST still get what the app writes, where the host can
//= tell. An app that ends its own direction MAY end both by it.
//= Reason: request and farewell protocols half-close; not every host can. (It happens behind the app.)

//= U11 gateway: no time limit of the host MUST apply to a stream that was switched, but that of a shutdown.
//= Reason: only the protocol knows how long silence may last. (It happens behind the app.)

//= U12 gateway: a graceful shutdown MUST tell the app's part that it is closing, MUST wait for it within the
//= bound of L4, and then cuts it.
//= Reason: a protocol has a farewell, such as the close code 1001 of WebSocket. (It happens behind the app.)

//= U13 middleware: a middleware MUST pass a body that switches the protocol untouched. One that replaces or
//= reads it is answered for with 500.
//= Reason: it has no bytes. (One lint sees one place of the stack, and so cannot tell who has replaced it.)

//= U14 gateway: nothing of the exchange MUST be recycled while the app's part runs; callbacks (L2), observers (L8)
//= and `closed` (L3) wait for its end.
//= Reason: the stream is part of the exchange. (It happens behind the app.)

//= U15 app: an app MUST NOT take the end of the stream for a farewell of the client.
//= Reason: a client that has crashed and one that is done look the same on some hosts. (What an app takes it for
//= is not to be seen.)

//= U16 gateway: a host MUST poll the app's part whether the client reads or not, and MUST stop taking bytes from it
//= while the client does not read.
//= Reason: timers of the app have to fire, and memory has to be bounded. (It happens behind the app.)
