//! The Host field, which hyper leaves to the service.

use http::{HeaderMap, HeaderValue, Version, header, request};

/// Whether a request names its host as RFC 9112 section 3.2 demands: an HTTP/1.1 request has one
/// `Host`, no request has two, and its value is a host and a port.
///
/// What the servers before and behind one another read out of a request that breaks this differs;
/// such a request is refused with 400 and never reaches the app.
#[inline]
pub(crate) fn is_valid(parts: &request::Parts) -> bool {
    match first_two(&parts.headers) {
        (None, _) => parts.version != Version::HTTP_11,
        (Some(host), None) => host
            .as_bytes()
            .iter()
            .all(|byte| IS_HOST_BYTE[usize::from(*byte)]),
        (Some(_), Some(_)) => false,
    }
}

/// The first two lines of `Host`.
#[inline]
fn first_two(headers: &HeaderMap) -> (Option<&HeaderValue>, Option<&HeaderValue>) {
    // Clients send it first (RFC 9110 section 7.2 asks for that), and lines of one name follow each
    // other in the map: no look-up is needed then.
    let mut lines = headers.iter();
    if let Some((&header::HOST, host)) = lines.next() {
        let second = lines.next().filter(|(name, _)| *name == header::HOST);
        return (Some(host), second.map(|(_, host)| host));
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    (hosts.next(), hosts.next())
}

/// RFC 3986 section 3.2: the bytes of `host [ ":" port ]`, userinfo left out. A table, because every
/// request is looked at.
const IS_HOST_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+;=%:[]";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use http::{Request, Version};

    use super::is_valid;

    fn accepts(version: Version, hosts: &[&[u8]]) -> bool {
        let mut request = Request::get("/").version(version);
        for host in hosts {
            request = request.header("host", *host);
        }
        is_valid(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn one_host_is_demanded_of_http_11_alone() {
        assert!(accepts(Version::HTTP_11, &[b"a.example"]));
        assert!(accepts(Version::HTTP_11, &[b"[::1]:8000"]));
        assert!(accepts(Version::HTTP_11, &[b""]));
        assert!(!accepts(Version::HTTP_11, &[]));
        assert!(accepts(Version::HTTP_10, &[]));
        assert!(accepts(Version::HTTP_2, &[]));
    }

    #[test]
    fn two_hosts_and_what_is_no_host_are_refused() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert!(!accepts(version, &[b"a.example", b"a.example"]));
            assert!(!accepts(version, &[b"a.example", b"b.example"]));
            for wrong in [
                &b"a, b"[..],
                b"a/b",
                b"u@a",
                b"a?b",
                b"a#b",
                b"a\\b",
                b"\xc3\xa4",
            ] {
                assert!(!accepts(version, &[wrong]), "{}", wrong.escape_ascii());
            }
        }
    }
}
