//! `Offer`: the protocols that a client offers, passed on to the upstream, and the upstream's choice.

use std::hash::{BuildHasher, Hasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_core::{Environ, HttpError};
use http::{HeaderMap, HeaderValue, Version, header};
use sha1::{Digest, Sha1};

/// RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What the client offers, and the host can switch to.
pub(crate) struct Offer {
    protocols: Vec<String>,
    /// The `Sec-WebSocket-Key` of the proxy. A client of HTTP/2 sends none (RFC 8441 section 5), and the
    /// upstream speaks HTTP/1.1.
    key: Option<String>,
}

impl Offer {
    /// The offer of a request, without HTTP in another form. `None` if nothing is left.
    pub(crate) fn of(environ: &Environ) -> Option<Self> {
        let protocols = environ.upgrades().filter(|protocol| !is_http(protocol));
        let protocols: Vec<String> = protocols.map(str::to_owned).collect();
        let key = (environ.version() >= Version::HTTP_2).then(key);
        (!protocols.is_empty()).then_some(Self { protocols, key })
    }

    /// Writes the offer into the upstream's request, which has no fields of a connection yet.
    ///
    /// # Errors
    ///
    /// If a protocol cannot be a header, which cannot be: it came as one.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) -> Result<(), HttpError> {
        let protocols = HeaderValue::try_from(self.protocols.join(", "));
        let protocols = protocols.map_err(|error| HttpError::bad_request().with_source(error))?;
        headers.insert(header::UPGRADE, protocols);
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        if let Some(Ok(key)) = self.key.as_ref().map(HeaderValue::try_from) {
            headers.insert(header::SEC_WEBSOCKET_KEY, key);
        }
        Ok(())
    }

    /// The protocol that the upstream has chosen in its 101, whose head is then one for the client.
    ///
    /// # Errors
    ///
    /// 502, if it was not offered, or the upstream has not understood the key.
    pub(crate) fn chosen(&self, headers: &mut HeaderMap) -> Result<String, HttpError> {
        let chosen = headers.get(header::UPGRADE);
        let chosen = chosen.and_then(|chosen| chosen.to_str().ok());
        let chosen = chosen.filter(|chosen| {
            let mut offered = self.protocols.iter();
            offered.any(|offered| offered.eq_ignore_ascii_case(chosen))
        });
        let Some(chosen) = chosen.map(str::to_owned) else {
            let reason = "the upstream switches to a protocol that was not offered";
            return Err(HttpError::bad_gateway().with_source(reason));
        };
        if let Some(key) = &self.key {
            let accept = headers.remove(header::SEC_WEBSOCKET_ACCEPT);
            if accept.is_none_or(|accept| accept.as_bytes() != answer_to(key).as_bytes()) {
                let reason = "the upstream's Sec-WebSocket-Accept does not belong to the key";
                return Err(HttpError::bad_gateway().with_source(reason));
            }
        }
        Ok(chosen)
    }
}

/// True for HTTP in another form. On such a stream a client could ask the upstream for paths that the app in
/// front has not passed on.
fn is_http(protocol: &str) -> bool {
    let name = protocol.split('/').next().unwrap_or_default();
    ["h2", "h2c", "http", "tls"]
        .iter()
        .any(|http| name.eq_ignore_ascii_case(http))
}

/// 16 bytes that are different for each connection (RFC 6455 section 4.1). They are no secret.
fn key() -> String {
    let mut bytes = [0; 16];
    for half in bytes.chunks_mut(8) {
        // Each has its own random keys.
        let random = RandomState::new().build_hasher().finish();
        half.copy_from_slice(&random.to_ne_bytes());
    }
    STANDARD.encode(bytes)
}

/// RFC 6455 section 4.2.2.
fn answer_to(key: &str) -> String {
    let mut digest = Sha1::new();
    digest.update(key.as_bytes());
    digest.update(GUID);
    STANDARD.encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::{answer_to, is_http, key};

    #[test]
    fn http_in_another_form_is_known() {
        for protocol in ["h2c", "H2C", "h2", "HTTP/2.0", "TLS/1.0"] {
            assert!(is_http(protocol), "{protocol}");
        }
        for protocol in ["websocket", "WebSocket", "h2cat", "echo/2", "https-not"] {
            assert!(!is_http(protocol), "{protocol}");
        }
    }

    #[test]
    fn the_example_of_rfc_6455_section_1_3() {
        assert_eq!(
            answer_to("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn each_key_is_another() {
        assert_ne!(key(), key());
        assert_eq!(key().len(), 24);
    }
}
