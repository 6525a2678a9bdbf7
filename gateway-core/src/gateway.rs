//! `Gateway`, the driver: calls an app for one request, and makes of what it returns the HTTP
//! response that a server may send as it is.

mod app_body;
mod await_commit;
mod call;
mod commit;
mod committed_body;
mod error_page;
mod length;
mod log_fault;
mod outgoing;
mod refuse;
mod reply;
mod request_kind;
mod switch;
mod switch_error;
mod trailers;
mod tunnel;
mod turn;
mod upgrade;

use std::any::type_name;
use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, Method, request};

use crate::app::App;
use crate::environ::{Environ, LentHead};
use crate::exchange::{Exchange, Observation, Owner};
use crate::http_error::HttpError;
use crate::input::Input;
use crate::kept::keep_map;
use crate::observer::Observer;
use crate::shutdown_signal::ShutdownSignal;

pub(crate) use call::call;
use commit::{commit, commit_error, commit_malformed, commit_refusal};
pub use outgoing::Outgoing;
use refuse::Refused;
pub use refuse::RefusedHead;
pub use reply::reply;
pub(crate) use request_kind::RequestKind;
pub use upgrade::{Upgrade, UpgradeError};

/// Runs an app: the gateway's side of the interface, the same in every adapter.
///
/// It alone decides when to commit, what HEAD, 204 and 304 mean, how bodies are held to their
/// lengths, and what an error or a panic becomes. An adapter makes the environ from its host's
/// request, calls [`handle`](Self::handle), and gives the response to its host.
///
/// Clones share the app. Each thread keeps a bounded amount of memory of ended requests, for later ones
/// (L5).
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
    shutdown: OnceLock<ShutdownSignal>,
    observer: OnceLock<Arc<dyn Observer>>,
}

impl<A: App> Gateway<A> {
    /// A gateway for an app.
    pub fn new(app: A) -> Self {
        Self {
            shared: Arc::new(Shared {
                app,
                shutdown: OnceLock::new(),
                observer: OnceLock::new(),
            }),
        }
    }

    /// Registers an observer that is told how each exchange ended, also of requests that are
    /// refused before the app. A gateway has one observer, which its clones share. If it has one already, this
    /// call has no effect. [`Environ::observe`] adds more, for each request.
    ///
    /// See [`Observer`] for an example.
    #[must_use]
    pub fn with_observer(self, observer: impl Observer) -> Self {
        self.shared.observer.get_or_init(|| Arc::new(observer));
        self
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> &A {
        &self.shared.app
    }

    /// Makes the environ of a request, in recycled memory. The adapter sets what else the host
    /// knows:
    /// [`set_connection`](Environ::set_connection),
    /// [`set_script_name_len`](Environ::set_script_name_len).
    #[inline]
    pub fn environ(&self, parts: request::Parts, input: Input) -> Environ {
        Environ::new(self.shared.exchange(), parts, input)
    }

    /// Makes the environ of a request whose head a host lends, in recycled memory. The head is
    /// converted into `http` types only if the app asks for them.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::{Arc, OnceLock};
    /// use gateway_core::{Gateway, HeadSource, Input, LentHead, view};
    /// use http::{Method, Version};
    ///
    /// struct Head;
    ///
    /// impl HeadSource for Head {
    ///     fn target(&self) -> &str {
    ///         "/a%20b?x=1"
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
    /// let head = LentHead::new(Method::GET, Version::HTTP_11, Arc::new(Head))?;
    /// let environ = gateway.lend(head, Input::empty());
    /// assert_eq!(environ.path_info(), "/a b");
    /// assert_eq!(environ.query_string(), "x=1");
    /// assert_eq!(environ.server_name(), "a.example");
    /// assert_eq!(environ.uri().path(), "/a%20b");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn lend(&self, head: LentHead, input: Input) -> Environ {
        Environ::lent(self.shared.exchange(), head, input)
    }

    /// Returns the header map of a response, for hosts that copied the headers out of it: a later
    /// response uses it again.
    #[inline]
    pub fn recycle(&self, headers: HeaderMap) {
        keep_map(headers);
    }

    /// Answers a request. There is always a response: [`Outgoing`] says what it promises to an
    /// adapter. Dropping the future drops the app's future and body.
    ///
    /// A request that must not reach the app is refused with the gateway's page, which is logged,
    /// and on HTTP/1 closes the connection:
    ///
    /// - CONNECT with 501; a target that is a host, or `*` outside OPTIONS, with 400 (E14);
    /// - more than one `Host`, a malformed one, a malformed `:authority`, or no `Host` where
    ///   [the connection requires one](crate::Connection::with_required_host), with 400 (E12);
    /// - a transfer coding that is not a single `chunked` with 501 or 400 (I2).
    ///
    /// A request that was [refused](Environ::refuse) is answered with its error's page. The
    /// connection stays open.
    ///
    /// On HTTP/1, if the app has dropped the request's body before its end, the future is pending
    /// once more before it is ready, and wakes its task. A host that drains the body or closes the
    /// connection can detect the drop in that turn, and say `Connection: close` in the head (I5).
    #[inline]
    pub fn handle(
        &self,
        mut environ: Environ,
    ) -> impl Future<Output = http::Response<Outgoing>> + Send + use<A> {
        if let Some(observer) = self.shared.observer.get() {
            environ.observe_shared(observer.clone());
        }
        let owner = Owner::new(environ.gateway_exchange());
        let shared = self.shared.clone();
        // An `async fn` would store its arguments twice.
        async move {
            // Matched, not kept: the future would have room for it.
            let kind = match refuse::judge(&mut environ) {
                (kind, None) => kind,
                (kind, Some(refused)) => {
                    drop(environ);
                    return match refused {
                        Refused::Malformed(error) => commit_malformed(owner, &error, kind),
                        Refused::ByHost(error) => {
                            turn::give_one(owner.exchange(), kind).await;
                            commit_refusal(owner, error, kind)
                        }
                    };
                }
            };
            let called = call(&shared.app, environ, owner.exchange(), kind).await;
            turn::give_one(owner.exchange(), kind).await;
            match called {
                Ok(ready) => commit(owner, ready, kind),
                Err(error) => commit_error(owner, error, kind),
            }
        }
    }

    /// True if [`handle`](Self::handle) would refuse the request because of its head. For adapters
    /// that call their user's code before the app: they do not call it for such a request.
    #[must_use]
    pub fn refuses(&self, environ: &Environ) -> bool {
        refuse::refuses(environ)
    }

    /// Answers a request whose head cannot be expressed in an environ, such as a method or a target
    /// that `http` does not accept. The response is `error`'s page. It is logged, and on HTTP/1
    /// closes the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Gateway, HttpError, RefusedHead, view};
    /// use http::Version;
    ///
    /// let gateway = Gateway::new(view(async |_| "Hello!"));
    /// let head = RefusedHead::new(Version::HTTP_11).with_target("?x=1");
    /// let response = gateway.refuse(&head, HttpError::bad_request());
    /// assert_eq!(response.status(), 400);
    /// assert_eq!(response.headers()["connection"], "close");
    /// ```
    pub fn refuse(&self, head: &RefusedHead<'_>, error: HttpError) -> http::Response<Outgoing> {
        let exchange = self.shared.exchange();
        if let Some(observer) = self.shared.observer.get() {
            exchange.observe(
                |Observation {
                     observer: place,
                     summary,
                 }| {
                    *place = Some(observer.clone());
                    summary.fill(head.method, head.target, head.version, head.connection);
                },
            );
        }
        refuse::log_refusal("E17", &error);
        let method = Method::from_bytes(head.method.as_bytes()).unwrap_or_default();
        let kind = RequestKind::new(&method, head.version);
        commit_malformed(Owner::new(exchange), &error, kind)
    }

    /// The signal that the server has begun to shut down. The server gives it with
    /// [`begin`](ShutdownSignal::begin). Apps wait for it with [`Environ::closing`] and
    /// [`Duplex::closing`](crate::Duplex::closing).
    #[must_use]
    pub fn shutdown_signal(&self) -> ShutdownSignal {
        self.shared.shutdown().clone()
    }

    /// Shares the signal of another gateway, for servers that have several. Call it before the
    /// gateway is used: the first signal stays.
    ///
    /// # Examples
    ///
    /// ```
    /// use gateway_core::{Gateway, ShutdownSignal, view};
    ///
    /// let signal = ShutdownSignal::new();
    /// let shop = Gateway::new(view(async |_| "shop")).with_shutdown_signal(signal.clone());
    /// let blog = Gateway::new(view(async |_| "blog")).with_shutdown_signal(signal.clone());
    /// signal.begin();
    /// assert!(shop.shutdown_signal().has_begun() && blog.shutdown_signal().has_begun());
    /// ```
    #[must_use]
    pub fn with_shutdown_signal(self, signal: ShutdownSignal) -> Self {
        self.shared.shutdown.get_or_init(|| signal);
        self
    }

    /// Tells the gateway that its server is at the end of its shutdown (L4). From now on, observers
    /// are told [`Ended::Cut`](crate::Ended::Cut) of exchanges that are dropped unfinished: the
    /// server cut them, and no client left. Gateways that share a signal share this, too.
    pub fn begin_cutting(&self) {
        self.shared.shutdown().begin_cutting();
    }
}

impl<A> Shared<A> {
    fn shutdown(&self) -> &ShutdownSignal {
        self.shutdown.get_or_init(ShutdownSignal::new)
    }

    #[inline]
    fn exchange(&self) -> Arc<Exchange> {
        Exchange::recycled(self.shutdown())
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
