//! `view` and `view_with`: make an app of an async function from an `Environ` to a return value;
//! `view_with` also passes it a clone of some state.

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
/// [`TryIntoResponse`] lists the return values: text, bytes, JSON, streams, responses,
/// errors, tuples of these with a status and headers. Nothing (`()`) does not compile (N2), and
/// neither does an error without a response ([`ViewError`](crate::ViewError)).
///
/// A view is called once for each request, so it cannot move what it captures out. [`view_with`] is
/// for state, such as a pool of connections: it clones the state for each call.
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
    F: Fn(Environ) -> Fut + Send + Sync + 'static, // state: `view_with(state, async |state, environ| ..)`
    Fut: Future<Output: TryIntoResponse> + Send,
{
    View(f)
}

/// Makes an app from a view with state: an async function from the state and the environ to a
/// return value. The state is cloned for each call, so it is most often an `Arc`.
///
/// An async closure that captures its state does not compile as a [`view`]: the future of a call would borrow
/// from the closure, and stable Rust cannot say that such a future is `Send`. A closure that clones what it
/// has captured, and moves the clone into an `async` block, does compile. This is what `view_with` saves.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Arc;
/// use gateway_core::{AppExt, Environ, HttpError, view_with};
///
/// type Db = BTreeMap<String, String>;
///
/// async fn show(db: Arc<Db>, environ: Environ) -> Result<String, HttpError> {
///     let name = environ.path_info().to_string();
///     db.get(&name).cloned().ok_or_else(HttpError::not_found)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let db = Arc::new(Db::from([("/ada".to_owned(), "Lovelace".to_owned())]));
/// let app = view_with(db, show);
///
/// let environ = Environ::from_request(http::Request::get("/ada").body(())?);
/// let response = app.respond(environ).await?;
/// assert_eq!(response.into_body().bytes().await?, "Lovelace");
///
/// // A closure does as well.
/// let greeting = view_with(Arc::new("Hello"), async |text: Arc<&'static str>, _| text.to_string());
/// let response = greeting.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.into_body().bytes().await?, "Hello");
///
/// // The same with `view`, in a closure that clones.
/// use gateway_core::view;
///
/// let text = Arc::new("Hello");
/// let greeting = view(move |_| {
///     let text = text.clone();
///     async move { text.to_string() }
/// });
/// let response = greeting.respond(Environ::from_request(http::Request::new(()))).await?;
/// assert_eq!(response.into_body().bytes().await?, "Hello");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "State")]
#[doc(alias = "with_state")]
pub fn view_with<S, F, Fut>(state: S, f: F) -> ViewWith<S, F>
where
    S: Clone + Send + Sync + 'static,
    F: Fn(S, Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: TryIntoResponse> + Send,
{
    ViewWith { state, f }
}

/// An app made from a view; see [`view`].
#[derive(Clone, Copy)]
pub struct View<F>(F);

impl<F, Fut> App for View<F>
where
    F: Fn(Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: TryIntoResponse> + Send,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let value = (self.0)(environ).await;
        start_response.send_own(value.try_into_response()?)
    }
}

impl<F> fmt::Debug for View<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&type_name::<F>()).finish()
    }
}

/// An app made from a view and its state; see [`view_with`].
#[derive(Clone, Copy)]
pub struct ViewWith<S, F> {
    state: S,
    f: F,
}

impl<S, F, Fut> App for ViewWith<S, F>
where
    S: Clone + Send + Sync + 'static,
    F: Fn(S, Environ) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: TryIntoResponse> + Send,
{
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let value = (self.f)(self.state.clone(), environ).await;
        start_response.send_own(value.try_into_response()?)
    }
}

/// The state may hold secrets, so it is not printed.
impl<S, F> fmt::Debug for ViewWith<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ViewWith")
            .field(&type_name::<S>())
            .field(&type_name::<F>())
            .finish()
    }
}
