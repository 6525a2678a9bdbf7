//! Views: apps that return what they answer.

use std::any::type_name;
use std::fmt;

use crate::app::App;
use crate::body::Body;
use crate::environ::Environ;
use crate::error::Error;
use crate::start_response::StartResponse;
use crate::try_into_response::TryIntoResponse;

/// Makes an app from a view: an async function from the environ to a return value.
///
/// What can be returned is what [`TryIntoResponse`] names: text, bytes, JSON, streams, responses,
/// errors, tuples of these with a status and headers. Nothing (`()`) does not compile (N2).
///
/// # Examples
///
/// ```
/// use gateway_core::{AppExt, Environ, view};
///
/// async fn hello(environ: Environ) -> (String, u16) {
///     (format!("Hello, {}!", environ.path_info()), 201)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let environ = Environ::from_request(http::Request::get("/Ada").body(())?);
/// let response = view(hello).respond(environ).await?;
/// assert_eq!(response.status(), 201);
/// assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
/// assert_eq!(response.into_body().bytes().await?, "Hello, /Ada!");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
pub fn view<F, Fut>(f: F) -> View<F>
where
    F: Fn(Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: TryIntoResponse> + Send,
{
    View(f)
}

/// An app made of a view; see [`view`].
#[derive(Clone, Copy)]
pub struct View<F>(F);

impl<F, Fut> App for View<F>
where
    F: Fn(Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: TryIntoResponse> + Send,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let value = (self.0)(environ).await;
        start_response.send(value.try_into_response()?)
    }
}

impl<F> fmt::Debug for View<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&type_name::<F>()).finish()
    }
}
