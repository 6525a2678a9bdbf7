//! What proxies say of the client.

mod forwarded;
mod values;

use std::net::{IpAddr, SocketAddr};

use gateway_core::{App, Body, Connection, Environ, Error, HttpError, Scheme, StartResponse};
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri, header};

use forwarded::Element;

/// Takes address, scheme, host, port and prefix from what trusted proxies say, as Werkzeug's
/// `ProxyFix` does. Made by [`MiddlewareExt::proxy_fix`](crate::MiddlewareExt::proxy_fix).
///
/// # Trust is counted
///
/// Everyone can send these headers; what counts is who appended the value. Each proxy appends its
/// own on the right, so with `n` proxies of yours in a row the `n`th value from the right is the one
/// your outermost proxy wrote, and everything to its left is the client's word (E13). Say the number
/// for each header that they set, and only for those: a header that a proxy passes through is
/// anyone's.
///
/// - Nothing is trusted until it is said: a new `ProxyFix` changes nothing.
/// - Fewer values than trusted hops: the request did not come through all of the proxies, and
///   nothing is changed.
/// - A value at the trusted place that is none (`unknown`, a host with a slash in it) is not
///   believed. For the address that means that there is none: REMOTE_ADDR is absent, rather than the
///   proxy's own (E16).
/// - A host longer than 255 bytes is a 400, as everywhere (RFC 1035 section 2.3.4).
/// - A prefix that a browser could read as another host is not believed, be it encoded: `//evil`,
///   `/%2fevil`, `/%5cevil`.
/// - The headers themselves stay as they are.
///
/// # What is changed
///
/// | method | header | changes |
/// |---|---|---|
/// | [`x_for`](Self::x_for) | `X-Forwarded-For` | REMOTE_ADDR, and REMOTE_PORT if it is named |
/// | [`x_proto`](Self::x_proto) | `X-Forwarded-Proto` | the scheme |
/// | [`x_host`](Self::x_host) | `X-Forwarded-Host` | HTTP_HOST, SERVER_NAME, and SERVER_PORT if it is named |
/// | [`x_port`](Self::x_port) | `X-Forwarded-Port` | SERVER_PORT, and the port in HTTP_HOST |
/// | [`x_prefix`](Self::x_prefix) | `X-Forwarded-Prefix` | put in front of SCRIPT_NAME, and of the path (E3) |
/// | [`forwarded`](Self::forwarded) | `Forwarded` (RFC 7239) | as the first three, from `for`, `proto` and `host` |
///
/// Where both are trusted, `Forwarded` wins. What was there before is in the environ's extensions,
/// as [`BeforeProxyFix`].
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::MiddlewareExt;
///
/// let app = view(async |environ: Environ| format!("{:?}", environ.remote_addr()));
/// let app = app.proxy_fix().x_for(1);
/// let request = http::Request::get("/").header("x-forwarded-for", "6.6.6.6, 192.0.2.7").body(())?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.into_body().bytes().await?, "Some(192.0.2.7)");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ProxyFix<A> {
    app: A,
    x_for: usize,
    x_proto: usize,
    x_host: usize,
    x_port: usize,
    x_prefix: usize,
    forwarded: usize,
}

/// In the environ's extensions: what [`ProxyFix`] found, before it changed anything. Werkzeug's
/// `werkzeug.proxy_fix.orig`.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::{BeforeProxyFix, MiddlewareExt};
///
/// let app = view(async |environ: Environ| {
///     let before = environ.extensions().get::<BeforeProxyFix>()?;
///     Some(format!("{} was {}", environ.host()?, before.host.as_deref()?))
/// });
/// let request = http::Request::get("/").header("host", "inner").header("x-forwarded-host", "outer");
/// let environ = Environ::from_request(request.body(())?);
/// let response = app.proxy_fix().x_host(1).respond(environ).await?;
/// assert_eq!(response.into_body().bytes().await?, "outer was inner");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BeforeProxyFix {
    /// The facts of the connection: the peer is the proxy.
    pub connection: Connection,
    /// The host that the proxy asked for.
    pub host: Option<String>,
    /// The target that the proxy asked for.
    pub uri: Uri,
    /// SCRIPT_NAME, as an offset into the path of `uri`.
    pub split: usize,
}

macro_rules! hop_counts {
    ($($field:ident, $header:literal;)*) => {$(
        #[doc = concat!("Trusts `", $header, "` of so many proxies; 0 ignores it.")]
        #[must_use]
        pub fn $field(mut self, hops: usize) -> Self {
            self.$field = hops;
            self
        }
    )*};
}

impl<A> ProxyFix<A> {
    /// Trusts nobody yet.
    pub fn new(app: A) -> Self {
        Self {
            app,
            x_for: 0,
            x_proto: 0,
            x_host: 0,
            x_port: 0,
            x_prefix: 0,
            forwarded: 0,
        }
    }

    hop_counts! {
        x_for, "X-Forwarded-For";
        x_proto, "X-Forwarded-Proto";
        x_host, "X-Forwarded-Host";
        x_port, "X-Forwarded-Port";
        x_prefix, "X-Forwarded-Prefix";
        forwarded, "Forwarded";
    }

    /// What the trusted proxies say.
    ///
    /// # Errors
    ///
    /// 400 for a host that is too long.
    fn told(&self, environ: &Environ) -> Result<Told, HttpError> {
        let mut told = Told::default();
        let value = |name: &str, hops: usize| {
            let line = (hops > 0).then(|| environ.header(name)).flatten()?;
            values::from_the_right(line.as_bytes(), hops).map(<[u8]>::to_vec)
        };
        if let Some(node) = value("x-forwarded-for", self.x_for) {
            told.client = Some(values::node(&node));
        }
        if let Some(proto) = value("x-forwarded-proto", self.x_proto) {
            told.scheme = values::scheme(&proto);
        }
        if let Some(host) = value("x-forwarded-host", self.x_host) {
            told.host = checked_host(&host)?;
        }
        if let Some(port) = value("x-forwarded-port", self.x_port) {
            told.port = values::port(&port);
        }
        if let Some(prefix) = value("x-forwarded-prefix", self.x_prefix) {
            told.prefix = values::prefix(&prefix);
        }
        if self.forwarded > 0
            && let Some(line) = environ.header("forwarded")
            && let Some(element) = Element::from_the_right(line.as_bytes(), self.forwarded)
        {
            told.merge(&element)?;
        }
        Ok(told)
    }
}

fn checked_host(host: &[u8]) -> Result<Option<String>, HttpError> {
    if values::is_too_long(host) {
        let too_long = "a proxy names a host that is longer than any name can be";
        return Err(HttpError::bad_request().with_source(too_long));
    }
    Ok(values::host(host))
}

/// What proxies said, as far as it can be believed.
#[derive(Default)]
struct Told {
    /// The client; `Some(None)` if the proxy names no address.
    client: Option<Option<(IpAddr, u16)>>,
    scheme: Option<Scheme>,
    host: Option<String>,
    port: Option<u16>,
    prefix: Option<String>,
}

impl Told {
    fn merge(&mut self, element: &Element<'_>) -> Result<(), HttpError> {
        if !element.is_well_formed() {
            // Whom the request came from is not known then.
            self.client = Some(None);
            return Ok(());
        }
        if let Some(node) = element.node() {
            self.client = Some(values::node(node));
        }
        if let Some(scheme) = element.proto().and_then(values::scheme) {
            self.scheme = Some(scheme);
        }
        if let Some(host) = element.host() {
            self.host = checked_host(host)?.or(self.host.take());
        }
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        matches!(
            self,
            Self {
                client: None,
                scheme: None,
                host: None,
                port: None,
                prefix: None,
            }
        )
    }

    fn apply(self, environ: &mut Environ) {
        let before = BeforeProxyFix {
            connection: *environ.connection(),
            host: environ.host().map(|host| host.into_owned()),
            uri: environ.uri().clone(),
            split: environ.script_name_len(),
        };
        // X-Forwarded-Port is the port of the host, whatever the host itself says.
        let host = match (&self.host, self.port) {
            (host, Some(port)) => host
                .as_ref()
                .or(before.host.as_ref())
                .map(|host| format!("{}:{port}", values::split_port(host).0)),
            (host, None) => host.clone(),
        };
        let port = self
            .port
            .or_else(|| values::split_port(self.host.as_deref()?).1);
        environ.set_connection(self.connection(&before.connection, port));
        if let Some(host) = host {
            set_host(environ, &host);
        }
        if let Some(prefix) = &self.prefix {
            set_prefix(environ, prefix);
        }
        environ.extensions_mut().insert(before);
    }

    fn connection(&self, before: &Connection, port: Option<u16>) -> Connection {
        let mut connection = Connection::new().with_scheme(self.scheme.unwrap_or(before.scheme()));
        let peer = match self.client {
            Some(client) => client.map(SocketAddr::from),
            None => before.peer_addr(),
        };
        if let Some(peer) = peer {
            connection = connection.with_peer_addr(peer);
        }
        if let Some(mut local) = before.local_addr() {
            local.set_port(port.unwrap_or(local.port()));
            connection = connection.with_local_addr(local);
        }
        connection
    }
}

/// Replaces the host that the request is for, wherever it stands (E12).
fn set_host(environ: &mut Environ, host: &str) {
    let Ok(value) = HeaderValue::from_str(host) else {
        return;
    };
    if environ.uri().authority().is_some() {
        let (detached, mut parts, input) = std::mem::take(environ).detach();
        let mut uri = parts.uri.clone().into_parts();
        uri.authority = host.parse().ok().or(uri.authority);
        if let Ok(uri) = Uri::from_parts(uri) {
            parts.uri = uri;
        }
        *environ = detached.attach(parts, input);
    }
    environ.headers_mut().insert(header::HOST, value);
}

/// Puts a prefix in front of the path, and moves the cut behind it.
fn set_prefix(environ: &mut Environ, prefix: &str) {
    let target = match environ.uri().path_and_query() {
        // E14: `*` has no path.
        Some(target) if target.as_str().starts_with('/') => target.as_str(),
        _ => return,
    };
    let split = environ.script_name_len();
    let Ok(target) = format!("{prefix}{target}").parse::<PathAndQuery>() else {
        return;
    };
    let (detached, mut parts, input) = std::mem::take(environ).detach();
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = Some(target);
    let fixed = Uri::from_parts(uri).ok();
    let is_fixed = fixed.is_some();
    parts.uri = fixed.unwrap_or(parts.uri);
    *environ = detached.attach(parts, input);
    if is_fixed && environ.set_script_name_len(prefix.len() + split).is_err() {
        // The prefix ends in no slash, so this is the end of a segment.
        let _ = environ.set_script_name_len(0);
    }
}

impl<A: App> App for ProxyFix<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let told = self.told(&environ)?;
        if !told.is_nothing() {
            told.apply(&mut environ);
        }
        self.app.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(app);
}
