//! The request, as an app sees it.

mod cgi;
mod fields;
mod host;
mod path;
mod source;
mod target;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{Extensions, HeaderMap, Method, Request, Version, header, request};

use crate::connection::{Connection, Scheme};
use crate::exchange::{Disconnected, Exchange, Memory};
use crate::input::{Input, IntoInput};

pub use path::SplitError;
pub use source::HeaderSource;
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

/// What is behind the pointer; the box is used again for later requests.
#[derive(Default)]
struct Inner {
    // Always there but in a box that waits for its next request. Moved in and out as a whole: an
    // empty `Uri` to fill the place in between would cost more than the rest of the environ.
    parts: Option<request::Parts>,
    /// In place of `parts.headers`, where a host lends its own.
    source: Option<Arc<dyn HeaderSource>>,
    /// The map made of the source.
    made: OnceLock<HeaderMap>,
    // The mutex is never locked: it makes the environ `Sync`, so that apps may hold a reference
    // to it while they await.
    input: Mutex<Input>,
    connection: Connection,
    script_len: usize,
    own_vars: Vec<(Cow<'static, str>, Vec<u8>)>,
    keep_underscores: bool,
    exchange: Option<Arc<Exchange>>,
    /// Somebody ends the exchange.
    is_claimed: bool,
}

impl Environ {
    /// An environ outside of any gateway: for tests, and for requests made up in process.
    ///
    /// The body may be anything that [`IntoInput`] names: `()`, text, bytes, an
    /// `http_body::Body`.
    pub fn from_request<B: IntoInput>(request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        Self::new(None, None, parts, body.into_input())
    }

    /// An environ in memory that an earlier one left, if there is any.
    #[inline]
    pub(crate) fn new(
        memory: Option<Memory>,
        exchange: Option<Arc<Exchange>>,
        parts: request::Parts,
        input: Input,
    ) -> Self {
        let mut inner: Box<Inner> = memory
            .and_then(|memory| memory.downcast().ok())
            .unwrap_or_default();
        inner.parts = Some(parts);
        inner.input = Mutex::new(input);
        inner.is_claimed = exchange.is_some();
        inner.exchange = exchange;
        let mut environ = Self(Some(inner));
        environ.declare_length();
        environ
    }

    /// Tells the input what length the client declared (I1).
    fn declare_length(&mut self) {
        if !self.input_mut().is_there() {
            return;
        }
        let declared = self.content_length();
        self.input_mut().declare(declared);
        // RFC 9112 section 6.3: Transfer-Encoding overrides Content-Length, which must not be
        // passed on beside it (I2).
        if declared.is_none()
            && self.inner().source.is_none()
            && self.headers().contains_key(header::TRANSFER_ENCODING)
        {
            self.headers_mut().remove(header::CONTENT_LENGTH);
        }
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
    pub fn version(&self) -> Version {
        self.parts().version
    }

    /// The scheme that the transport speaks, or what a proxy middleware made of it (E13).
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.connection().url_scheme()
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
    pub fn disconnected(&mut self) -> Disconnected {
        Disconnected::new(self.exchange())
    }

    /// The exchange, for who ends it from now on: a gateway, or the outermost `respond` outside of
    /// one. `None` if somebody does already.
    pub(crate) fn claim_exchange(&mut self) -> Option<Arc<Exchange>> {
        let is_claimed = std::mem::replace(&mut self.inner_mut().is_claimed, true);
        (!is_claimed).then(|| self.exchange())
    }

    /// The exchange, for the gateway that ends it.
    pub(crate) fn gateway_exchange(&mut self) -> Arc<Exchange> {
        self.inner_mut().is_claimed = true;
        self.exchange()
    }

    fn exchange(&mut self) -> Arc<Exchange> {
        self.inner_mut().exchange.get_or_insert_default().clone()
    }

    /// A second environ of the same request, for a middleware that asks one app after another. The
    /// input stays with this one; a host's own headers become a map.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::Environ;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut environ = Environ::from_request(http::Request::get("/shop/cart").body(())?);
    /// let mut fork = environ.fork();
    /// assert!(fork.mount("/shop"));
    /// assert_eq!(fork.path_info(), "/cart");
    /// assert_eq!(environ.path_info(), "/shop/cart");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fork(&mut self) -> Self {
        let exchange = self.exchange();
        let own = self.parts();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = own.method.clone();
        parts.uri = own.uri.clone();
        parts.version = own.version;
        parts.headers = self.headers().clone();
        parts.extensions = own.extensions.clone();
        let inner = self.inner();
        Self(Some(Box::new(Inner {
            parts: Some(parts),
            connection: inner.connection,
            script_len: inner.script_len,
            own_vars: inner.own_vars.clone(),
            keep_underscores: inner.keep_underscores,
            exchange: Some(exchange),
            // Whoever has the first ends it.
            is_claimed: true,
            ..Inner::default()
        })))
    }

    /// Takes the environ apart into `http`'s request parts and the input.
    ///
    /// The URI is the one that was sent: the mount point, the connection's facts and the own
    /// variables are not part of it.
    #[must_use]
    pub fn into_parts(mut self) -> (request::Parts, Input) {
        self.headers_mut();
        let input = self.take_input();
        let parts = self.inner_mut().parts.take();
        (
            parts.unwrap_or_else(|| Request::new(()).into_parts().0),
            input,
        )
    }

    /// Takes the request out as `http`'s request parts and the input, for bridges that lead through
    /// another world and back. What those do not hold stays: the mount point, the connection's
    /// facts, the own variables, [`disconnected`](Self::disconnected).
    #[must_use]
    pub fn take_parts(&mut self) -> (request::Parts, Input) {
        let headers = std::mem::take(self.headers_mut());
        let input = self.take_input();
        let own = self.parts_mut();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = own.method.clone();
        parts.uri = own.uri.clone();
        parts.version = own.version;
        parts.headers = headers;
        parts.extensions = std::mem::take(&mut own.extensions);
        (parts, input)
    }

    /// Puts a request in the place of the one that [`take_parts`](Self::take_parts) took out.
    ///
    /// SCRIPT_NAME stays where the new path still begins with it, and is empty where it does not.
    /// The input is taken as it is: what was read of it before is not expected again.
    pub fn put_parts(&mut self, parts: request::Parts, input: Input) {
        let path = path::raw_path(&parts.uri);
        let split = self.split();
        if !(path.starts_with(self.raw_script_name()) && path::is_boundary(path, split)) {
            self.inner_mut().script_len = 0;
        }
        let inner = self.inner_mut();
        inner.source = None;
        inner.parts = Some(parts);
        inner.input = Mutex::new(input);
    }
}

impl Inner {
    /// Empties the box for the next request and gives its header map, emptied too.
    ///
    /// Nothing of the request may stay: its URI and headers are slices of the host's read buffer,
    /// which they would keep alive.
    fn clear(&mut self) -> HeaderMap {
        let mut headers = self
            .parts
            .take()
            .map(|parts| parts.headers)
            .unwrap_or_default();
        // The map made of a host's headers may have more room than the one it stood in for.
        if let Some(made) = self.made.take()
            && made.capacity() > headers.capacity()
        {
            headers = made;
        }
        headers.clear();
        self.source = None;
        self.input = Mutex::default();
        self.connection = Connection::default();
        self.script_len = 0;
        self.own_vars.clear();
        self.keep_underscores = false;
        self.is_claimed = false;
        headers
    }
}

impl Drop for Environ {
    fn drop(&mut self) {
        let Some(mut inner) = self.0.take() else {
            return;
        };
        let Some(exchange) = inner.exchange.take() else {
            return;
        };
        let headers = inner.clear();
        exchange.recycle(inner, headers);
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
