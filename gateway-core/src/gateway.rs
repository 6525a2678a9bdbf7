//! The driver: turns an app and an environ into a response that is right on every wire.

mod bodyless;
mod catch_unwind;
mod facts;
mod failure;
mod fault;
mod finish;
mod guard;
mod outgoing;
mod peek;
mod reply;
mod run;
mod source;
mod streaming;

use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method, Version, request};

use crate::app::App;
use crate::environ::{Environ, HeadSource};
use crate::exchange::Pool;
use crate::http_error::HttpError;
use crate::input::Input;

pub(crate) use facts::Facts;
use guard::{Claimed, Guard};
pub use outgoing::Outgoing;
pub use reply::reply;
pub(crate) use run::run;

/// Runs an app: the gateway's side of the interface, the same in every adapter.
///
/// It alone knows when to commit, what HEAD, 204 and 304 mean, how lengths are kept, and what an
/// error or a panic becomes. An adapter makes the environ from its host's request, calls
/// [`handle`](Self::handle), and gives the response to its host.
///
/// Clones share the app and a pool of recycled buffers.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Body, Gateway, Input, view};
///
/// let gateway = Gateway::new(view(async |_| ("not sent", 204)));
/// let (parts, ()) = http::Request::get("/").body(())?.into_parts();
/// let environ = gateway.environ(parts, Input::empty());
/// let response = gateway.handle(environ).await;
/// assert_eq!(response.status(), 204);
/// assert!(Body::new(response.into_body()).bytes().await?.is_empty());
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub struct Gateway<A> {
    shared: Arc<Shared<A>>,
}

struct Shared<A> {
    app: A,
    pool: Arc<Pool>,
}

impl<A: App> Gateway<A> {
    /// A gateway for an app.
    pub fn new(app: A) -> Self {
        Self {
            shared: Arc::new(Shared {
                app,
                pool: Arc::default(),
            }),
        }
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &A {
        &self.shared.app
    }

    /// Makes the environ of a request, in recycled memory. What else the host knows is set on it:
    /// [`set_connection`](Environ::set_connection), [`set_script_name_len`](Environ::set_script_name_len),
    /// [`set_head_source`](Environ::set_head_source).
    #[inline]
    pub fn environ(&self, parts: request::Parts, input: Input) -> Environ {
        let (exchange, memory) = self.shared.pool.take();
        Environ::new(memory, Some(exchange), parts, input)
    }

    /// Makes the environ of a request whose head a host lends, in recycled memory: nothing is
    /// converted that the app does not ask for. The source must have a
    /// [`target`](HeadSource::target); without one the path is `/`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::Arc;
    /// use gateway_core::{Gateway, HeadSource, Input, view};
    /// use http::{Method, Version};
    ///
    /// struct Head;
    ///
    /// impl HeadSource for Head {
    ///     fn target(&self) -> Option<&str> {
    ///         Some("/a%20b?x=1")
    ///     }
    ///     fn lines<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
    ///         if name.eq_ignore_ascii_case("host") {
    ///             visit(b"a.example");
    ///         }
    ///     }
    ///     fn for_each(&self, visit: &mut dyn FnMut(&str, &[u8])) {
    ///         visit("host", b"a.example");
    ///     }
    /// }
    ///
    /// let gateway = Gateway::new(view(async |_| "Hello!"));
    /// let head = (Method::GET, Version::HTTP_11);
    /// let environ = gateway.lend(head, Arc::new(Head), Input::empty());
    /// assert_eq!(environ.path_info(), "/a b");
    /// assert_eq!(environ.query_string(), "x=1");
    /// assert_eq!(environ.server_name(), "a.example");
    /// assert_eq!(environ.uri().path(), "/a%20b");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn lend(
        &self,
        head: (Method, Version),
        source: Arc<dyn HeadSource>,
        input: Input,
    ) -> Environ {
        let (exchange, memory) = self.shared.pool.take();
        Environ::lent(memory, exchange, head, source, input)
    }

    /// Gives the header map of a response back, for hosts that copied what was in it: a later
    /// response is made in it.
    #[inline]
    pub fn recycle(&self, headers: HeaderMap) {
        self.shared.pool.put_headers(headers);
    }

    /// Answers a request. There is always an answer; when the future is dropped, so are the app's
    /// future and body.
    ///
    /// CONNECT is answered with 501 and does not reach the app (E14).
    #[inline]
    pub fn handle(
        &self,
        mut environ: Environ,
    ) -> impl Future<Output = http::Response<Outgoing>> + Send + use<A> {
        let shared = self.shared.clone();
        let claimed = Claimed::new(environ.gateway_exchange());
        async move {
            let guard = Guard::new(claimed, &shared.pool);
            drive(&shared.app, guard, environ).await
        }
    }

    /// Answers a request that must not reach the app, for what its host's protocol makes of it: a
    /// head that is malformed, say. The answer is what [`handle`](Self::handle) would give if the
    /// app failed with `error`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use gateway_core::{Gateway, HttpError, Input, view};
    ///
    /// let gateway = Gateway::new(view(async |_| "Hello!"));
    /// let (parts, ()) = http::Request::get("/").body(())?.into_parts();
    /// let environ = gateway.environ(parts, Input::empty());
    /// assert_eq!(gateway.refuse(environ, HttpError::bad_request()).status(), 400);
    /// # Ok(())
    /// # }
    /// ```
    pub fn refuse(&self, mut environ: Environ, error: HttpError) -> http::Response<Outgoing> {
        let facts = Facts::of(&environ);
        let claimed = Claimed::new(environ.gateway_exchange());
        let guard = Guard::new(claimed, &self.shared.pool);
        drop(environ);
        failure::page(error.into(), facts, guard.exchange())
    }
}

impl<A> Clone for Gateway<A> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<A> fmt::Debug for Gateway<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gateway").field(&type_name::<A>()).finish()
    }
}

/// One request from its environ to its response.
async fn drive<A: App>(app: &A, guard: Guard<'_>, environ: Environ) -> http::Response<Outgoing> {
    let facts = Facts::of(&environ);
    if environ.request_method() == Method::CONNECT {
        drop(environ);
        return failure::page(HttpError::not_implemented().into(), facts, guard.exchange());
    }
    match run(app, environ, guard.exchange(), facts).await {
        Ok(ready) => finish::respond(guard, ready, facts),
        Err(error) => failure::page(error, facts, guard.exchange()),
    }
}
