//! What the gateway hands in: the environ. The clauses E.

use http::Method;

use super::report::Report;
use crate::environ::{EnvValue, Environ};

/// Checks an environ as it is handed to an app.
///
/// Variables and accessors cannot disagree: a variable of the request cannot be set. What is left to
/// be checked is what an adapter or a middleware can get wrong.
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
    //= requests without a path MUST NOT reach it: CONNECT is answered with 501, but for the extended one
    //= that U2 names; a target that is a host, or `*` with another method, with 400.
    //= Reason: RFC 9112 sections 3.2.3 and 3.2.4; a made-up path would be routed.
    if environ.request_method() == Method::CONNECT {
        report.gateway("E14", "a CONNECT request reached the app");
    }
}

fn content(environ: &Environ, report: &Report) {
    //= E8 gateway: CONTENT_TYPE and CONTENT_LENGTH MUST have no HTTP_ prefix, and there MUST NOT be an
    //= HTTP_CONTENT_TYPE or HTTP_CONTENT_LENGTH. A header that was not sent MUST be absent: no default is
    //= made up. CONTENT_LENGTH, where present, MUST be a number.
    //= Reason: two names for one thing get checked under one and used under the other, and an invented
    //= type or length makes "none" and "empty" the same.
    // I2 says what becomes of a length beside a transfer coding.
    if environ.header("transfer-encoding").is_some() {
        return;
    }
    let sent = environ.header("content-length");
    if sent.is_some() && environ.content_length().is_none() {
        report.gateway(
            "E8",
            format!(
                "the Content-Length header is {}, which is no number",
                shown(sent.as_ref().map(EnvValue::as_bytes))
            ),
        );
    }
}

fn headers(environ: &Environ, report: &Report) {
    let mut lines: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    environ.each_header(
        &mut |name, value| match lines.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.to_vec()),
            None => lines.push((name.to_owned(), vec![value.to_vec()])),
        },
    );

    //= E9 gateway: repeated request headers MUST be kept, in order. The CGI view joins them with a comma
    //= and a space, those of Cookie with a semicolon and a space, on every version of HTTP.
    //= Reason: HTTP/2 splits Cookie into several lines, and a comma between them breaks it.
    // E12: what the lines of Host say does not count beside an authority.
    let has_authority = environ.uri().authority().is_some();
    for (name, values) in lines
        .iter()
        .filter(|(name, _)| !(has_authority && name == "host"))
    {
        let separator: &[u8] = if name == "cookie" { b"; " } else { b", " };
        let joined = values.join(separator);
        let seen = environ.header(name);
        if seen.as_ref().map(EnvValue::as_bytes) != Some(&*joined) {
            report.gateway(
                "E9",
                format!(
                    "the lines of the header {name} are not what looking it up gives ({} lines)",
                    values.len()
                ),
            );
        }
    }

    //= E10 gateway: a header whose name holds `_` MUST NOT stand for its twin with `-`: the CGI view
    //= leaves it out unless the environ was told to keep it, and then the twin wins.
    //= Reason: `X_Forwarded_For` would pass where a proxy strips `X-Forwarded-For`.
    for (name, _) in lines.iter().filter(|(name, _)| name.contains('_')) {
        let twin = name.replace('_', "-");
        let was_sent = lines.iter().any(|(known, _)| *known == twin);
        if !was_sent && environ.header(&twin).is_some() {
            report.gateway("E10", format!("the header {name} is taken for {twin}"));
        }
    }
}

fn peer(environ: &Environ, report: &Report) {
    //= E16 gateway: REMOTE_ADDR and REMOTE_PORT MUST be the peer's, and absent, not empty and not made up,
    //= where the transport has none.
    //= Reason: access rules and rate limits read them; a Unix socket has no address.
    if let Some(addr) = environ.remote_addr().filter(|addr| addr.is_unspecified()) {
        report.gateway("E16", format!("REMOTE_ADDR is {addr}, which is no peer's"));
    }
}

// The clauses of the environ that no check can see.

//= E1 gateway: REQUEST_METHOD MUST be the exact token that was sent, case kept, and every token
//= of RFC 9110 section 9.1 MUST reach the app.
//= Reason: methods are case-sensitive, and extension methods such as PROPFIND are ordinary ones.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E2 gateway, middleware: SCRIPT_NAME MUST be empty at the root and MUST NOT be `/` or end in a
//= slash that was sent as one (`%2F` is data); when set it MUST start with `/`.
//= Reason: SCRIPT_NAME + PATH_INFO is then always a path, and a link made of SCRIPT_NAME and an
//= absolute path never has two slashes.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E3 gateway, middleware: SCRIPT_NAME + PATH_INFO MUST be the decoded path of the request, byte for
//= byte. A mount moves whole segments from one to the other: a mount at `/ap` MUST NOT match `/apple`.
//= Reason: it is the app's only way to know where it is, for links, redirects and cookies.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E4 gateway: PATH_INFO MUST be percent-decoded exactly once, as bytes: what is not UTF-8 is kept,
//= `%252F` gives `%2F`, and a malformed `%zz` MUST stay as it is.
//= Reason: decoding twice opens paths that a proxy in front has refused, and replacing bytes makes
//= different resources one.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E5 gateway, middleware: REQUEST_URI MUST be the raw request target with its query, not decoded
//= and not changed by mounting.
//= Reason: signatures, logs and proxies need what was sent; it cannot be rebuilt from a decoded path.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E6 gateway: repeated slashes, `.` and `..` segments, `;params` and a trailing slash MUST be kept
//= as sent.
//= Reason: only the app knows what they mean; a gateway that tidies the path up routes another one
//= than a proxy in front has checked. (A host that tidied up before the environ was made is not to be
//= seen from inside.)

//= E7 gateway: QUERY_STRING MUST be present, raw, and without the `?`; a `?` with nothing behind it is
//= the same as none.
//= Reason: form decoding is the app's, and it needs the bytes.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E11 gateway, middleware: a request header `Proxy` MUST NOT become HTTP_PROXY in anything that is
//= exported to a process environment.
//= Reason: programs started with that environment would send their own requests to the client's
//= proxy.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E12 gateway: the host MUST come from `:authority` or an absolute-form target before the Host
//= header. SERVER_NAME and SERVER_PORT MUST NOT be empty: where the client named no host they are the
//= socket's own. A request MUST be refused with 400 before the app if it has two Host headers, if a
//= Host or `:authority` is not a host and a port (without userinfo, of at most 255 bytes), or if it is
//= an HTTP/1.1 request from a connection and has no Host. An empty Host is valid, and so are HTTP/1.0,
//= HTTP/2 and requests made in process without one.
//= Reason: RFC 9112 sections 3.2 and 3.2.2, RFC 9113 section 8.3.1; servers in a chain disagree about
//= such a request, and apps build absolute URLs from these.
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E13 gateway, middleware: SERVER_PROTOCOL and the scheme MUST tell the transport's truth;
//= SERVER_PROTOCOL is `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0` or `HTTP/3.0`. Forwarded headers MUST NOT change
//= them, or the peer, but by an explicit policy that counts trusted hops from the right.
//= Reason: anybody can send a Forwarded header. The form with a minor number is CGI's (RFC 3875
//= section 4.1.16).
//= (The environ makes it of the request: a lint inside of it has nothing to compare.)

//= E17 gateway: a request that is refused before the app MUST be answered with the gateway's page and
//= logged. If its head is malformed, the response on HTTP/1 MUST close the connection and say so with
//= `Connection: close`.
//= Reason: nobody can tell where the next request of a malformed one begins (RFC 9112 section 9.6).
//= (The app, and so the lint, is not called.)

//= E15 middleware: extensions are typed, and a middleware MUST pass on those it does not know.
//= Reason: what a host or an outer middleware gave is meant for somebody further in. (One lint sees
//= one place of the stack, and so cannot see this.)
