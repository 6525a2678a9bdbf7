//! Removes hop-by-hop fields (`Connection`, `Keep-Alive` and others) from responses that were made
//! for another interface, such as hyper's (S7).

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::check::{declares_trailers, is_hop_by_hop};

/// Strips the fields of one connection from the headers of a foreign response. S7 demands it of
/// every bridge from another interface. Returns true if the response asked for the connection to be
/// closed.
///
/// A component that was written for hyper may set `Connection`, `Keep-Alive` or
/// `Transfer-Encoding`, because hyper acts on them. The fields that `Connection` names are removed
/// as well (RFC 9110 section 7.6.1). `Trailer` stays: it declares the trailers of the message. A
/// `Trailer` line that names a field which cannot be a trailer is removed: hyper sends it, and S7
/// forbids it.
///
/// If this returns true, the bridge calls [`ResponseExt::close_connection`].
///
/// [`ResponseExt::close_connection`]: crate::ResponseExt::close_connection
///
/// # Examples
///
/// ```
/// use gateway_core::strip_connection_fields;
/// use http::{HeaderMap, HeaderValue, header};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::CONNECTION, HeaderValue::from_static("x-hop, close"));
/// headers.insert("x-hop", HeaderValue::from_static("1"));
/// headers.insert("x-kept", HeaderValue::from_static("2"));
///
/// assert!(strip_connection_fields(&mut headers));
/// assert_eq!(headers.len(), 1);
/// assert_eq!(headers["x-kept"], "2");
/// assert!(!strip_connection_fields(&mut headers));
/// ```
pub fn strip_connection_fields(headers: &mut HeaderMap) -> bool {
    // One pass over the names is cheaper than seven look-ups that most often find nothing.
    if !headers
        .keys()
        .any(|name| is_hop_by_hop(name) || *name == header::TRAILER)
    {
        return false;
    }
    let mut close = false;
    if headers.contains_key(header::CONNECTION) {
        for option in connection_options(headers) {
            close |= option == "close";
            if option != header::TRAILER {
                headers.remove(&option);
            }
        }
        headers.remove(header::CONNECTION);
    }
    for name in [header::TE, header::TRANSFER_ENCODING, header::UPGRADE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
    if let header::Entry::Occupied(lines) = headers.entry(header::TRAILER)
        && lines.iter().any(|line| !declares_trailers(line))
    {
        let (name, lines) = lines.remove_entry_mult();
        let kept: Vec<HeaderValue> = lines.filter(declares_trailers).collect();
        for line in kept {
            headers.append(&name, line);
        }
    }
    close
}

/// The options that `Connection` lists: `close`, and the names of other fields of the connection.
fn connection_options(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|option| HeaderName::from_bytes(option.trim_ascii()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::strip_connection_fields;

    fn stripped(pairs: &[(&'static str, &'static str)]) -> (bool, Vec<String>) {
        let mut headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        let close = strip_connection_fields(&mut headers);
        let mut names: Vec<_> = headers.keys().map(|name| name.to_string()).collect();
        names.sort();
        (close, names)
    }

    #[test]
    fn s7_hop_by_hop_fields_go_and_close_is_reported() {
        let pairs = [
            ("connection", "X-Hop, Close"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("trailer", "x-sum"),
            ("x-kept", "1"),
        ];
        let names = ["trailer", "x-kept"].map(str::to_owned).to_vec();
        assert_eq!(stripped(&pairs), (true, names));
        let keep_alive = [("connection", "keep-alive"), ("vary", "accept")];
        assert_eq!(stripped(&keep_alive), (false, vec!["vary".to_owned()]));
    }

    #[test]
    fn s7_a_trailer_line_of_what_cannot_trail_goes() {
        let mut headers = HeaderMap::new();
        for line in ["x-sum, x-more", "content-length", "no name", "x-last"] {
            headers.append("trailer", HeaderValue::from_static(line));
        }
        assert!(!strip_connection_fields(&mut headers));
        let lines: Vec<_> = headers.get_all("trailer").iter().collect();
        assert_eq!(lines, ["x-sum, x-more", "x-last"]);
    }
}
