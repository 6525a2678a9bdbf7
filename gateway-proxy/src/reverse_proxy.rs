//! The app.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use gateway_core::{
    App, Body, Environ, Error, HttpError, InputError, StartResponse, strip_connection_fields,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::UpstreamError;
use crate::forwarding::Forwarding;
use crate::offer::Offer;
use crate::tunnel;
use crate::watched::{Watch, Watched};

/// An upstream HTTP server as an app.
///
/// - The upstream is asked for the path below the mount point, behind the path of its own URL, with the
///   query: as they were sent.
/// - Both directions are streamed at the same time, no faster than the other side takes them.
/// - Fields about one connection are dropped in both directions (S7, RFC 9110 section 7.6.1). `Host` is the
///   upstream's; the client's is in `X-Forwarded-Host`. What else tells of the client is a matter of
///   [`Forwarding`].
/// - Redirects and cookies of the upstream pass as they are: one that is mounted below a prefix has to know
///   it, by `X-Forwarded-Prefix`, say.
/// - When the client leaves, the upstream's connection is closed.
/// - An offer to switch protocols, such as that of a WebSocket, is passed on with what the host can switch
///   to. If the upstream switches, the two streams are joined. The end of one direction is passed on (U10);
///   after that of the upstream the client has 5 seconds for its own. WebSocket over HTTP/2 (RFC 8441)
///   becomes a handshake of HTTP/1.1. If the upstream declines, its response is passed as any other; to a
///   client of HTTP/2 a 2xx is then a 502 (U7). HTTP in another form (`h2c`, `HTTP/2.0`, `TLS/1.0`) is not
///   offered: its requests would pass by the routes in front of the proxy.
/// - A safe request without a body that fails on a connection is sent once more: a connection that was kept
///   may have been closed at that moment (RFC 9110 section 9.2.2).
///
/// | what happens | before the head | after it |
/// |---|---|---|
/// | it cannot be reached within the [`connect_timeout`](Self::connect_timeout); it closes the connection; what it sends is no response | 502 | aborted |
/// | it answers nothing for the [`response_timeout`](Self::response_timeout) | 504 | - |
/// | it switches to a protocol that was not offered | 502 | - |
/// | the client cuts its body short | 400 | - |
/// | an upgraded stream is idle for the [`upgrade_idle_timeout`](Self::upgrade_idle_timeout) | - | both ends aborted |
///
/// The reason of a 502 or 504 is logged at ERROR. It speaks HTTP/1.1 over pooled connections, without TLS, and needs
/// a tokio runtime with I/O and time (L7). A joined stream takes 16 KiB.
///
/// An upstream that compares `Origin` with its own host, as `gateway_util::websocket` does, must know the
/// client's host: from `X-Forwarded-Host`, by `ProxyFix`, say.
///
/// When the server shuts down, joined streams continue until they end or the server's deadline cuts them
/// (U12): the proxy cannot say goodbye in a protocol that it does not know.
///
/// # Examples
///
/// ```no_run
/// use gateway_core::view;
/// use gateway_proxy::{Forwarding, ReverseProxy};
/// use gateway_util::Mount;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let old = ReverseProxy::new("http://127.0.0.1:9000/app")?.forwarding(Forwarding::Append);
/// let app = Mount::new().at("/new", view(async |_| "moved")).fallback(old);
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ReverseProxy {
    connector: HttpConnector,
    client: Client<HttpConnector, Watched>,
    authority: Authority,
    /// Without a slash at its end.
    base: String,
    forwarding: Forwarding,
    response_timeout: Duration,
    upgrade_idle_timeout: Option<Duration>,
}

impl ReverseProxy {
    /// The upstream at a URL such as `http://127.0.0.1:9000`, perhaps with a path, behind which every
    /// request's is put.
    ///
    /// # Errors
    ///
    /// When it is no such URL, has a query, or another scheme than `http`.
    pub fn new(upstream: &str) -> Result<Self, UpstreamError> {
        let uri: Uri = upstream.parse().map_err(|_| UpstreamError::new(upstream))?;
        let authority = match (uri.scheme_str(), uri.authority(), uri.query()) {
            (Some("http"), Some(authority), None) if !authority.as_str().contains('@') => {
                authority.clone()
            }
            _ => return Err(UpstreamError::new(upstream)),
        };
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        Ok(Self {
            client: client(connector.clone()),
            connector,
            authority,
            base: uri.path().trim_end_matches('/').to_owned(),
            forwarding: Forwarding::default(),
            response_timeout: Duration::from_secs(60),
            upgrade_idle_timeout: Some(Duration::from_secs(3600)),
        })
    }

    /// Says what becomes of the fields that tell of the client.
    #[must_use]
    pub fn forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = forwarding;
        self
    }

    /// Bounds how long a connection may take to be made. By default 5 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connector.set_connect_timeout(Some(timeout));
        self.client = client(self.connector.clone());
        self
    }

    /// Bounds how long the upstream may take for the head of its response. By default 60 seconds. A wait
    /// for the client's body does not count.
    #[must_use]
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// Bounds how long a stream after a switch of protocols may be without a byte in either direction. By
    /// default one hour, and `None` for no limit. Most protocols send something more often: browsers and
    /// libraries answer the pings of a WebSocket.
    #[must_use]
    pub fn upgrade_idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.upgrade_idle_timeout = timeout;
        self
    }

    /// Joins the client's stream with that of an upstream that has switched.
    fn switch(
        &self,
        offer: Option<&Offer>,
        mut response: Response<Incoming>,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let upgraded = hyper::upgrade::on(&mut response);
        let mut headers = std::mem::take(response.headers_mut());
        let Some(offer) = offer else {
            let reason = "the upstream switches its protocol, and nothing was offered";
            return Err(HttpError::bad_gateway().with_source(reason).into());
        };
        let protocol = offer.chosen(&mut headers)?;
        strip_connection_fields(&mut headers);
        start_response.start(StatusCode::SWITCHING_PROTOCOLS, headers)?;
        let idle = self.upgrade_idle_timeout;
        Ok(Body::upgrade(protocol, move |client| {
            tunnel::join(client, upgraded, idle)
        }))
    }

    /// The headers of the upstream's request.
    fn headers(
        &self,
        environ: &Environ,
        offer: Option<&Offer>,
        is_chunked: bool,
    ) -> Result<HeaderMap, Error> {
        let mut headers = environ.headers().clone();
        // First, because the client's `Connection` may name the fields that the proxy adds.
        strip_connection_fields(&mut headers);
        self.forwarding.apply(environ, &mut headers);
        if headers.get_all(header::COOKIE).iter().nth(1).is_some()
            && let Some(joined) = environ.header("cookie")
        {
            // RFC 9113 section 8.2.3: HTTP/1.1 has one line.
            headers.insert(header::COOKIE, HeaderValue::from_bytes(joined.as_bytes())?);
        }
        // The host has answered the one; the upstream's own is made of the URL.
        headers.remove(header::EXPECT);
        headers.remove(header::HOST);
        if let Some(offer) = offer {
            offer.apply(&mut headers)?;
        }
        if is_chunked {
            // hyper's client sends no body of unknown length with a GET unless it is told to.
            let chunked = HeaderValue::from_static("chunked");
            headers.insert(header::TRANSFER_ENCODING, chunked);
        }
        Ok(headers)
    }

    fn uri(&self, environ: &Environ) -> Result<Uri, HttpError> {
        let mut target = format!("{}{}", self.base, environ.raw_path_info());
        if environ.request_uri() == "*" {
            target = "*".to_owned();
        } else if target.is_empty() {
            target.push('/');
        }
        if let Some(query) = environ.uri().query() {
            target.push('?');
            target.push_str(query);
        }
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        let target = PathAndQuery::try_from(target);
        parts.path_and_query = Some(target.map_err(bad_request)?);
        Uri::from_parts(parts).map_err(bad_request)
    }
}

fn bad_request(error: impl Into<gateway_core::BoxError>) -> HttpError {
    HttpError::bad_request().with_source(error)
}

fn client(connector: HttpConnector) -> Client<HttpConnector, Watched> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}

impl App for ReverseProxy {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let uri = self.uri(&environ)?;
        let offer = Offer::of(&environ);
        let input = environ.take_input();
        let is_chunked = !input.is_end_stream() && input.size_hint().exact().is_none();
        // RFC 9110 section 9.2.2: a kept connection may have been closed as the request was sent.
        let mut is_repeatable = environ.request_method().is_safe() && input.is_end_stream();
        let watch = Watch::new();
        let mut input = Some(input);
        let answered = loop {
            let body = Watched::new(input.take().unwrap_or_default(), watch.clone());
            let mut request = Request::new(body);
            *request.method_mut() = environ.request_method().clone();
            *request.uri_mut() = uri.clone();
            *request.version_mut() = Version::HTTP_11;
            *request.headers_mut() = self.headers(&environ, offer.as_ref(), is_chunked)?;
            let answered = tokio::select! {
                biased;
                answered = self.client.request(request) => answered,
                () = watch.expires(self.response_timeout) => {
                    let error = HttpError::gateway_timeout();
                    return Err(error.with_source("the upstream does not answer").into());
                }
            };
            match answered {
                Err(error) if is_repeatable && !error.is_connect() => is_repeatable = false,
                answered => break answered,
            }
        };
        let response = answered.map_err(page)?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(offer.as_ref(), response, start_response);
        }
        let (head, body) = response.into_parts();
        let mut headers = head.headers;
        strip_connection_fields(&mut headers);
        start_response.start(head.status, headers)?;
        // The client sees the head when the upstream has sent it.
        Ok(Body::new(body).commit_early())
    }
}

/// The answer to a request that failed: that of the client's body, or 502.
fn page(error: hyper_util::client::legacy::Error) -> HttpError {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(input) = cause.downcast_ref::<InputError>() {
            return input.clone().into();
        }
        source = cause.source();
    }
    HttpError::bad_gateway().with_source(error)
}

impl fmt::Debug for ReverseProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReverseProxy")
            .field("authority", &self.authority)
            .field("base", &self.base)
            .field("forwarding", &self.forwarding)
            .field("response_timeout", &self.response_timeout)
            .field("upgrade_idle_timeout", &self.upgrade_idle_timeout)
            .finish_non_exhaustive()
    }
}
