//! The host name of a request: `host`, `server_name` and `server_port`, and what a valid `Host`
//! field is (E12).

use std::borrow::Cow;
use std::net::{Ipv6Addr, SocketAddr};

use http::header;

use super::Environ;

impl Environ {
    /// The host that the client asked for, with its port if it named one: from `:authority` or an
    /// absolute-form target, else from the `Host` header (RFC 9112 section 3.2.2).
    ///
    /// The client chooses it, and nobody has checked it: check it before you build links from it.
    #[must_use]
    pub fn host(&self) -> Option<Cow<'_, str>> {
        if let Some(authority) = self.authority() {
            // The userinfo is not part of the host.
            let host = authority.as_str();
            return Some(Cow::Borrowed(
                host.rsplit_once('@').map_or(host, |(_, host)| host),
            ));
        }
        match self.first_line(header::HOST)? {
            b"" => None,
            host => Some(String::from_utf8_lossy(host)),
        }
    }

    /// SERVER_NAME: the host without its port; where the client named none, the server's own
    /// address, else `localhost`. Never empty.
    #[must_use]
    pub fn server_name(&self) -> Cow<'_, str> {
        let name = match self.host() {
            Some(Cow::Borrowed(host)) => Cow::Borrowed(split_port(host).0),
            Some(Cow::Owned(host)) => Cow::Owned(split_port(&host).0.to_owned()),
            None => Cow::Borrowed(""),
        };
        if !name.is_empty() {
            return name;
        }
        match self.connection().local_addr() {
            // RFC 3875 section 4.1.14: an IPv6 address is in brackets.
            Some(SocketAddr::V6(local)) => Cow::Owned(format!("[{}]", local.ip())),
            Some(SocketAddr::V4(local)) => Cow::Owned(local.ip().to_string()),
            None => Cow::Borrowed("localhost"),
        }
    }

    /// SERVER_PORT: the port that the request came in on; where the transport has none, the one
    /// the client named, else the scheme's own. Never zero.
    #[must_use]
    pub fn server_port(&self) -> u16 {
        self.connection()
            .local_addr()
            .map(|local| local.port())
            .or_else(|| self.host().and_then(|host| split_port(&host).1))
            .filter(|port| *port != 0)
            .unwrap_or_else(|| self.scheme().default_port())
    }
}

/// A name cannot be longer (RFC 1035 section 2.3.4), and comparing it would cost time.
const LONGEST: usize = 255;
/// A port has at most five digits. A few leading zeros are accepted.
const LONGEST_PORT: usize = 10;

/// True if a value is `uri-host [ ":" port ]` (RFC 9112 section 3.2, RFC 3986 section 3.2), which
/// has no userinfo. It may be empty.
pub(crate) fn is_valid_host(value: &[u8]) -> bool {
    if value.len() > LONGEST + LONGEST_PORT {
        return false;
    }
    if let Some(literal) = value.strip_prefix(b"[") {
        let Some(end) = literal.iter().position(|byte| *byte == b']') else {
            return false;
        };
        let (address, port) = literal.split_at(end);
        return is_ip_literal(address) && is_port(port.get(1..).unwrap_or_default());
    }
    let (name, port) = value.split_at(reg_name_len(value));
    name.len() <= LONGEST && is_port(port)
}

/// True for nothing, or a colon and digits.
fn is_port(port: &[u8]) -> bool {
    match port.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

/// How many bytes at the beginning can be a name (RFC 3986 section 3.2.2): unreserved characters,
/// sub-delimiters, and percent-encoded bytes.
fn reg_name_len(value: &[u8]) -> usize {
    let mut rest = value;
    loop {
        rest = match rest {
            // Four at once, because every request is checked.
            [a, b, c, d, rest @ ..]
                if is_name_byte(*a) & is_name_byte(*b) & is_name_byte(*c) & is_name_byte(*d) =>
            {
                rest
            }
            [byte, rest @ ..] if is_name_byte(*byte) => rest,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest
            }
            _ => return value.len() - rest.len(),
        };
    }
}

fn is_name_byte(byte: u8) -> bool {
    IS_NAME_BYTE[usize::from(byte)]
}

/// The bytes of a name that are not percent-encoded. A table, because every request is checked.
const IS_NAME_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+,;=";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

/// RFC 3986 section 3.2.2: an IPv6 address, or the form for later versions.
fn is_ip_literal(address: &[u8]) -> bool {
    if let Some(future) = address.strip_prefix(b"v").or(address.strip_prefix(b"V")) {
        let mut halves = future.splitn(2, |byte| *byte == b'.');
        let (version, rest) = (halves.next(), halves.next());
        return version.is_some_and(|version| {
            !version.is_empty() && version.iter().all(u8::is_ascii_hexdigit)
        }) && rest.is_some_and(|rest| {
            !rest.is_empty() && rest.iter().all(|byte| is_name_byte(*byte) || *byte == b':')
        });
    }
    std::str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Splits `host:port`. The colons of a bracketed IPv6 address do not begin a port.
fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') && port.bytes().all(|b| b.is_ascii_digit()) => {
            (name, port.parse().ok())
        }
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_valid_host, split_port};

    #[test]
    fn e12_a_host_is_a_name_or_an_address_and_a_port() {
        for host in [
            "",
            "a",
            "a.example",
            "a.example:",
            "a.example:80",
            "a_b",
            "192.0.2.1:8080",
            "[::1]",
            "[::1]:80",
            "[2001:db8::192.0.2.1]",
            "[v1.a:b]",
            "%C3%A4.example",
            "a,b",
            ":80",
        ] {
            assert!(is_valid_host(host.as_bytes()), "{host}");
        }
        assert!(is_valid_host(
            format!("{}:65535", "a".repeat(255)).as_bytes()
        ));
        let long = "a".repeat(256);
        for host in [
            "a/b", "u@a", "u:p@a", "a, b", "a b", "a:b", "::1", "a]b", "[::1", "[::1]a", "[::1]80",
            "a:80:81", "%zz", "%4", "a?b", "a#b", "a\\b", "[a]", "[]", "[v.a]", "[v1.]", "\u{e4}",
            &long,
        ] {
            assert!(!is_valid_host(host.as_bytes()), "{host}");
        }
        assert!(!is_valid_host(b"a\xff"));
    }

    #[test]
    fn ports_are_cut_off_and_brackets_stay() {
        assert_eq!(split_port("a.example:81"), ("a.example", Some(81)));
        assert_eq!(split_port("a.example:"), ("a.example", None));
        assert_eq!(split_port("[::1]:81"), ("[::1]", Some(81)));
        assert_eq!(split_port("[::1]"), ("[::1]", None));
        assert_eq!(split_port("a.example:99999"), ("a.example", None));
    }
}
