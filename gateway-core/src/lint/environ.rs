//! The lint's checks of the environ that the gateway gives to an app (clauses E).

use http::{Method, header};

use super::report::Report;
use crate::environ::{EnvValue, Environ};

/// Checks an environ when it is given to an app.
///
/// Variables and accessors cannot disagree, because a variable of the request cannot be set. The
/// checks are for what an adapter or a middleware can get wrong.
pub(super) fn check(environ: &Environ, report: &Report) {
    path(environ, report);
    content(environ, report);
    headers(environ, report);
    peer(environ, report);
}

fn shown(value: Option<&[u8]>) -> String {
    match value {
        Some(value) => format!("\"{}\"", value.escape_ascii()),
        None => "absent".to_owned(),
    }
}

fn path(environ: &Environ, report: &Report) {
    //= E14 gateway: `OPTIONS *` MUST reach the app with SCRIPT_NAME and PATH_INFO both empty. Other
    //= requests without a path MUST NOT reach it: CONNECT is answered with 501, except the extended
    //= one that U2 names; a target that is a host, or `*` with another method, with 400.
    //= Reason: RFC 9112 sections 3.2.3 and 3.2.4. An invented path would be routed.
    if environ.request_method() == Method::CONNECT {
        report.gateway("E14", "a CONNECT request reached the app");
    }
}

fn content(environ: &Environ, report: &Report) {
    //= E8 gateway: CONTENT_TYPE and CONTENT_LENGTH MUST have no HTTP_ prefix, and HTTP_CONTENT_TYPE
    //= and HTTP_CONTENT_LENGTH MUST be absent. A header that was not sent MUST be absent: it gets
    //= no default. CONTENT_LENGTH, if present, MUST be a number.
    //= Reason: if one thing has two names, it is checked under one and used under the other. An
    //= invented type or length hides that none was sent.
    // I2 is about a length beside a transfer coding.
    if environ.first_line(header::TRANSFER_ENCODING).is_some() {
        return;
    }
    let is_sent = environ.first_line(header::CONTENT_LENGTH).is_some();
    if is_sent && environ.content_length().is_none() {
        let sent = environ.header("content-length");
        report.gateway(
            "E8",
            format!(
                "the Content-Length header is {}, which is not a number",
                shown(sent.as_ref().map(EnvValue::as_bytes))
            ),
        );
    }
}

fn headers(environ: &Environ, report: &Report) {
    // Only a host's own type can disagree: of a map, the lines and the look-ups are the same.
    let mut lines: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    environ.each_lent_header(&mut |name, value| match lines
        .iter_mut()
        .find(|(known, _)| known == name)
    {
        Some((_, values)) => values.push(value.to_vec()),
        None => lines.push((name.to_owned(), vec![value.to_vec()])),
    });

    //= E9 gateway: repeated request headers MUST be kept, in order. The CGI view joins them with a comma
    //= and a space, those of Cookie with a semicolon and a space, on every version of HTTP.
    //= Reason: HTTP/2 splits Cookie into several lines, and a comma between them breaks it.
    // E12: the lines of Host do not count if there is an authority.
    for (name, values) in lines
        .iter()
        .filter(|(name, _)| name != "host" || environ.uri().authority().is_none())
    {
        let separator: &[u8] = if name == "cookie" { b"; " } else { b", " };
        let joined = values.join(separator);
        let seen = environ.header(name);
        if seen.as_ref().map(EnvValue::as_bytes) != Some(&*joined) {
            report.gateway(
                "E9",
                format!(
                    "the lines of the header {name} are not what a look-up gives ({} lines)",
                    values.len()
                ),
            );
        }
    }

    //= E10 gateway: a header whose name holds `_` MUST NOT be read as its twin with `-`. The CGI
    //= view leaves it out unless the environ was told to keep it, and then the twin takes
    //= precedence.
    //= Reason: `X_Forwarded_For` would get past a proxy that strips `X-Forwarded-For`.
    for (name, _) in lines.iter().filter(|(name, _)| name.contains('_')) {
        let twin = name.replace('_', "-");
        let was_sent = lines.iter().any(|(known, _)| *known == twin);
        if !was_sent && environ.header(&twin).is_some() {
            report.gateway("E10", format!("the header {name} is read as {twin}"));
        }
    }
}

fn peer(environ: &Environ, report: &Report) {
    //= E16 gateway: REMOTE_ADDR and REMOTE_PORT MUST be those of the peer. If the transport has
    //= none, they MUST be absent, and neither empty nor invented.
    //= Reason: access rules and rate limits read them, and a Unix socket has no address.
    if let Some(addr) = environ.remote_addr().filter(|addr| addr.is_unspecified()) {
        report.gateway(
            "E16",
            format!("REMOTE_ADDR is {addr}, which cannot be a peer"),
        );
    }
}

// The clauses of the environ that no check can see.

//= E1 gateway: REQUEST_METHOD MUST be the exact token that was sent, with its case, and every token
//= of RFC 9110 section 9.1 MUST reach the app.
//= Reason: methods are case-sensitive, and extension methods such as PROPFIND are ordinary ones.
//= (The environ derives it from the request: the lint has nothing to compare it with.)

//= E2 gateway, middleware: SCRIPT_NAME MUST be empty at the root. Elsewhere it MUST start with `/`,
//= MUST NOT be `/` alone, and MUST NOT end in a slash that was sent as one (`%2F` is data).
//= Reason: SCRIPT_NAME + PATH_INFO is then always a path, and a link made of SCRIPT_NAME and an
//= absolute path never has two slashes. (The environ derives it from the request: the lint has
//= nothing to compare it with.)

//= E3 gateway, middleware: SCRIPT_NAME + PATH_INFO MUST be the decoded path of the request, byte
//= for byte. A mount moves whole segments from one to the other: a mount at `/ap` MUST NOT match
//= `/apple`.
//= Reason: only these two tell the app where it is, for links, redirects and cookies. (The environ
//= derives it from the request: the lint has nothing to compare it with.)

//= E4 gateway: PATH_INFO MUST be percent-decoded exactly once, as bytes. Bytes that are not UTF-8
//= are kept, `%252F` gives `%2F`, and a malformed `%zz` MUST stay as it is.
//= Reason: decoding twice opens paths that a proxy in front has refused, and replacing bytes makes
//= one resource of several. (The environ derives it from the request: the lint has nothing to
//= compare it with.)

//= E5 gateway, middleware: REQUEST_URI MUST be the raw request target with its query, not decoded
//= and not changed by mounting.
//= Reason: signatures, logs and proxies need what was sent, and a decoded path cannot be turned
//= back into it. (The environ derives it from the request: the lint has nothing to compare it
//= with.)

//= E6 gateway: repeated slashes, `.` and `..` segments, `;params` and a trailing slash MUST be kept
//= as sent.
//= Reason: only the app knows what they mean. A gateway that normalises the path may route another
//= path than the one that a proxy in front has checked. (If a host normalises the path before the
//= environ is made, the lint cannot see it.)

//= E7 gateway: QUERY_STRING MUST be present, raw, and without the `?`. A `?` with nothing after it
//= is the same as none.
//= Reason: decoding forms is left to the app, which needs the bytes. (The environ derives it from
//= the request: the lint has nothing to compare it with.)

//= E11 gateway, middleware: a request header `Proxy` MUST NOT become HTTP_PROXY in anything that is
//= exported to a process environment.
//= Reason: programs started with that environment would send their own requests to the client's
//= proxy. (The environ derives it from the request: the lint has nothing to compare it with.)

//= E12 gateway: the host MUST be taken from `:authority` or an absolute-form target before the Host
//= header. SERVER_NAME and SERVER_PORT MUST NOT be empty: if the client named no host, they are
//= those of the socket. A request MUST be refused with 400 before the app if it has two Host
//= headers, if a Host or `:authority` is not a host and a port (without userinfo, of at most 255
//= bytes), or if it is an HTTP/1.1 request from a connection and has no Host. An empty Host is
//= valid. HTTP/1.0, HTTP/2 and requests made in process need none.
//= Reason: RFC 9112 sections 3.2 and 3.2.2, RFC 9113 section 8.3.1. Servers in a chain disagree
//= about such a request, and apps build absolute URLs from these variables. (The environ derives it
//= from the request: the lint has nothing to compare it with.)

//= E13 gateway, middleware: SERVER_PROTOCOL and the scheme MUST be those of the transport.
//= SERVER_PROTOCOL is `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0` or `HTTP/3.0`. Forwarded headers MUST NOT
//= change them, or the peer, except by an explicit policy that counts trusted hops from the right.
//= Reason: anybody can send a Forwarded header. The form with a minor number is that of CGI (RFC
//= 3875 section 4.1.16). (The environ derives it from the request: the lint has nothing to compare
//= it with.)

//= E17 gateway: a request that is refused before the app MUST be answered with the gateway's page
//= and logged. If its head is malformed, the response on HTTP/1 MUST close the connection and say
//= so with `Connection: close`. What follows a request or a response with `Connection: close` on its
//= connection MUST NOT reach the app.
//= Reason: after a malformed request, nobody can tell where the next one begins (RFC 9112 section
//= 9.6). (Neither the app nor the lint is called.)

//= E15 middleware: extensions are typed, and a middleware MUST pass on those that it does not know.
//= Reason: an inner part of the stack needs what a host or an outer middleware added. (The lint
//= sees one place of the stack, so it cannot see this.)
