//! The server's side of the handshake (RFC 6455 section 4.2, RFC 8441 section 5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_core::{Environ, HttpError};
use http::{HeaderMap, HeaderValue, Method, Version, header};
use sha1::{Digest, Sha1};

use super::handshake::Handshake;
use super::limits::Limits;
use super::origin::Origins;
use crate::field;

/// RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Accepts WebSocket connections: whom, in which subprotocols, and with what limits.
///
/// It is made once or for each request, as it suits.
///
/// # Origins
///
/// A browser lets a page of any site open a WebSocket to any server, with the cookies of that server,
/// and names the page's origin. So an app that knows its users by cookies takes connections from its own
/// pages only. This is the default: the origin has to be that of the request, by scheme, host and port.
///
/// - [`allow_origin`](Self::allow_origin) adds others, [`any_origin`](Self::any_origin) turns the check
///   off.
/// - A request without `Origin` is accepted: it does not come from a page, and a program that is not a
///   browser could send any. It is no proof of who the client is.
/// - `null`, the origin of a page that hides its own, is refused unless it is allowed by that name.
/// - Behind a proxy that terminates TLS or changes the host, put [`ProxyFix`](crate::ProxyFix) around the
///   app: otherwise the request's own origin is not the one that the browser sees.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use gateway_core::{Environ, HttpError, Response, view};
/// use gateway_util::websocket::Acceptor;
///
/// async fn chat(environ: Environ) -> Result<Response, HttpError> {
///     let handshake = Acceptor::new()
///         .protocols(["chat.v2", "chat.v1"])
///         .allow_origin("https://app.example")
///         .accept(&environ)?;
///     let is_new = handshake.protocol() == Some("chat.v2");
///     handshake.run(async move |mut socket| {
///         socket.send(if is_new { "welcome" } else { "WELCOME" }).await?;
///         Ok(())
///     })
/// }
///
/// let client = gateway_testing::Client::new(view(chat));
/// // It is a plain request, which offers nothing.
/// client.get("/").send().await.assert_status(426);
/// # });
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "an acceptor does nothing until it accepts a request"]
pub struct Acceptor {
    protocols: Vec<String>,
    origins: Origins,
    limits: Limits,
}

impl Acceptor {
    /// Accepts pages of the same origin and clients that are no pages, without a subprotocol, with the
    /// default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// The subprotocols that the app speaks, those that it prefers first. The first one that the client
    /// offers is chosen; names are compared with regard to case.
    ///
    /// If there is none, the connection has no subprotocol ([`Handshake::protocol`]). A browser that has
    /// offered some then fails it; an app that needs one declines with a 400.
    #[doc(alias = "subprotocols")]
    pub fn protocols(mut self, protocols: impl IntoIterator<Item: Into<String>>) -> Self {
        self.protocols.extend(protocols.into_iter().map(Into::into));
        self
    }

    /// Accepts pages of another origin, too: `https://app.example`, with a port where it is not that of
    /// the scheme. A value that is no origin makes each handshake a 500, whose log line names it.
    pub fn allow_origin(mut self, origin: impl AsRef<str>) -> Self {
        self.origins.allow(origin.as_ref());
        self
    }

    /// Accepts pages of any origin: for apps that do not know their users by what a browser sends by
    /// itself, such as cookies.
    pub fn any_origin(mut self) -> Self {
        self.origins.allow_any();
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks the handshake of a request.
    ///
    /// # Errors
    ///
    /// | status | when |
    /// |---|---|
    /// | 405, with `Allow: GET` | the method is another one than GET or HEAD (section 4.2.1) |
    /// | 426 | `websocket` is not offered ([`Environ::upgrades`]): a plain request, or a host that cannot switch |
    /// | 426, with `Sec-WebSocket-Version: 13` | the version is another one than 13 (section 4.2.2) |
    /// | 400 | on HTTP/1.1 there is not one `Sec-WebSocket-Key` of 16 bytes in base64; a subprotocol is no token |
    /// | 403 | the origin is not allowed |
    /// | 500 | a value given to [`allow_origin`](Self::allow_origin) is no origin |
    ///
    /// None of them is a 2xx, so they decline an extended CONNECT, too (U7). A 426 has no `Upgrade`,
    /// which belongs to the host (S7); its page says what is spoken.
    pub fn accept(&self, environ: &Environ) -> Result<Handshake, HttpError> {
        let method = environ.request_method();
        if *method != Method::GET && *method != Method::HEAD {
            let allow = [(header::ALLOW, HeaderValue::from_static("GET"))];
            return Err(with_headers(HttpError::method_not_allowed(), allow));
        }
        if !environ.offers_upgrade("websocket") {
            return Err(HttpError::new(426).with_description("This speaks WebSocket only."));
        }
        if value(environ, "sec-websocket-version").as_deref() != Some(b"13") {
            let version = HeaderValue::from_static("13");
            let error = HttpError::new(426).with_description("This speaks WebSocket 13 only.");
            return Err(with_headers(
                error,
                [(header::SEC_WEBSOCKET_VERSION, version)],
            ));
        }
        let mut headers = HeaderMap::new();
        // RFC 8441 section 5: over HTTP/2 the key and its answer are not used.
        if environ.version() < Version::HTTP_2 {
            let key = value(environ, "sec-websocket-key").unwrap_or_default();
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, answer_to(&key)?);
        }
        self.origins.check(environ)?;
        if let Some(protocol) = self.choose(environ)? {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        Ok(Handshake::new(headers, self.limits.clone()))
    }

    /// The subprotocol of this connection: one of the client's.
    fn choose(&self, environ: &Environ) -> Result<Option<HeaderValue>, HttpError> {
        let Some(offered) = value(environ, "sec-websocket-protocol") else {
            return Ok(None);
        };
        let offered: Vec<&[u8]> = field::elements(&offered).collect();
        if !offered.iter().copied().all(field::is_token) {
            return Err(bad("The subprotocols are malformed."));
        }
        let chosen = self
            .protocols
            .iter()
            .find(|protocol| offered.contains(&protocol.as_bytes()));
        // It is a token: the client has sent it.
        let chosen = chosen
            .map(|protocol| HeaderValue::from_str(protocol))
            .transpose();
        chosen.map_err(|error| HttpError::internal_server_error().with_source(error))
    }
}

/// Accepts a request as an [`Acceptor`] without settings does.
///
/// # Errors
///
/// As [`Acceptor::accept`].
///
/// # Examples
///
/// ```
/// use gateway_core::{Environ, HttpError, Response, view};
/// use gateway_util::websocket;
///
/// async fn echo(environ: Environ) -> Result<Response, HttpError> {
///     websocket::accept(&environ)?.run(async |mut socket| {
///         while let Some(message) = socket.recv().await? {
///             socket.send(message).await?;
///         }
///         Ok(())
///     })
/// }
/// # let _ = view(echo);
/// ```
pub fn accept(environ: &Environ) -> Result<Handshake, HttpError> {
    Acceptor::new().accept(environ)
}

/// RFC 6455 section 4.2.2: the answer to a key, which has to be 16 bytes in base64.
fn answer_to(key: &[u8]) -> Result<HeaderValue, HttpError> {
    let is_right = STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    if !is_right {
        return Err(bad("One key of 16 bytes is needed."));
    }
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(digest))
        .map_err(|error| HttpError::internal_server_error().with_source(error))
}

/// The value of a header; several lines are joined, which one value cannot be.
fn value(environ: &Environ, name: &str) -> Option<Vec<u8>> {
    let value = environ.header(name)?;
    Some(field::trim(value.as_bytes()).to_owned())
}

fn bad(description: &str) -> HttpError {
    HttpError::bad_request().with_description(description)
}

fn with_headers<const N: usize>(
    error: HttpError,
    headers: [(http::HeaderName, HeaderValue); N],
) -> HttpError {
    error
        .with_headers(headers)
        .unwrap_or_else(|refused| HttpError::internal_server_error().with_source(refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6455_1_3_the_answer_to_the_key_of_the_example() {
        let answer = answer_to(b"dGhlIHNhbXBsZSBub25jZQ==").ok();
        assert_eq!(
            answer,
            Some(HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        );
    }
}
