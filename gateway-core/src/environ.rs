//! `Environ`: the request as an app sees it. Its methods have the names of the CGI variables, and
//! give typed values.

mod cgi;
mod framing;
mod head;
mod headers;
mod host;
mod http_parts;
mod lent_head;
mod path;
mod recycle;
mod target;
mod upgrades;
mod value;
mod var_name;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use http::{Extensions, Method, Request, Version};

use crate::connection::{Connection, Scheme};
use crate::exchange::{Closed, Exchange, Observation};
use crate::http_error::HttpError;
use crate::input::{Input, IntoInput};
use crate::observer::Observer;

pub(crate) use framing::{Framing, Lines, TargetForm};
pub(crate) use host::is_valid_host;
pub use http_parts::Detached;
pub use lent_head::{FramingField, HeadSource, LentHead};
pub use path::SplitError;
use recycle::Inner;
pub use value::EnvValue;
pub use var_name::{VarName, VarNameError};

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
    // `None` means `GET /`. `drop` leaves it when it returns the box to be used again.
    Option<Box<Inner>>,
);

impl Environ {
    /// An environ outside any gateway: for tests, and for requests that are made in process.
    ///
    /// The body may be anything that [`IntoInput`] names: `()`, text, bytes, an
    /// `http_body::Body`.
    pub fn from_request<B: IntoInput>(request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        Self::without_gateway(parts, body.into_input())
    }

    /// REQUEST_METHOD: the token as sent, case kept (E1).
    #[must_use]
    #[inline]
    pub fn request_method(&self) -> &Method {
        self.inner().head.method()
    }

    /// Replaces the method, for middlewares such as method override.
    pub fn set_request_method(&mut self, method: Method) {
        self.inner_mut().head.set_method(method);
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
        self.inner().head.version()
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

    /// REMOTE_PORT: the peer's port. It is absent if the transport has none (E16), and if only the
    /// peer's address is known, as from a proxy; the port of that address is 0.
    #[must_use]
    pub fn remote_port(&self) -> Option<u16> {
        let peer = self.connection().peer_addr()?;
        (peer.port() != 0).then(|| peer.port())
    }

    /// What the transport knows of the connection.
    #[must_use]
    #[inline]
    pub fn connection(&self) -> &Connection {
        &self.inner().connection
    }

    /// Replaces what is known of the connection: for gateways, and for middlewares with a policy
    /// about forwarded headers (E13).
    #[inline]
    pub fn set_connection(&mut self, connection: Connection) {
        self.inner_mut().connection = connection;
    }

    /// Typed extensions. A middleware passes on those that it does not know (E15).
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        self.inner().head.extensions()
    }

    /// Typed extensions, to change.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.inner_mut().head.extensions_mut()
    }

    /// Sets a variable that [`get`](Self::get) and [`vars`](Self::vars) show, such as
    /// `REMOTE_USER`. The names of the request's own variables cannot be set: see [`VarName`].
    pub fn set_var(&mut self, name: VarName, value: impl Into<Vec<u8>>) {
        let value = value.into();
        let vars = &mut self.inner_mut().own_vars;
        match vars.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => vars.push((name, value)),
        }
    }

    fn var(&self, key: &str) -> Option<&[u8]> {
        self.added_vars()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    /// The variables that were set with [`set_var`](Self::set_var), for gateways that make the
    /// environ of another interface.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Environ, VarName};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut environ = Environ::from_request(http::Request::get("/").body(())?);
    /// environ.set_var(const { VarName::new("REMOTE_USER") }, "ada");
    /// let added: Vec<_> = environ.added_vars().collect();
    /// assert_eq!(added, [("REMOTE_USER", &b"ada"[..])]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn added_vars(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner()
            .own_vars
            .iter()
            .map(|(name, value)| (name.as_str(), &**value))
    }

    /// Shows request headers with `_` in their names among the CGI variables, unless a header with
    /// dashes has the same key (E10). Off by default: `X_Forwarded_For` would be read as
    /// `X-Forwarded-For`.
    pub fn keep_underscored_headers(&mut self) {
        self.inner_mut().keep_underscores = true;
    }

    fn keeps_underscores(&self) -> bool {
        self.inner().keep_underscores
    }

    /// Takes the input, which is the request's body. An empty one is left in its place.
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

    /// Resolves when the exchange is over: the client has gone, as far as the host can tell, or the
    /// last byte of the response was handed to the host (L3).
    ///
    /// The future owns what it needs and may be moved to another task. If the host drops the app's
    /// future when the client goes (hyper), only other tasks can use it.
    #[doc(alias = "disconnected")]
    pub fn closed(&mut self) -> Closed {
        Closed::new(self.exchange())
    }

    /// Refuses the request, for adapters and for functions that fill an environ: the gateway
    /// responds with the error's page and does not call the app. A later refusal replaces an
    /// earlier one.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{Gateway, HttpError, Input, view};
    ///
    /// let gateway = Gateway::new(view(async |_| "called"));
    /// let (parts, ()) = http::Request::get("/").body(())?.into_parts();
    /// let mut environ = gateway.environ(parts, Input::empty());
    /// environ.refuse(HttpError::unauthorized());
    /// assert_eq!(gateway.handle(environ).await.status(), 401);
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn refuse(&mut self, error: HttpError) {
        self.inner_mut().refusal = Some(error);
    }

    #[inline]
    pub(crate) fn take_refusal(&mut self) -> Option<HttpError> {
        self.inner_mut().refusal.take()
    }

    /// Registers an observer for the outcome of this request: for middlewares. The observer is told
    /// of the request as the environ is now. See [`Observer`].
    pub fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.observe_shared(observer);
    }

    #[inline]
    pub(crate) fn observe_shared(&mut self, observer: Arc<dyn Observer>) {
        let exchange = self.exchange();
        let target = self.request_uri();
        exchange.observe(
            |Observation {
                 observer: place,
                 summary,
             }| {
                *place = Some(observer);
                summary.fill(
                    self.request_method().as_str(),
                    &target,
                    self.version(),
                    *self.connection(),
                );
            },
        );
    }

    /// The exchange, for the caller that will end it: a gateway, or the outermost `respond` outside
    /// of one. `None` if another caller ends it already.
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

/// The environ of `GET / HTTP/1.1` without headers, outside any gateway. A middleware leaves it
/// behind for a moment while it [takes one apart](Environ::detach).
impl Default for Environ {
    fn default() -> Self {
        Self(None)
    }
}

impl fmt::Debug for Environ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets, so they are not printed.
        f.debug_struct("Environ")
            .field("request_method", self.request_method())
            .field("script_name", &self.script_name())
            .field("path_info", &self.path_info())
            .field("query_string", &self.query_string())
            .field("server_protocol", &self.server_protocol())
            .finish_non_exhaustive()
    }
}
