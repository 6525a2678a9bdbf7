//! `check_middleware`: checks that a middleware passes on everything that it does not change (M1).

mod bodies;
mod check;
mod decode;
mod errors;
mod heads;
mod lifespan;
mod observed;
mod requests;
mod run;
mod upgrades;

use std::time::Duration;

use bytes::Bytes;
use gateway_core::{App, BoxApp};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::report::Report;
use crate::wire::DEFAULT_DEADLINE;

use decode::Decoder;

/// Checks a middleware by M1: each check runs an app alone and in the middleware, and demands that
/// a host sees the same.
///
/// It is for middlewares that change nothing, or nothing of these requests. A
/// [`MiddlewareCheck`] can be told what a middleware adds by its purpose.
///
/// # Examples
///
/// ```
/// use gateway_conformance::check_middleware;
/// use gateway_core::{App, Body, Environ, Error, StartResponse};
///
/// struct Mine<A>(A);
///
/// impl<A: App> App for Mine<A> {
///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
///         let start = start.wrap(|_status, _headers| {});
///         self.0.call(environ, start).await
///     }
///
///     gateway_core::forward_lifespan!(0);
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let report = check_middleware(|app| Mine(app)).await;
/// report.assert_passed();
/// assert_eq!(report.failed(), 0);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn check_middleware<A: App>(wrap: impl Fn(BoxApp) -> A) -> Report {
    MiddlewareCheck::new().run(wrap).await
}

/// [`check_middleware`] for a middleware that needs or adds something.
///
/// # Examples
///
/// ```
/// use gateway_conformance::MiddlewareCheck;
/// use gateway_core::{App, Body, Environ, Error, StartResponse};
/// use http::{HeaderName, HeaderValue};
///
/// struct Stamp<A>(A);
///
/// impl<A: App> App for Stamp<A> {
///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
///         let start = start.wrap(|_, headers| {
///             headers.insert("x-stamp", HeaderValue::from_static("1"));
///         });
///         self.0.call(environ, start).await
///     }
///
///     gateway_core::forward_lifespan!(0);
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let check = MiddlewareCheck::new().adds(HeaderName::from_static("x-stamp"));
/// check.run(|app| Stamp(app)).await.assert_passed();
/// assert!(!gateway_conformance::check_middleware(|app| Stamp(app)).await.has_passed());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a check does nothing until it is run"]
pub struct MiddlewareCheck {
    deadline: Duration,
    sends: Vec<(HeaderName, HeaderValue)>,
    adds: Vec<HeaderName>,
    buffers: bool,
    decoder: Option<Decoder>,
    excuses: Vec<(String, String)>,
}

impl Default for MiddlewareCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl MiddlewareCheck {
    /// A check of a middleware that changes nothing.
    pub fn new() -> Self {
        Self {
            deadline: DEFAULT_DEADLINE,
            sends: Vec::new(),
            adds: Vec::new(),
            buffers: false,
            decoder: None,
            excuses: Vec::new(),
        }
    }

    /// Adds this header to every request, because the middleware needs it.
    pub fn sends(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.sends.push((name, value));
        self
    }

    /// The middleware adds this response header by its purpose. It is not compared.
    pub fn adds(mut self, name: HeaderName) -> Self {
        self.adds.push(name);
        self
    }

    /// The middleware reads whole bodies by its purpose, to sign them, say. One that changes their
    /// bytes needs [`decodes`](Self::decodes) as well.
    ///
    /// Each check compares the joined data of a body, not its chunks, and accepts a length that has
    /// become known. Trailers, callbacks, closing and a declared length are compared as ever. What
    /// no buffering middleware can pass is reported as excused: a body that fails late, because its
    /// error comes before the head, and a body that never ends.
    ///
    /// An early commit, the response to HEAD and a switch of protocols are still checked: a
    /// middleware that buffers passes these on unread (see [`Body::buffer`]).
    ///
    /// [`Body::buffer`]: gateway_core::Body::buffer
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_conformance::MiddlewareCheck;
    /// use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
    /// use http::Method;
    ///
    /// struct Buffers<A>(A);
    ///
    /// impl<A: App> App for Buffers<A> {
    ///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
    ///         if environ.request_method() == Method::HEAD {
    ///             return self.0.call(environ, start).await;
    ///         }
    ///         let (parts, mut body) = self.0.respond(environ).await?.into_parts();
    ///         if !body.commits_early() && body.upgrade_protocol().is_none() {
    ///             body = body.buffer(1 << 20).await?;
    ///         }
    ///         start.send(http::Response::from_parts(parts, body))
    ///     }
    ///
    ///     gateway_core::forward_lifespan!(0);
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// MiddlewareCheck::new().buffers().run(Buffers).await.assert_passed();
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn buffers(mut self) -> Self {
        self.buffers = true;
        self
    }

    /// The middleware changes the bytes of bodies by its purpose, to compress or to translate them,
    /// say. `decode` undoes that: it is given the headers and the joined data of a response, and
    /// gives the data as the app has sent it. It is not called for a body without data, nor for one
    /// that was aborted or not read to its end. It must know changed bytes by the headers, because
    /// some responses pass unchanged, such as the gateway's pages of errors.
    ///
    /// The decoded data is compared. The length must be that of the bytes which are sent, or
    /// unknown, also of HEAD. What an app declares and breaks is reported as excused, because its
    /// length is that of other bytes. Trailers, callbacks and closing are compared as ever. A middleware
    /// that has changed no body in any check is a problem of the report: a text of 16 KiB is among
    /// the bodies.
    ///
    /// A middleware that also reads bodies whole needs [`buffers`](Self::buffers), too. Say with
    /// [`adds`](Self::adds) what headers it adds, such as `Content-Encoding` and `Vary`.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use gateway_conformance::MiddlewareCheck;
    /// use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
    /// use http::{HeaderName, HeaderValue, Method};
    ///
    /// struct Reverses<A>(A);
    ///
    /// impl<A: App> App for Reverses<A> {
    ///     async fn call(&self, environ: Environ, start: StartResponse) -> Result<Body, Error> {
    ///         if environ.request_method() == Method::HEAD {
    ///             return self.0.call(environ, start).await;
    ///         }
    ///         let (mut parts, mut body) = self.0.respond(environ).await?.into_parts();
    ///         if !body.commits_early() && body.upgrade_protocol().is_none() {
    ///             let buffered = body.buffer(1 << 20).await?;
    ///             let bytes = buffered.buffered().unwrap_or_default();
    ///             body = buffered.with_bytes(reversed(&bytes));
    ///             parts.headers.insert(REVERSED, HeaderValue::from_static("yes"));
    ///         }
    ///         start.send(http::Response::from_parts(parts, body))
    ///     }
    ///
    ///     gateway_core::forward_lifespan!(0);
    /// }
    ///
    /// const REVERSED: HeaderName = HeaderName::from_static("x-reversed");
    ///
    /// fn reversed(bytes: &[u8]) -> Bytes {
    ///     bytes.iter().rev().copied().collect()
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let check = MiddlewareCheck::new().buffers().adds(REVERSED).decodes(|headers, data| {
    ///     if headers.contains_key(REVERSED) { reversed(&data) } else { data }
    /// });
    /// check.run(Reverses).await.assert_passed();
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn decodes(
        mut self,
        decode: impl Fn(&HeaderMap, Bytes) -> Bytes + Send + Sync + 'static,
    ) -> Self {
        self.decoder = Some(Decoder::new(decode));
        self
    }

    /// Excuses the check of this name, because it fails by the middleware's purpose. It runs
    /// nevertheless: an excuse that names no check, or whose check passes, is a problem of the
    /// report.
    ///
    /// A middleware that reads whole bodies needs no excuses: see [`buffers`](Self::buffers).
    pub fn excuses(mut self, name: impl Into<String>, reason: impl Into<String>) -> Self {
        self.excuses.push((name.into(), reason.into()));
        self
    }

    /// Sets how long one check may take; [`DEFAULT_DEADLINE`] by default. A middleware that neither
    /// ends nor waits is then given up, and its thread is left behind.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}
