//! HEAD for apps that refuse it.

use gateway_core::{App, Body, Environ, Error, StartResponse};
use http::Method;

/// Shows an app GET where the client sent HEAD, for apps that refuse HEAD: Rack's `Head`. Made by
/// [`MiddlewareExt::head_as_get`](crate::MiddlewareExt::head_as_get).
///
/// The answer is passed on whole; the gateway, which knows what was sent, sends its head with the
/// length that GET would have had, and closes the body (B6). The environ's extensions hold
/// [`IsHead`], for an app that wants to save itself the body.
///
/// It belongs next to the app: middlewares inside of it take the request for a GET, and one that
/// holds an answer back ([`AutoETag`](crate::AutoETag), [`Cascade`](crate::Cascade)) then waits for
/// the first chunk.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{Gateway, HttpError, Environ, Input, view};
/// use gateway_util::MiddlewareExt;
///
/// let strict = view(async |environ: Environ| match environ.request_method().as_str() {
///     "GET" => Ok("hello"),
///     _ => Err(HttpError::method_not_allowed()),
/// });
/// let gateway = Gateway::new(strict.head_as_get());
/// let (parts, ()) = http::Request::head("/").body(())?.into_parts();
/// let response = gateway.handle(gateway.environ(parts, Input::empty())).await;
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["content-length"], "5");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct HeadAsGet<A>(A);

/// In the environ's extensions: the client sent HEAD, and the app is shown GET.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use gateway_core::{AppExt, Environ, view};
/// use gateway_util::{IsHead, MiddlewareExt};
///
/// let app = view(async |environ: Environ| match environ.extensions().get::<IsHead>() {
///     Some(IsHead) => "".to_owned(),
///     None => "a text that takes long to make".to_owned(),
/// });
/// let environ = Environ::from_request(http::Request::head("/").body(())?);
/// assert_eq!(app.head_as_get().respond(environ).await?.status(), 200);
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsHead;

impl<A> HeadAsGet<A> {
    /// Shows an app GET for HEAD.
    pub fn new(app: A) -> Self {
        Self(app)
    }
}

impl<A: App> App for HeadAsGet<A> {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        if *environ.request_method() == Method::HEAD {
            environ.set_request_method(Method::GET);
            environ.extensions_mut().insert(IsHead);
        }
        self.0.call(environ, start_response).await
    }

    gateway_core::forward_lifespan!(0);
}
