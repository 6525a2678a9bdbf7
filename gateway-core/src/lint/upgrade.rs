//! The lint's checks of switches of protocols (clauses U).

use http::StatusCode;

use super::head::HeadWatch;
use crate::body::Body;

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

    //= U4 app, middleware: a switch MUST be the body of a response with the status 101, on every
    //= version of HTTP, and a 101 MUST have such a body. There is at most one for each exchange.
    //= The response MUST be started when the body is returned. Otherwise the gateway MUST answer
    //= 500 and log the clause.
    //= Reason: after a head that promises a switch, a client waits for the other protocol.
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

    //= U7 app, gateway: a 2xx response without a switch to an extended CONNECT MUST become a 502
    //= with its page, which is logged. An app declines with another status, such as 403 or 426, and
    //= any body.
    //= Reason: RFC 8441 section 5: a 2xx opens a tunnel, whose other end nobody would serve. On
    //= HTTP/1 a 2xx declines, so such an app would work on one version of HTTP only.
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

//= U1 gateway: a host MUST offer only what it can switch to. A host that cannot switch offers
//= nothing.
//= Reason: an app that sees no offer can decline, and say what it speaks. (The lint cannot see what
//= a host can do.)

//= U5 gateway: on HTTP/1.1 the head of a switch MUST have `Connection: upgrade` and an `Upgrade`
//= with the app's protocol; on HTTP/2 it MUST have the status 200 and neither field. It MUST NOT
//= have Content-Length or Transfer-Encoding, and gets no Content-Type from the gateway. Middlewares
//= see 101 on every version.
//= Reason: RFC 9110 section 15.2.2, RFC 8441 section 5. (It is written after the app has returned.)

//= U6 gateway: the head MUST be sent before the app's part runs, and bytes that the client has sent
//= by then MUST be read first.
//= Reason: a client may send as soon as it knows of the switch, and in some protocols earlier. (It
//= happens after the app has returned.)

//= U8 gateway: a read after the client's end MUST give everything that was sent before, and then
//= the end. When the app's part is over, the host MUST send what was written, and then end the
//= stream.
//= Reason: the last message must arrive whole. (It happens after the app has returned.)

//= U9 gateway: an error or a panic of the app's part MUST be logged, and SHOULD be seen by the
//= client as an aborted connection. It MUST NOT affect other requests.
//= Reason: a part of a message must not pass for the whole. (It happens after the app has returned;
//= not every host can abort.)

//= U10 gateway: a client that has ended its direction MUST still get what the app writes, if the
//= host can tell. An app that ends its own direction MAY end both by it.
//= Reason: some protocols half-close the connection, and not every host can. (It happens after the
//= app has returned.)

//= U11 gateway: no time limit of the host MUST apply to a stream after a switch, except that of a
//= shutdown.
//= Reason: only the protocol knows how long silence may last. (It happens after the app has
//= returned.)

//= U12 gateway: a graceful shutdown MUST tell the app's part that it is closing, MUST wait for it
//= within the bound of L4, and then cuts it.
//= Reason: a protocol may have a last message, such as the close code 1001 of WebSocket. (It
//= happens after the app has returned.)

//= U13 middleware: a middleware MUST pass on a body that switches the protocol unchanged. If one
//= replaces or reads it, the response is a 500.
//= Reason: it has no bytes. (The lint sees one place of the stack, so it cannot tell which
//= middleware replaced it.)

//= U14 gateway: nothing of the exchange MUST be recycled while the app's part runs; callbacks (L2),
//= observers (L8) and `closed` (L3) wait for its end.
//= Reason: the stream is part of the exchange. (It happens after the app has returned.)

//= U15 app: an app MUST NOT take the end of the stream for the last message of the client.
//= Reason: on some hosts a client that has crashed looks like one that has finished. (The lint
//= cannot see what an app takes it for.)

//= U16 gateway: a host MUST poll the app's part whether or not the client reads, and MUST stop
//= taking bytes from it while the client does not read.
//= Reason: timers of the app must fire, and memory must be bounded. (It happens after the app has
//= returned.)
