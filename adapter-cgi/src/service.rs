//! An app behind a front end: what is the same in each protocol.

mod cgi;
mod fastcgi;
mod packet;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gateway_core::{App, Environ, Gateway, HttpError, Input, Observer, Outgoing};
use http::Response;

use crate::front_end::FrontEnd;
use crate::limits::Limits;
use crate::protocol::CgiProtocol;
use crate::request::{Head, Origin, Refused};
use crate::times::Times;
use crate::variables::Variables;

pub use cgi::CgiError;

/// Fills an environ with what the front end says.
type With = dyn Fn(&Variables, &mut Environ) + Send + Sync;

/// An app behind a front end, in any of the protocols.
///
/// The settings are about what the front end sends. Clones share the app.
///
/// # Limits
///
/// | setting | default | what it bounds | what a client sees |
/// |---|---|---|---|
/// | [`max_head_bytes`](Self::max_head_bytes) | 128 KiB | the names and values of a request, as they are encoded (64 KiB at most in the uwsgi protocol) | 431 |
/// | [`max_variables`](Self::max_variables) | 1000 | the number of variables | 431 |
///
/// A connection buffers at most one FastCGI record (64 KiB), and one chunk that the app has not taken
/// yet.
///
/// # Examples
///
/// A request as SCGI has it, and its answer, over a pair of streams:
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use adapter_cgi::{CgiProtocol, CgiService};
/// use gateway_core::{Environ, view};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// let service = CgiService::new(view(async |environ: Environ| environ.path_info().to_string()));
/// let (mut front_end, connection) = tokio::io::duplex(1024);
/// front_end
///     .write_all(
///         b"71:CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0REQUEST_URI\0/deep%20thought\0,",
///     )
///     .await?;
/// service.serve_connection(CgiProtocol::Scgi, connection).await?;
/// let mut answer = String::new();
/// front_end.read_to_string(&mut answer).await?;
/// assert!(answer.starts_with("Status: 200 OK\r\n"));
/// assert!(answer.ends_with("\r\n\r\n/deep thought"));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct CgiService<A> {
    gateway: Gateway<A>,
    front_end: FrontEnd,
    mount: Option<Arc<str>>,
    limits: Limits,
    times: Times,
    with: Option<Arc<With>>,
}

impl<A: App> CgiService<A> {
    /// A service for an app.
    pub fn new(app: A) -> Self {
        Self::from_gateway(Gateway::new(app))
    }

    /// A service for an app in a gateway that was made before.
    pub fn from_gateway(gateway: Gateway<A>) -> Self {
        Self {
            gateway,
            front_end: FrontEnd::default(),
            mount: None,
            limits: Limits::default(),
            times: Times::default(),
            with: None,
        }
    }

    /// Says which server is in front: its SCRIPT_NAME may mean something else than that of others. See
    /// [`FrontEnd`].
    #[must_use]
    pub fn front_end(mut self, front_end: FrontEnd) -> Self {
        self.front_end = front_end;
        self
    }

    /// Says where the app is mounted, whatever the front end says: SCRIPT_NAME is this prefix where the
    /// client's path begins with it, and empty where it does not.
    #[must_use]
    pub fn mounted_at(mut self, prefix: &str) -> Self {
        self.mount = Some(prefix.into());
        self
    }

    /// Bounds the bytes of a request's variables. By default 128 KiB.
    #[must_use]
    pub fn max_head_bytes(mut self, bytes: usize) -> Self {
        self.limits.head_bytes = bytes;
        self
    }

    /// Bounds the number of a request's variables. By default 1000.
    #[must_use]
    pub fn max_variables(mut self, variables: usize) -> Self {
        self.limits.variables = variables;
        self
    }

    /// Fills the environ with what the front end says: `fill` is called with its variables and the
    /// environ, before the app is. It replaces a function given before.
    ///
    /// Variables that are not the request's own are in the environ without it, by their names; in CGI
    /// those of RFC 3875 and of Apache only. A panic in it is answered with 500, and the app is not
    /// called (B9).
    ///
    /// See [`Variables::get`] for an example.
    #[must_use]
    pub fn with<F>(mut self, fill: F) -> Self
    where
        F: Fn(&Variables, &mut Environ) + Send + Sync + 'static,
    {
        self.with = Some(Arc::new(fill));
        self
    }

    /// Registers an observer that is told how each exchange ended, also those that are refused before
    /// the app. If there is one already, this call has no effect: a gateway has one observer. A middleware adds
    /// more by [`Environ::observe`].
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.gateway = self.gateway.with_observer(observer);
        self
    }

    /// The gateway, for the server that runs the service.
    #[cfg(feature = "server")]
    pub(crate) fn gateway(&self) -> &Gateway<A> {
        &self.gateway
    }

    /// The limits of time on the body of a request, and on what comes before it.
    pub(crate) fn times(&self) -> Times {
        self.times
    }

    /// Bounds how long a front end may keep a connection waiting.
    #[cfg(feature = "server")]
    pub(crate) fn with_times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Reads the head of a request.
    fn head(&self, variables: &Variables, origin: Origin) -> Result<Head, Refused> {
        Head::read(variables, self.front_end, origin)
    }

    /// Answers a request. The variables are those that the head was read from.
    pub(crate) async fn answer(
        &self,
        request: Result<(Head, Variables), Refused>,
        input: Input,
    ) -> Response<Outgoing> {
        let (head, variables) = match request {
            Ok(request) => request,
            Err(refused) => return refused.answer(&self.gateway),
        };
        let mut environ = head.into_environ(&self.gateway, self.mount.as_deref(), input);
        if let Some(with) = &self.with
            && !self.gateway.refuses(&environ)
        {
            fill(&**with, &variables, &mut environ);
        }
        drop(variables);
        self.gateway.handle(environ).await
    }
}

/// Runs the user's function, whose panic is a 500 (B9).
fn fill(with: &With, variables: &Variables, environ: &mut Environ) {
    if catch_unwind(AssertUnwindSafe(|| with(variables, environ))).is_err() {
        let error = HttpError::internal_server_error();
        environ.refuse(error.with_source("the function given to `with` panicked"));
    }
}

impl<A: App> CgiService<A> {
    /// Serves one connection of a front end to its end.
    ///
    /// The response ends with the connection in SCGI and uwsgi; in FastCGI where the front end does not
    /// keep the connection. There is no limit of time here: those of `CgiServer` are its own.
    ///
    /// # Errors
    ///
    /// When the connection fails, or what comes is not of the protocol. With
    /// [`ConnectionAborted`](std::io::ErrorKind::ConnectionAborted) when a response was aborted (B8): the
    /// connection should then be reset, not closed, as `CgiServer` does over TCP.
    pub async fn serve_connection<S>(&self, protocol: CgiProtocol, stream: S) -> std::io::Result<()>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin,
    {
        self.serve_until(protocol, stream, std::future::pending())
            .await
    }

    /// As [`serve_connection`](Self::serve_connection), up to the end that `ending` asks for: between
    /// requests at once, otherwise behind the request that runs.
    pub(crate) async fn serve_until<S>(
        &self,
        protocol: CgiProtocol,
        stream: S,
        ending: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin,
    {
        match protocol {
            CgiProtocol::FastCgi => self.serve_fastcgi(stream, ending).await,
            CgiProtocol::Scgi | CgiProtocol::Uwsgi => {
                self.serve_packet(protocol, stream, ending).await
            }
        }
    }
}

/// B8: the end of the connection has to be seen as an error.
fn aborted() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::ConnectionAborted,
        "a response was aborted",
    )
}

impl<A> Clone for CgiService<A> {
    fn clone(&self) -> Self {
        Self {
            gateway: self.gateway.clone(),
            front_end: self.front_end,
            mount: self.mount.clone(),
            limits: self.limits,
            times: self.times,
            with: self.with.clone(),
        }
    }
}

impl<A> fmt::Debug for CgiService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CgiService")
            .field("gateway", &self.gateway)
            .field("front_end", &self.front_end)
            .field("mounted_at", &self.mount)
            .field("limits", &self.limits)
            .field("times", &self.times)
            .field("with", &self.with.is_some())
            .finish()
    }
}
