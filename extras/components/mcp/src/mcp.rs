//! `Mcp`: the streamable HTTP transport of `rmcp` as an app.

use std::any::type_name;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::ended::Ended;

/// An MCP server: the streamable HTTP transport of `rmcp`, at the place where it is mounted.
///
/// # Contract
///
/// - It has one endpoint, where PATH_INFO is empty or `/`. Every other path below is a 404.
/// - Methods, sessions, protocol versions, resumption by `Last-Event-ID`, the limit of a message and
///   the checks of `Host` and `Origin` are those of `rmcp`, as its `StreamableHttpServerConfig` says.
///   By default it accepts only loopback hosts, and any origin. The host is the one that the client
///   named (E12), where `rmcp` alone believes a `Host` that contradicts the target.
/// - Requests of one session may come over different connections, and on different threads of the
///   server. One `Mcp` has all sessions: share it between an actix-web server's workers by an `Arc`.
/// - The head of an event stream is sent at once (B1), and each event when it is made.
/// - Streams that have no end of their own, those of GET and of `subscriptions/listen`, end when the
///   server begins to shut down (L4), complete, so that they hold no shutdown. A call in flight may
///   end.
/// - The shutdown of the app (L10) cancels the token of the configuration, and with it all sessions.
///   From then on, `rmcp` accepts no request.
/// - It needs a tokio runtime with timers (L7): sessions are tasks. They are those of the runtime in
///   which the app was [started](App::startup). Where nobody starts it, they are those of the thread
///   that took the first request of the session: a worker of actix-web ends them when it is idle at
///   the shutdown, whatever the others still do. `gateway_core::lifespan::run` starts the app.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use gateway_core::{AppExt, Environ};
/// use gateway_mcp::Mcp;
/// use rmcp::ServerHandler;
/// use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
///
/// #[derive(Clone)]
/// struct Tools;
///
/// impl ServerHandler for Tools {}
///
/// let config = StreamableHttpServerConfig::default().with_allowed_hosts(["mcp.example"]);
/// let app = Mcp::new(|| Ok(Tools), config);
///
/// let request = http::Request::get("/").header("host", "evil.example").body(())?;
/// let response = app.respond(Environ::from_request(request)).await?;
/// assert_eq!(response.status(), 403);
/// # Ok::<(), gateway_core::BoxError>(())
/// # })?;
/// # Ok::<(), gateway_core::BoxError>(())
/// ```
pub struct Mcp<S, M = LocalSessionManager> {
    service: StreamableHttpService<S, M>,
    streams: CancellationToken,
    /// Where the app was started.
    runtime: Mutex<Option<Handle>>,
}

impl<S: ServerHandler> Mcp<S> {
    /// A server whose sessions are in this process. `handler` makes the handler of each session.
    pub fn new<F>(handler: F, config: StreamableHttpServerConfig) -> Self
    where
        F: Fn() -> io::Result<S> + Send + Sync + 'static,
    {
        Self::with_sessions(handler, Arc::default(), config)
    }
}

impl<S, M> Mcp<S, M>
where
    S: ServerHandler,
    M: SessionManager,
{
    /// A server with a session manager of its own.
    pub fn with_sessions<F>(
        handler: F,
        sessions: Arc<M>,
        config: StreamableHttpServerConfig,
    ) -> Self
    where
        F: Fn() -> io::Result<S> + Send + Sync + 'static,
    {
        let streams = config.cancellation_token.clone();
        let service = StreamableHttpService::new(handler, sessions, config);
        Self {
            service,
            streams,
            runtime: Mutex::default(),
        }
    }
}

impl<S, M> Mcp<S, M> {
    fn runtime(&self) -> MutexGuard<'_, Option<Handle>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, M> App for Mcp<S, M>
where
    S: ServerHandler,
    M: SessionManager,
{
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        if !matches!(environ.raw_path_info(), "" | "/") {
            return Err(HttpError::not_found().into());
        }
        let is_endless = is_endless(environ.request_method(), environ.headers());
        let closing = environ.closing();
        // E12: `rmcp` looks at the header alone, and a target that names a host takes precedence.
        let host = environ
            .host()
            .and_then(|host| HeaderValue::from_str(&host).ok());
        if let Some(host) = host {
            environ.headers_mut().insert(HOST, host);
        }
        let (parts, input) = environ.into_parts();
        let request = Request::from_parts(parts, input);
        let runtime = self.runtime().clone();
        let mut handling = pin!(self.service.handle(request));
        let handling = poll_fn(|cx| {
            let _entered = runtime.as_ref().map(Handle::enter);
            handling.as_mut().poll(cx)
        });
        let response = handling.await;
        start_response.send(response.map(|body| {
            let body = if is_endless {
                Body::new(Ended::by(closing, body))
            } else {
                Body::new(body)
            };
            // B1: an event stream has a head before it has an event.
            body.commit_early()
        }))
    }

    async fn startup(&self) -> Result<(), Error> {
        *self.runtime() = Some(Handle::try_current()?);
        Ok(())
    }

    async fn shutdown(&self) -> Result<(), Error> {
        self.streams.cancel();
        Ok(())
    }
}

/// True if the response may be a stream without an end of its own.
fn is_endless(method: &Method, headers: &HeaderMap) -> bool {
    // A standard header of MCP since 2026-07-28: `rmcp` refuses a call that contradicts it.
    let called = headers.get("mcp-method");
    *method == Method::GET || called.is_some_and(|called| called == "subscriptions/listen")
}

impl<S, M> fmt::Debug for Mcp<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mcp")
            .field("handler", &type_name::<S>())
            .field("sessions", &type_name::<M>())
            .finish_non_exhaustive()
    }
}
