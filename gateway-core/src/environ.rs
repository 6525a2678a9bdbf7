//! The request, as an app sees it.

mod cgi;
mod fields;
mod host;
mod inner;
mod parts;
mod path;
mod source;
mod target;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use http::{Extensions, Method, Request, Version, request};

use crate::connection::{Connection, Scheme};
use crate::exchange::{Closed, Exchange};
use crate::input::{Input, IntoInput};

use inner::Inner;
pub use path::SplitError;
pub use source::HeadSource;
pub use value::EnvValue;

/// The request: WSGI's `environ`, with typed accessors under the CGI names.
///
/// It is one pointer in size, owned, and moved through the chain of middlewares. Views such as
/// [`path_info`](Self::path_info) are computed when asked for.
///
/// # The path
///
/// `SCRIPT_NAME` + `PATH_INFO` is the request's path, percent-decoded once, byte for byte (E3, E4).
/// `SCRIPT_NAME` is where the app is mounted: empty at the root, without a slash at its end (E2).
/// Repeated slashes, dot segments, `;params` and a trailing slash are kept (E6). The target as sent
/// is [`request_uri`](Self::request_uri) (E5). For `OPTIONS *` both are empty (E14).
///
/// # Examples
///
/// ```
/// use gateway_core::Environ;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut environ = Environ::from_request(http::Request::get("/shop/a%2Fb?x=1").body(())?);
/// assert!(environ.mount("/shop"));
/// assert_eq!(environ.script_name(), "/shop");
/// assert_eq!(environ.path_info(), "/a/b");
/// assert_eq!(environ.raw_path_info(), "/a%2Fb");
/// assert_eq!(environ.request_uri(), "/shop/a%2Fb?x=1");
/// # Ok(())
/// # }
/// ```
#[doc(alias = "scope")]
#[doc(alias = "Request")]
pub struct Environ(
    // Always there but for the moment in which `drop` gives the box back.
    Option<Box<Inner>>,
);

impl Environ {
    /// An environ outside of any gateway: for tests, and for requests made up in process.
    ///
    /// The body may be anything that [`IntoInput`] names: `()`, text, bytes, an
    /// `http_body::Body`.
    pub fn from_request<B: IntoInput>(request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        Self::new(None, None, parts, body.into_input())
    }

    #[expect(
        clippy::expect_used,
        reason = "only `drop` and `into_parts` empty it, and both own it"
    )]
    #[inline]
    fn inner(&self) -> &Inner {
        self.0
            .as_deref()
            .expect("an environ has its box until it is dropped")
    }

    #[expect(
        clippy::expect_used,
        reason = "only `drop` and `into_parts` empty it, and both own it"
    )]
    #[inline]
    fn inner_mut(&mut self) -> &mut Inner {
        self.0
            .as_deref_mut()
            .expect("an environ has its box until it is dropped")
    }

    #[expect(
        clippy::expect_used,
        reason = "set by `new`, and taken where the environ ends"
    )]
    #[inline]
    fn parts(&self) -> &request::Parts {
        self.inner()
            .parts
            .as_ref()
            .expect("an environ has its parts until it is dropped")
    }

    #[expect(
        clippy::expect_used,
        reason = "set by `new`, and taken where the environ ends"
    )]
    #[inline]
    fn parts_mut(&mut self) -> &mut request::Parts {
        self.inner_mut()
            .parts
            .as_mut()
            .expect("an environ has its parts until it is dropped")
    }

    /// REQUEST_METHOD: the token as sent, case kept (E1).
    #[must_use]
    #[inline]
    pub fn request_method(&self) -> &Method {
        &self.parts().method
    }

    /// Replaces the method, for middlewares such as method override.
    pub fn set_request_method(&mut self, method: Method) {
        self.parts_mut().method = method;
    }

    /// SERVER_PROTOCOL: `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0` or `HTTP/3.0`, the transport's truth
    /// (E13), in the form of RFC 3875 section 4.1.16.
    #[must_use]
    pub fn server_protocol(&self) -> &'static str {
        match self.version() {
            Version::HTTP_09 => "HTTP/0.9",
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_3 => "HTTP/3.0",
            _ => "HTTP/1.1",
        }
    }

    /// The protocol version.
    #[must_use]
    #[inline]
    pub fn version(&self) -> Version {
        self.parts().version
    }

    /// The scheme that the transport speaks, or what a proxy middleware made of it (E13).
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.connection().scheme()
    }

    /// REMOTE_ADDR: the peer's address, absent where the transport has none (E16).
    #[must_use]
    pub fn remote_addr(&self) -> Option<IpAddr> {
        self.connection().peer_addr().map(|peer| peer.ip())
    }

    /// REMOTE_PORT: the peer's port, absent where the transport has none (E16), or where only the
    /// address of the peer is known, which then has the port 0 (a proxy's word, say).
    #[must_use]
    pub fn remote_port(&self) -> Option<u16> {
        let peer = self.connection().peer_addr()?;
        (peer.port() != 0).then(|| peer.port())
    }

    /// What the transport tells of the connection.
    #[must_use]
    #[inline]
    pub fn connection(&self) -> &Connection {
        &self.inner().connection
    }

    /// Sets the facts of the connection: for gateways, and for middlewares with a policy about
    /// forwarded headers (E13).
    #[inline]
    pub fn set_connection(&mut self, connection: Connection) {
        self.inner_mut().connection = connection;
    }

    /// Typed extensions; what a middleware does not know passes it untouched (E15).
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.parts().extensions
    }

    /// Typed extensions, to add to.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.parts_mut().extensions
    }

    /// Sets a variable that [`get`](Self::get) and [`vars`](Self::vars) show, such as
    /// `REMOTE_USER`. It hides a variable of the same key that came from the request.
    pub fn set_var(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Vec<u8>>) {
        let (key, value) = (key.into(), value.into());
        let vars = &mut self.inner_mut().own_vars;
        match vars.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => vars.push((key, value)),
        }
    }

    fn var(&self, key: &str) -> Option<&[u8]> {
        self.own_vars()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    fn own_vars(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner()
            .own_vars
            .iter()
            .map(|(key, value)| (&**key, &**value))
    }

    /// Shows request headers whose names hold `_` among the CGI variables, where no header with
    /// dashes has the same key (E10). Off by default: `X_Forwarded_For` would pass for
    /// `X-Forwarded-For`.
    pub fn keep_underscored_headers(&mut self) {
        self.inner_mut().keep_underscores = true;
    }

    fn keeps_underscores(&self) -> bool {
        self.inner().keep_underscores
    }

    /// Takes the input, the request's body, out; an empty one is left in its place.
    pub fn take_input(&mut self) -> Input {
        std::mem::take(self.input_mut())
    }

    /// The input, to read from or to limit.
    #[inline]
    pub fn input_mut(&mut self) -> &mut Input {
        self.inner_mut()
            .input
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the input: for middlewares.
    pub fn set_input(&mut self, input: Input) {
        *self.input_mut() = input;
    }

    /// Resolves when the exchange is over: the client has gone as far as the host can tell, or the
    /// response was handed over to its end (L3).
    ///
    /// The future owns what it needs: it may be moved to another task. Where the host drops the
    /// app's future when the client goes (hyper), only other tasks have a use for it.
    pub fn closed(&mut self) -> Closed {
        Closed::new(self.exchange())
    }

    /// The exchange, for who ends it from now on: a gateway, or the outermost `respond` outside of
    /// one. `None` if somebody does already.
    pub(crate) fn claim_exchange(&mut self) -> Option<Arc<Exchange>> {
        let is_claimed = std::mem::replace(&mut self.inner_mut().is_claimed, true);
        (!is_claimed).then(|| self.exchange())
    }

    /// The exchange, for the gateway that ends it.
    #[inline]
    pub(crate) fn gateway_exchange(&mut self) -> Arc<Exchange> {
        self.inner_mut().is_claimed = true;
        self.exchange()
    }

    #[inline]
    fn exchange(&mut self) -> Arc<Exchange> {
        self.inner_mut().exchange.get_or_insert_default().clone()
    }
}

impl fmt::Debug for Environ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets: they are not shown.
        f.debug_struct("Environ")
            .field("request_method", self.request_method())
            .field("script_name", &self.script_name())
            .field("path_info", &self.path_info())
            .field("query_string", &self.query_string())
            .field("server_protocol", &self.server_protocol())
            .finish_non_exhaustive()
    }
}
