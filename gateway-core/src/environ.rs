//! The request, as an app sees it.

mod cgi;
mod host;
mod path;
mod source;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Uri, Version, header, request};

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

    /// SCRIPT_NAME: the part of the path that led to this app, decoded; `""` at the root (E2).
    #[must_use]
    pub fn script_name(&self) -> EnvValue<'_> {
        path::decode(self.raw_script_name()).into()
    }

    /// PATH_INFO: the rest of the path, decoded once (E4).
    #[must_use]
    pub fn path_info(&self) -> EnvValue<'_> {
        path::decode(self.raw_path_info()).into()
    }

    /// SCRIPT_NAME as it was sent, not decoded.
    #[must_use]
    pub fn raw_script_name(&self) -> &str {
        path::raw_path(self.uri())
            .get(..self.split())
            .unwrap_or_default()
    }

    /// PATH_INFO as it was sent, not decoded.
    #[must_use]
    pub fn raw_path_info(&self) -> &str {
        path::raw_path(self.uri())
            .get(self.split()..)
            .unwrap_or_default()
    }

    /// Moves `prefix` from PATH_INFO to SCRIPT_NAME and tells whether it was there.
    ///
    /// The prefix is decoded text; a slash at its end does not count, and `""` and `"/"` are always
    /// there and move nothing. It matches whole segments: `/ap` is not a prefix of `/apple` (E3).
    /// `%2F` in the path is data and matches no slash.
    pub fn mount(&mut self, prefix: &str) -> bool {
        let prefix = prefix.trim_end_matches('/');
        let Some(length) = path::match_prefix(self.raw_path_info(), prefix) else {
            return false;
        };
        self.inner_mut().script_len += length;
        true
    }

    /// How many bytes of the raw path are SCRIPT_NAME; what [`set_split`](Self::set_split) takes to
    /// restore it.
    #[must_use]
    pub fn split(&self) -> usize {
        self.inner().script_len
    }

    /// Cuts the raw path into SCRIPT_NAME and PATH_INFO at a byte offset, for adapters that know
    /// their host's mount point and for middlewares that undo a [`mount`](Self::mount).
    ///
    /// # Errors
    ///
    /// When the offset is not the end of a segment; nothing is changed then.
    pub fn set_split(&mut self, offset: usize) -> Result<(), SplitError> {
        if !path::is_boundary(path::raw_path(self.uri()), offset) {
            return Err(SplitError(offset));
        }
        self.inner_mut().script_len = offset;
        Ok(())
    }

    /// The URI as the host parsed it: what was sent, with the authority on HTTP/2.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts().uri
    }

    /// REQUEST_URI: the raw request target with its query, unchanged by mounting (E5).
    ///
    /// On HTTP/1.1 an absolute-form target is given whole; on HTTP/2 it is `:path`.
    #[must_use]
    pub fn request_uri(&self) -> Cow<'_, str> {
        let uri = self.uri();
        let absolute = uri.scheme().is_some() && self.version() < Version::HTTP_2;
        match (uri.path_and_query(), uri.authority()) {
            (Some(target), _) if !absolute => Cow::Borrowed(target.as_str()),
            // CONNECT: the authority is the target.
            (None, Some(authority)) => Cow::Borrowed(authority.as_str()),
            // Not by `Uri`'s own `Display`: it puts a slash before a query that has none.
            (Some(target), Some(authority)) => Cow::Owned(format!(
                "{}://{authority}{target}",
                uri.scheme_str().unwrap_or_default(),
                target = target.as_str(),
            )),
            _ => Cow::Owned(uri.to_string()),
        }
    }

    /// QUERY_STRING: raw, `""` where there is none (E7).
    #[must_use]
    pub fn query_string(&self) -> &str {
        self.uri().query().unwrap_or_default()
    }

    /// CONTENT_TYPE, absent where the client sent none (E8).
    #[must_use]
    pub fn content_type(&self) -> Option<EnvValue<'_>> {
        self.header("content-type")
    }

    /// CONTENT_LENGTH as a number, absent where the client sent none (E8), sent something else than
    /// one number, or sent the body in a transfer coding, which overrides it (I2).
    ///
    /// A number beyond `u64` is `u64::MAX`, so that it is over every limit.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let first = self.first_header("content-length")?;
        if self.first_header("transfer-encoding").is_some() {
            return None;
        }
        // RFC 9112 section 6.3: a list, or several lines, of one number are that number.
        let lines = (1..).map_while(|nth| self.nth_header("content-length", nth));
        let mut items = std::iter::once(first)
            .chain(lines)
            .flat_map(|line| line.split(|byte| *byte == b','))
            .map(decimal);
        let length = items.next()??;
        items.all(|item| item == Some(length)).then_some(length)
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

    /// A request header by name, in any case: its value, or its values joined with `", "` where the
    /// client sent several lines (`Cookie`: `"; "`) (E9).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<EnvValue<'_>> {
        let first = self.nth_header(name, 0)?;
        if self.nth_header(name, 1).is_none() {
            return Some(EnvValue::borrowed(first));
        }
        let separator: &[u8] = if name.eq_ignore_ascii_case("cookie") {
            b"; "
        } else {
            b", "
        };
        let values: Vec<&[u8]> = (0..).map_while(|nth| self.nth_header(name, nth)).collect();
        Some(Cow::<[u8]>::Owned(values.join(separator)).into())
    }

    fn first_header(&self, name: &str) -> Option<&[u8]> {
        self.nth_header(name, 0)
    }

    fn nth_header(&self, name: &str, nth: usize) -> Option<&[u8]> {
        if let Some(source) = self.lent_headers() {
            return if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                source.get(&name.to_ascii_lowercase(), nth)
            } else {
                source.get(name, nth)
            };
        }
        let value = match nth {
            0 => self.headers().get(name),
            _ => self.headers().get_all(name).iter().nth(nth),
        };
        value.map(HeaderValue::as_bytes)
    }

    /// The host's own headers, as long as nobody has asked for the map.
    fn lent_headers(&self) -> Option<&dyn HeaderSource> {
        let inner = self.inner();
        inner
            .source
            .as_deref()
            .filter(|_| inner.made.get().is_none())
    }

    pub(crate) fn each_header_name(&self, visit: &mut dyn FnMut(&str)) {
        match self.lent_headers() {
            Some(source) => source.for_each(&mut |name, _| visit(name)),
            None => self.headers().keys().for_each(|name| visit(name.as_str())),
        }
    }

    /// Visits every header line in the host's order, without making the map: for the lint.
    #[cfg(feature = "lint")]
    pub(crate) fn each_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        match self.lent_headers() {
            Some(source) => source.for_each(visit),
            None => self
                .headers()
                .iter()
                .for_each(|(name, value)| visit(name.as_str(), value.as_bytes())),
        }
    }

    /// All request headers. A host that keeps them in a type of its own makes the map at the first
    /// call.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        match &self.inner().source {
            Some(source) => self.inner().made.get_or_init(|| source.to_map()),
            None => &self.parts().headers,
        }
    }

    /// All request headers, to change: for middlewares.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        let inner = self.inner_mut();
        if let Some(source) = inner.source.take() {
            let map = inner.made.take().unwrap_or_else(|| source.to_map());
            self.parts_mut().headers = map;
        }
        &mut self.parts_mut().headers
    }

    /// Lends the environ the headers in a host's own type: for adapters.
    ///
    /// The environ lets go of it when it is dropped: an adapter that keeps a handle of its own gets
    /// its headers back then, and may use the allocation for its next request.
    ///
    /// The map that the environ was made with is replaced; its memory is kept for a later response.
    pub fn set_header_source(&mut self, source: Arc<dyn HeaderSource>) {
        let inner = self.inner_mut();
        inner.source = Some(source);
        inner.made = OnceLock::new();
        self.declare_length();
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

    pub(crate) fn exchange(&mut self) -> Arc<Exchange> {
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

/// RFC 9110 section 8.6: digits, so no sign.
fn decimal(item: &[u8]) -> Option<u64> {
    let digits = item.trim_ascii();
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then(|| {
        digits.iter().fold(0, |number: u64, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
    })
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
