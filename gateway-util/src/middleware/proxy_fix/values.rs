//! Checks the values of forwarding headers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use gateway_core::Scheme;
use http::uri::Authority;
use percent_encoding::percent_decode;

use crate::field;
use crate::middleware::host_names::LONGEST;

/// The `hops`th value of a list, from the right. Empty values count: a proxy that sends an empty
/// one must not shift the trusted place to another value.
pub(super) fn from_the_right(list: &[u8], hops: usize) -> Option<&[u8]> {
    list.rsplit(|byte| *byte == b',')
        .nth(hops.checked_sub(1)?)
        .map(field::trim)
}

/// An address, with its port or 0: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:80`.
/// `unknown` and obfuscated names (RFC 7239 section 6) give `None`.
pub(super) fn node(text: &[u8]) -> Option<(IpAddr, u16)> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some((ip, 0));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some((address.ip(), address.port()));
    }
    // What remains are brackets without a port, and obfuscated ports (`:_abc`), which have no
    // number.
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        let is_told = !port.is_empty() && !port.starts_with(":_");
        let ip = ip.parse::<Ipv6Addr>().ok()?;
        return (!is_told).then_some((ip.into(), 0));
    }
    let (ip, _) = text.split_once(":_")?;
    Some((ip.parse().ok()?, 0))
}

pub(super) fn scheme(text: &[u8]) -> Option<Scheme> {
    if text.eq_ignore_ascii_case(b"https") {
        Some(Scheme::Https)
    } else if text.eq_ignore_ascii_case(b"http") {
        Some(Scheme::Http)
    } else {
        None
    }
}

pub(super) fn port(text: &[u8]) -> Option<u16> {
    // `parse` alone would accept a sign.
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let port = std::str::from_utf8(text).ok()?.parse().ok()?;
    (port != 0).then_some(port)
}

/// True for a host that is longer than any name can be (RFC 1035 section 2.3.4).
pub(super) fn is_too_long(host: &[u8]) -> bool {
    let port = host.iter().rev().take(6).position(|byte| *byte == b':');
    host.len() - port.map_or(0, |place| place + 1) > LONGEST
}

/// A host with or without a port, and without the userinfo that `http` would accept.
pub(super) fn host(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    if text.contains('@') {
        return None;
    }
    let authority: Authority = text.parse().ok()?;
    let (name, _) = split_port(text);
    let rest = text.get(name.len()..)?;
    let is_port = rest.is_empty() || port(rest.strip_prefix(':')?.as_bytes()).is_some();
    (is_port && !authority.host().is_empty()).then(|| text.to_owned())
}

/// Splits `host:port`. The colons of a bracketed IPv6 address do not begin a port.
pub(super) fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, text)) if !text.ends_with(']') => (name, port(text.as_bytes())),
        _ => (host, None),
    }
}

/// A prefix that can be put before a raw path: `/shop`. An app builds links from SCRIPT_NAME,
/// which is decoded. If a browser reads two slashes at its start, the link leads to another host.
pub(super) fn prefix(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('/');
    // RFC 3986 section 3.3: what a segment may hold.
    let is_path = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte));
    let is_prefix = is_path
        && text.starts_with('/')
        && are_escapes_whole(text)
        && !leads_elsewhere(&percent_decode(text.as_bytes()).collect::<Vec<_>>());
    is_prefix.then(|| text.to_owned())
}

/// RFC 3986 section 2.1.
fn are_escapes_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|escape| {
        matches!(escape.as_bytes(), [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

/// As browsers read a link (URL standard, section 4.4): a backslash is a slash, tabs and line ends
/// are ignored, and so are control characters at its start. No directory name has any of them.
fn leads_elsewhere(path: &[u8]) -> bool {
    let is_slash = |place: usize| matches!(path.get(place), Some(b'/' | b'\\'));
    (is_slash(0) && is_slash(1)) || path.iter().any(u8::is_ascii_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes() {
        let ip = |text: &str| node(text.as_bytes()).map(|(ip, port)| (ip.to_string(), port));
        let some = |ip: &str, port| Some((ip.to_owned(), port));
        assert_eq!(ip("192.0.2.7"), some("192.0.2.7", 0));
        assert_eq!(ip("192.0.2.7:80"), some("192.0.2.7", 80));
        assert_eq!(ip("192.0.2.7:_x"), some("192.0.2.7", 0));
        assert_eq!(ip("2001:db8::7"), some("2001:db8::7", 0));
        assert_eq!(ip("[2001:db8::7]"), some("2001:db8::7", 0));
        assert_eq!(ip("[2001:db8::7]:80"), some("2001:db8::7", 80));
        for bad in [
            "",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.7:",
            "192.0.2.7:99999",
            "[::1",
            "::1]",
            "[192.0.2.7]",
            "192.0.2.7 ",
            "1.2.3.4\0",
            "example.org",
            "\u{661}.2.3.4",
        ] {
            assert_eq!(ip(bad), None, "{bad:?}");
        }
        assert_eq!(node(b"\xFF"), None);
    }

    #[test]
    fn hosts_ports_and_prefixes() {
        for good in ["a.example", "a.example:81", "[::1]", "[::1]:81", "A"] {
            assert_eq!(host(good.as_bytes()).as_deref(), Some(good));
        }
        for bad in [
            "", ":80", "a:", "a:0", "a:+80", "a:x", "u@a", "a/b", "a b", "a\\b", "a?b", "a#b",
            "[::1", "a:80:81", "a\r\nb", "\u{e4}",
        ] {
            assert_eq!(host(bad.as_bytes()), None, "{bad:?}");
        }
        for bad in ["", "0", "-1", "+1", "65536", "8 0", "80, 81"] {
            assert_eq!(port(bad.as_bytes()), None, "{bad:?}");
        }
        for good in ["/a/b", "/a%20b", "/caf%C3%A9", "/a%2fb", "/a//b", "/%252fa"] {
            assert_eq!(prefix(good.as_bytes()).as_deref(), Some(good));
        }
        assert_eq!(prefix(b"/a/b/"), Some("/a/b".to_owned()));
        assert!(!is_too_long(
            format!("{}:65535", "a".repeat(255)).as_bytes()
        ));
        assert!(is_too_long("a".repeat(256).as_bytes()));
        assert!(is_too_long(format!("{}:80", "a".repeat(256)).as_bytes()));
        for bad in [
            "",
            "/",
            "//evil.example",
            "a",
            "/a?b",
            "/a#b",
            "/a b",
            "/a\\b",
            "/a\nb",
            "/%2f%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%5C%5cevil.example",
            "/%09/evil.example",
            "/%0a%2fevil.example",
            "/%0devil.example",
            "/%00",
            "/%7f",
            "%2f/evil.example",
            "/a%",
            "/a%2",
            "/%zz",
        ] {
            assert_eq!(prefix(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
