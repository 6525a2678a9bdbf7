//! The app.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use gateway_core::{
    App, Body, Environ, Error, HttpError, InputError, StartResponse, strip_connection_fields,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Uri, Version, header};
use http_body::Body as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::UpstreamError;
use crate::forwarding::Forwarding;
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
/// - A safe request without a body that fails on a connection is sent once more: a connection that was kept
///   may have been closed at that moment (RFC 9110 section 9.2.2).
///
/// | what happens | before the head | after it |
/// |---|---|---|
/// | it cannot be reached within the [`connect_timeout`](Self::connect_timeout); it closes the connection; what it sends is no response | 502 | aborted |
/// | it answers nothing for the [`response_timeout`](Self::response_timeout) | 504 | - |
/// | the client cuts its body short | 400 | - |
///
/// The reason of a 502 or 504 is logged. It speaks HTTP/1.1 over pooled connections, without TLS, offers
/// no upgrades, and needs a tokio runtime with I/O and time (L7).
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
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let uri = self.uri(&environ)?;
        let mut headers = environ.headers().clone();
        self.forwarding.apply(&environ, &mut headers);
        strip_connection_fields(&mut headers);
        // The host has answered the one; the upstream's own is made of the URL.
        headers.remove(header::EXPECT);
        headers.remove(header::HOST);
        let (parts, input) = environ.into_parts();
        if !input.is_end_stream() && input.size_hint().exact().is_none() {
            // hyper's client sends no body of unknown length with a GET unless it is told to.
            headers.insert(
                header::TRANSFER_ENCODING,
                HeaderValue::from_static("chunked"),
            );
        }
        // RFC 9110 section 9.2.2: a kept connection may have been closed as the request was sent.
        let mut is_repeatable = parts.method.is_safe() && input.is_end_stream();
        let watch = Watch::new();
        let mut input = Some(input);
        let answered = loop {
            let body = Watched::new(input.take().unwrap_or_default(), watch.clone());
            let mut request = Request::new(body);
            *request.method_mut() = parts.method.clone();
            *request.uri_mut() = uri.clone();
            *request.version_mut() = Version::HTTP_11;
            *request.headers_mut() = match is_repeatable {
                true => headers.clone(),
                false => std::mem::take(&mut headers),
            };
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
        let (head, body) = answered.map_err(page)?.into_parts();
        if head.status.is_informational() {
            let error = HttpError::bad_gateway();
            return Err(error
                .with_source("the upstream changes its protocol")
                .into());
        }
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
            .finish_non_exhaustive()
    }
}
