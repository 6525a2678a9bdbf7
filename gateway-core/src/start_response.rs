//! `StartResponse`: the handle with which an app sets the head of its response.

mod hook;

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap, StatusCode};

use crate::body::Body;
use crate::error::Error;
use crate::exchange::{Attempt, Exchange, Head};
use crate::headers::{self, AppendHeaders, strip_connection_fields};
use crate::response::{Response, closes_connection};
use crate::start_error::StartError;
use crate::status::IntoStatus;

use hook::Hook;

/// Starts the response: WSGI's `start_response`.
///
/// It is a handle on the exchange and cheap to clone. It may be moved into the body, into another
/// task or to a blocking thread: a start during the first poll of the body is early enough (S4).
///
/// # Contract
///
/// - An app starts its response exactly once (S1). That sends nothing: the head is sent with the
///   first non-empty chunk, at the end of the body, or after a [`commit_early`](Self::commit_early)
///   (B1).
/// - Status and headers are checked at the call, and the error is returned there (S5 to S9). If an
///   app ignores it, the response is a 500.
/// - Until the head is sent, [`restart`](Self::restart) replaces it (S2).
///
/// # Examples
///
/// ```
/// use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
///
/// async fn hello(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
///     start_response.start(200, [("content-type", "text/plain")])?;
///     Ok(Body::from("Hello, World!"))
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let environ = Environ::from_request(http::Request::get("/").body(())?);
/// let response = hello.respond(environ).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.into_body().bytes().await?, "Hello, World!");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct StartResponse {
    exchange: Arc<Exchange>,
    hook: Option<Arc<Hook>>,
}

impl StartResponse {
    pub(crate) fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            hook: None,
        }
    }

    /// Starts the response.
    ///
    /// # Errors
    ///
    /// - The response was started before, or its start was refused before (S1). After commit the
    ///   response is aborted.
    /// - The status is not one of a final response (S5).
    /// - A header is malformed (S6), belongs to the connection (S7), or is a contradictory
    ///   Content-Length (S9).
    ///
    /// Nothing of a refused head is sent.
    #[inline]
    pub fn start(
        &self,
        status: impl IntoStatus,
        headers: impl AppendHeaders,
    ) -> Result<(), StartError> {
        let attempt = self.exchange.start()?;
        self.make(attempt, status, headers)
    }

    /// Replaces the head with another, because of `error`: PEP 3333's `exc_info`.
    ///
    /// It may be called whether or not the response was started, and clears a refused start.
    /// `error` is for the caller's log; the gateway returns it if it is too late.
    ///
    /// # Errors
    ///
    /// - After commit, `error` is returned, and the response is aborted (S2).
    /// - The new head is refused, as by [`start`](Self::start).
    pub fn restart(
        &self,
        status: impl IntoStatus,
        headers: impl AppendHeaders,
        error: impl Into<Error>,
    ) -> Result<(), Error> {
        let Some(attempt) = self.exchange.restart() else {
            return Err(error.into());
        };
        Ok(self.make(attempt, status, headers)?)
    }

    /// Starts with the head of a response and gives its body: `return start_response.send(response)`.
    /// The response's extensions pass, as by [`insert_extension`](Self::insert_extension).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn send(&self, mut response: Response) -> Result<Body, Error> {
        // S7: a component may have made it for a server that acts on these fields.
        if strip_connection_fields(response.headers_mut()) {
            self.close_connection();
        }
        self.send_own(response)
    }

    /// As [`send`](Self::send), for the return value of a view. Its conversion has stripped a
    /// foreign response in it already, and what a tuple adds is the app's own head (N3, S7).
    pub(crate) fn send_own(&self, response: Response) -> Result<Body, Error> {
        let (parts, body) = response.into_parts();
        let attempt = self.exchange.start()?;
        let mut head = Head::new(parts.status, parts.headers);
        let checked = match head.status.into_status() {
            Ok(_) => self.finish(&mut head),
            Err(error) => Err(error.into()),
        };
        attempt.end(head, checked)?;
        self.tell(closes_connection(&parts.extensions), parts.extensions);
        Ok(body)
    }

    /// Replaces the head with that of a response, because of `error`, and returns its body. It is
    /// to [`send`](Self::send) what [`restart`](Self::restart) is to [`start`](Self::start). For
    /// middlewares that answer an error with a response.
    ///
    /// # Errors
    ///
    /// As [`restart`](Self::restart).
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{
    ///     App, AppExt, Body, Environ, Error, StartResponse, TryIntoResponse, app_fn,
    /// };
    ///
    /// struct Apologise<A>(A);
    ///
    /// impl<A: App> App for Apologise<A> {
    ///     async fn call(&self, environ: Environ, start_response: StartResponse)
    ///         -> Result<Body, Error>
    ///     {
    ///         match self.0.call(environ, start_response.clone()).await {
    ///             Ok(body) => Ok(body),
    ///             Err(error) => start_response.resend(("sorry", 503).try_into_response()?, error),
    ///         }
    ///     }
    ///
    ///     gateway_core::forward_lifespan!(0);
    /// }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    ///
    /// let app = Apologise(app_fn(async |_, _| Err(Error::msg("the disk is full"))));
    /// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.status(), 503);
    /// # Ok::<(), Error>(())
    /// # }).unwrap();
    /// ```
    pub fn resend(&self, response: Response, error: impl Into<Error>) -> Result<Body, Error> {
        let (mut parts, body) = response.into_parts();
        let closes =
            closes_connection(&parts.extensions) | strip_connection_fields(&mut parts.headers);
        self.restart(parts.status, parts.headers, error)?;
        self.tell(closes, parts.extensions);
        Ok(body)
    }

    /// Passes on what a response has besides its head and its body.
    fn tell(&self, closes: bool, extensions: Extensions) {
        if closes {
            self.close_connection();
        }
        self.exchange.extend_extensions(extensions);
    }

    #[cfg(feature = "lint")]
    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Makes the head of a start or restart.
    #[inline]
    fn make(
        &self,
        attempt: Attempt<'_>,
        status: impl IntoStatus,
        headers: impl AppendHeaders,
    ) -> Result<(), StartError> {
        let mut head = Head::recycled();
        let checked = match write(&mut head, status, headers) {
            Ok(()) => self.finish(&mut head),
            Err(error) => Err(error),
        };
        attempt.end(head, checked)
    }

    /// Runs the hooks and checks the head that they leave (S5 to S9).
    #[inline]
    fn finish(&self, head: &mut Head) -> Result<(), StartError> {
        if let Some(hook) = &self.hook {
            hook.run(&mut head.status, &mut head.headers);
            head.status.into_status()?;
        }
        head.declared = headers::check(&mut head.headers)?;
        Ok(())
    }

    /// Sends the head as soon as the body has nothing ready, instead of with its first chunk
    /// (B1): for event streams and long polling.
    ///
    /// It takes effect after the app has returned its body. When the head was sent, an error can no
    /// longer become a 500.
    pub fn commit_early(&self) {
        self.exchange.commit_early();
    }

    /// Aborts the response with an error, if its head was sent, as an error of its body does (B8). It
    /// has no effect before the commit.
    ///
    /// For middlewares with a timer, because a host does not ask a body for its error while the
    /// client does not read. A host that can end the connection learns of the abort at once; the
    /// others see it when the client reads again, or has gone. The error is logged once.
    pub fn abort(&self, error: impl Into<Error>) {
        self.exchange.abort(error.into());
    }

    /// Closes the connection after this response, if the protocol can (HTTP/1). An app
    /// cannot send `Connection` itself (S7). It has no effect after the commit.
    pub fn close_connection(&self) {
        self.exchange.close_connection();
    }

    /// Adds a typed value to the extensions of the response, for the middlewares of a host. It
    /// replaces a value of the same type. Nothing of it is sent.
    ///
    /// The values arrive on hosts that use the response type of `http` (hyper, tower, axum), and in
    /// [`AppExt::respond`](crate::AppExt::respond). The adapters of other hosts document how to
    /// find them. They go with the head that the app starts: the page of an error has none. It has
    /// no effect after the commit.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use gateway_core::{AppExt, Body, Environ, Error, StartResponse};
    ///
    /// #[derive(Clone, Debug, PartialEq)]
    /// struct RowsRead(u64);
    ///
    /// async fn app(_: Environ, start_response: StartResponse) -> Result<Body, Error> {
    ///     start_response.insert_extension(RowsRead(3));
    ///     start_response.start(200, [("content-type", "text/plain")])?;
    ///     Ok(Body::from("three rows"))
    /// }
    ///
    /// let response = app.respond(Environ::from_request(http::Request::new(()))).await?;
    /// assert_eq!(response.extensions().get(), Some(&RowsRead(3)));
    /// # Ok::<(), gateway_core::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn insert_extension<T: Clone + Send + Sync + 'static>(&self, value: T) {
        let mut extensions = Extensions::new();
        extensions.insert(value);
        self.exchange.extend_extensions(extensions);
    }

    /// True if a start was attempted.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.exchange.is_started()
    }

    /// True if the head was sent.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.exchange.is_committed()
    }

    /// A handle whose starts run `hook`: with it a middleware sees and changes the head.
    ///
    /// The hook runs at each start and restart, inside that call and outside any lock. Hooks
    /// closer to the app run first. The head that it leaves is checked like an app's head. It must
    /// not block; a panic in it is a panic of the app.
    ///
    /// If an app fails with an error, no hook runs: the gateway makes the page, outside every
    /// middleware. Headers that such pages need too (CORS, say) are set by a middleware outside
    /// one that answers errors itself, or on the [`HttpError`](crate::HttpError) as it passes.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{App, Body, Environ, Error, StartResponse};
    /// use http::HeaderValue;
    ///
    /// struct PoweredBy<A>(A);
    ///
    /// impl<A: App> App for PoweredBy<A> {
    ///     async fn call(&self, environ: Environ, start_response: StartResponse)
    ///         -> Result<Body, Error>
    ///     {
    ///         let start_response = start_response.wrap(|_status, headers| {
    ///             headers.insert("x-powered-by", HeaderValue::from_static("Rust"));
    ///         });
    ///         self.0.call(environ, start_response).await
    ///     }
    ///
    ///     gateway_core::forward_lifespan!(0);
    /// }
    /// ```
    #[must_use]
    pub fn wrap<F>(&self, hook: F) -> Self
    where
        F: Fn(&mut StatusCode, &mut HeaderMap) + Send + Sync + 'static,
    {
        let hook = Hook::new(self.hook.clone(), hook);
        Self {
            exchange: self.exchange.clone(),
            hook: Some(hook),
        }
    }
}

/// Writes the app's status and headers into a head.
#[inline]
fn write(
    head: &mut Head,
    status: impl IntoStatus,
    headers: impl AppendHeaders,
) -> Result<(), StartError> {
    // The second check is for types of apps.
    head.status = status.into_status()?.into_status()?;
    headers.append_headers(&mut head.headers)?;
    Ok(())
}

impl fmt::Debug for StartResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartResponse")
            .field("is_started", &self.is_started())
            .field("is_committed", &self.is_committed())
            .finish_non_exhaustive()
    }
}
