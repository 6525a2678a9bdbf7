//! Who the request is for: host, server name and port (E12).

use std::borrow::Cow;
use std::net::SocketAddr;

use http::header;

use super::Environ;

impl Environ {
    /// The host that the client asked for, with its port if it named one: from `:authority` or an
    /// absolute-form target, else from the `Host` header (RFC 9112 section 3.2.2).
    ///
    /// It is the client's word: check it before you build links from it.
    #[must_use]
    pub fn host(&self) -> Option<Cow<'_, str>> {
        if let Some(authority) = self.authority() {
            // The userinfo is not part of the host.
            let host = authority.as_str();
            return Some(Cow::Borrowed(
                host.rsplit_once('@').map_or(host, |(_, host)| host),
            ));
        }
        match self.first_header(header::HOST)? {
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

/// Cuts `host:port`; the colons of a bracketed IPv6 address are not its port's.
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
    use super::split_port;

    #[test]
    fn ports_are_cut_off_and_brackets_stay() {
        assert_eq!(split_port("a.example:81"), ("a.example", Some(81)));
        assert_eq!(split_port("a.example:"), ("a.example", None));
        assert_eq!(split_port("[::1]:81"), ("[::1]", Some(81)));
        assert_eq!(split_port("[::1]"), ("[::1]", None));
        assert_eq!(split_port("a.example:99999"), ("a.example", None));
    }
}
