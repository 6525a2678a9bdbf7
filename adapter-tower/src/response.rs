//! A response of the tower world as one of an app.

use bytes::Bytes;
use gateway_core::{Body, BoxError, CloseConnection, Response};
use http::{HeaderMap, HeaderName, Method, header};
use http_body::Body as HttpBody;

/// Translates the answer to a request, whose `method` tells what an empty body means.
pub(crate) fn answer<B>(response: http::Response<B>, method: &Method) -> Response
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let response = translate(response);
    if *method != Method::HEAD || !response.body().is_known_empty() {
        return response;
    }
    // B6: services take the body off an answer to HEAD themselves. That nothing is left says
    // nothing of the length that GET would have: only a Content-Length does.
    response.map(|_| Body::from_chunks(std::iter::empty::<Bytes>()))
}

/// Translates the head and takes the body over, trailers included.
pub(crate) fn translate<B>(response: http::Response<B>) -> Response
where
    B: HttpBody + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut response = response.map(|body| {
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(body)
        }
    });
    if strip_hop_by_hop(response.headers_mut()) {
        response.extensions_mut().insert(CloseConnection);
    }
    response
}

/// Takes out what belongs to one connection (S7, RFC 9110 section 7.6.1) and tells whether that was
/// to be closed.
///
/// Tower services may set these, since hyper acts on them; apps may not. `Trailer` stays: it is the
/// declaration that trailers follow.
fn strip_hop_by_hop(headers: &mut HeaderMap) -> bool {
    // One look over the names is cheaper than six look-ups that most often find nothing.
    if !headers.keys().any(is_hop_by_hop) {
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
    close
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection" | "te" | "transfer-encoding" | "upgrade" | "keep-alive" | "proxy-connection"
    )
}

/// What `Connection` lists: `close`, and fields that are the connection's too.
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

    use super::strip_hop_by_hop;

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
        let close = strip_hop_by_hop(&mut headers);
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
}
