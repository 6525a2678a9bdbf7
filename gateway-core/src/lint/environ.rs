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
    server(environ, report);
    peer(environ, report);
}

fn text(environ: &Environ, key: &str) -> Option<Vec<u8>> {
    environ.get(key).map(|value| value.as_bytes().to_vec())
}

fn shown(value: Option<&[u8]>) -> String {
    match value {
        Some(value) => format!("\"{}\"", value.escape_ascii()),
        None => "absent".to_owned(),
    }
}

// What no check can see: the environ computes it from what the host handed in.

//= E1 gateway: REQUEST_METHOD MUST be the exact token that was sent, case kept, and every token
//= of RFC 9110 section 9.1 MUST reach the app.
//= Reason: methods are case-sensitive, and extension methods such as PROPFIND are ordinary ones.

//= E5 gateway, middleware: REQUEST_URI MUST be the raw request target with its query, not decoded
//= and not changed by mounting.
//= Reason: signatures, logs and proxies need what was sent; it cannot be rebuilt from a decoded path.

//= E6 gateway: repeated slashes, `.` and `..` segments, `;params` and a trailing slash MUST be kept
//= as sent.
//= Reason: only the app knows what they mean; a gateway that tidies the path up routes another one
//= than a proxy in front has checked. (A host that tidied up before the environ was made is not to be
//= seen from inside.)

//= E7 gateway: QUERY_STRING MUST be present, raw, and without the `?`; a `?` with nothing behind it is
//= the same as none.
//= Reason: form decoding is the app's, and it needs the bytes.

//= E11 gateway, middleware: a request header `Proxy` MUST NOT become HTTP_PROXY in anything that is
//= exported to a process environment.
//= Reason: programs started with that environment would send their own requests to the client's
//= proxy.

//= E13 gateway, middleware: SERVER_PROTOCOL and the scheme MUST tell the transport's truth;
//= SERVER_PROTOCOL is `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0` or `HTTP/3.0`. Forwarded headers MUST NOT change
//= them, or the peer, but by an explicit policy that counts trusted hops from the right.
//= Reason: anybody can send a Forwarded header. The form with a minor number is CGI's (RFC 3875
//= section 4.1.16).

//= E15 middleware: extensions are typed, and a middleware MUST pass on those it does not know.
//= Reason: what a host or an outer middleware gave is meant for somebody further in. (One lint sees
//= one place of the stack, and so cannot see this.)

fn path(environ: &Environ, report: &Report) {
    let script = text(environ, "SCRIPT_NAME");
    let info = text(environ, "PATH_INFO");

    //= E2 gateway, middleware: SCRIPT_NAME MUST be empty at the root and MUST NOT be `/` or end in a
    //= slash that was sent as one (`%2F` is data); when set it MUST start with `/`.
    //= Reason: SCRIPT_NAME + PATH_INFO is then always a path, and a link made of SCRIPT_NAME and an
    //= absolute path never has two slashes.
    let ends_in_data = ends_in_encoded_slash(environ.raw_script_name());
    let is_well_formed = match script.as_deref() {
        Some(b"") => true,
        Some(script) => script.starts_with(b"/") && (!script.ends_with(b"/") || ends_in_data),
        None => false,
    };
    if !is_well_formed {
        report.gateway("E2", format!("SCRIPT_NAME is {}", shown(script.as_deref())));
    }

    //= E14 gateway: `OPTIONS *` MUST reach the app with SCRIPT_NAME and PATH_INFO both empty. Other
    //= requests without a path MUST NOT reach it: CONNECT is answered with 501; a target that is a host,
    //= or `*` with another method, with 400.
    //= Reason: RFC 9112 sections 3.2.3 and 3.2.4; a made-up path would be routed.

    //= E17 gateway: a request that is refused before the app MUST be answered with the gateway's page and
    //= logged. On HTTP/1 the response MUST close the connection and say so with `Connection: close`.
    //= Reason: nobody can tell where the next request of a malformed one begins (RFC 9112 section 9.6).
    //= (The app, and so the lint, is not called.)
    if environ.request_method() == Method::CONNECT {
        report.gateway("E14", "a CONNECT request reached the app");
        return;
    }
    let wire = environ.uri().path();
    if wire == "*" {
        if script.as_deref() != Some(b"") || info.as_deref() != Some(b"") {
            report.gateway(
                "E14",
                format!(
                    "the target is *, SCRIPT_NAME is {} and PATH_INFO is {}",
                    shown(script.as_deref()),
                    shown(info.as_deref())
                ),
            );
        }
        return;
    }

    //= E4 gateway: PATH_INFO MUST be percent-decoded exactly once, as bytes: what is not UTF-8 is kept,
    //= `%252F` gives `%2F`, and a malformed `%zz` MUST stay as it is.
    //= Reason: decoding twice opens paths that a proxy in front has refused, and replacing bytes makes
    //= different resources one.
    let decoded = decode(environ.raw_path_info());
    if info.as_deref() != Some(&*decoded) {
        report.gateway(
            "E4",
            format!(
                "PATH_INFO is {}, {} decoded once is {}",
                shown(info.as_deref()),
                environ.raw_path_info(),
                shown(Some(&decoded))
            ),
        );
        return;
    }

    //= E3 gateway, middleware: SCRIPT_NAME + PATH_INFO MUST be the decoded path of the request, byte for
    //= byte. A mount moves whole segments from one to the other: a mount at `/ap` MUST NOT match `/apple`.
    //= Reason: it is the app's only way to know where it is, for links, redirects and cookies.
    let joined = [script.unwrap_or_default(), info.unwrap_or_default()].concat();
    if joined != decode(wire) {
        report.gateway(
            "E3",
            format!(
                "SCRIPT_NAME + PATH_INFO is {}, the path is {wire}",
                shown(Some(&joined))
            ),
        );
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

fn server(environ: &Environ, report: &Report) {
    //= E12 gateway: the host MUST come from `:authority` or an absolute-form target before the Host
    //= header. SERVER_NAME and SERVER_PORT MUST NOT be empty: where the client named no host they are the
    //= socket's own. A request MUST be refused with 400 before the app if it has two Host headers, if a
    //= Host or `:authority` is not a host and a port (without userinfo, of at most 255 bytes), or if it is
    //= an HTTP/1.1 request from a connection and has no Host. An empty Host is valid, and so are HTTP/1.0,
    //= HTTP/2 and requests made in process without one.
    //= Reason: RFC 9112 sections 3.2 and 3.2.2, RFC 9113 section 8.3.1; servers in a chain disagree about
    //= such a request, and apps build absolute URLs from these.
    if let Some(authority) = environ.uri().authority() {
        let host = text(environ, "HTTP_HOST");
        let named = authority
            .as_str()
            .rsplit_once('@')
            .map_or(authority.as_str(), |(_, host)| host);
        if host.as_deref() != Some(named.as_bytes()) {
            report.gateway(
                "E12",
                format!(
                    "HTTP_HOST is {}, the target names {named}",
                    shown(host.as_deref())
                ),
            );
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

fn ends_in_encoded_slash(raw: &str) -> bool {
    raw.get(raw.len().saturating_sub(3)..)
        .is_some_and(|end| end.eq_ignore_ascii_case("%2f"))
}

/// Decodes once, on its own: it is what the environ is held against.
fn decode(raw: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |at: usize| {
            after
                .get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        let octet = match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        decoded.push(octet.unwrap_or(byte));
        rest = match octet {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    decoded
}
