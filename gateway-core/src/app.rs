//! `App`, the interface: the trait of an async function that takes a request and the handle that
//! starts a response, and gives the body of the response.

use std::any::type_name;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

use crate::body::Body;
use crate::environ::Environ;
use crate::error::Error;
use crate::http_error::HttpError;
use crate::start_response::StartResponse;

/// A web application: called once for each request with the environ and `start_response`.
///
/// A type with an `async fn call`, an `async fn(Environ, StartResponse) -> Result<Body, Error>`, a
/// closure of that shape (through [`app_fn`]), `Arc<A>` and [`BoxApp`](crate::BoxApp) are apps.
/// A middleware is an app that calls another.
///
/// # Contract
///
/// The app:
/// - starts its response exactly once, before its body yields data or ends (S1, S3, S4);
/// - returns the body, or an error: [`HttpError`](crate::HttpError) for one the client should see,
///   any other for a 500.
///
/// The gateway:
/// - may call an app many times at once; the calls share nothing but `&self` (L5);
/// - may drop the future at any await, when the client has gone (hyper), or run it to its end
///   (actix): what must happen belongs in a destructor or a task (L3);
/// - drops the returned body exactly once (L1);
/// - answers a panic with a 500, or aborts the response if its head was sent (B9).
///
/// # Examples
///
/// ```
/// use gateway_core::{App, AppExt, Body, Environ, Error, StartResponse};
///
/// struct Greeter { name: String }
///
/// impl App for Greeter {
///     async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
///         start_response.start(200, [("content-type", "text/plain; charset=utf-8")])?;
///         Ok(Body::from(format!("Hello, {}!", self.name)))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let app = Greeter { name: "Ada".into() };
/// let response = app.respond(Environ::from_request(http::Request::get("/").body(())?)).await?;
/// assert_eq!(response.into_body().bytes().await?, "Hello, Ada!");
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[doc(alias = "Application")]
#[doc(alias = "Handler")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an app",
    label = "expected an app",
    note = "an app is a type that implements `App`, or an `async fn(Environ, StartResponse) -> Result<Body, Error>`",
    note = "its future must be `Send`, and so must everything that it holds over an await",
    note = "a closure needs `app_fn(|environ, start_response| async move {{ .. }})`",
    note = "a function from `Environ` to a return value (text, JSON, a tuple ..) is a view: `view(f)`"
)]
pub trait App: Send + Sync + 'static {
    /// Answers a request.
    ///
    /// # Errors
    ///
    /// An error that the app did not handle. The gateway answers with an error page, or aborts the
    /// response if its head was sent.
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send;

    /// Called once by each server, before its first request (L9): to open what the app needs. By
    /// default it does nothing.
    ///
    /// A middleware forwards it (L11). An app that is called by [`respond`](crate::AppExt::respond) only
    /// is its caller's to start.
    ///
    /// # Errors
    ///
    /// An error stops the server, which returns it.
    #[inline]
    fn startup(&self) -> impl Future<Output = Result<(), Error>> + Send {
        ready(Ok(()))
    }

    /// Called once by each server that has started the app, when the last exchange and the last stream
    /// that was switched have ended or were cut (L10). By default it does nothing.
    ///
    /// A middleware forwards it (L11). The future may be dropped at the server's deadline.
    ///
    /// # Errors
    ///
    /// An error is the server's, which returns it.
    #[inline]
    fn shutdown(&self) -> impl Future<Output = Result<(), Error>> + Send {
        ready(Ok(()))
    }
}

#[diagnostic::do_not_recommend]
impl<F, Fut> App for F
where
    F: Fn(Environ, StartResponse) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Body, Error>> + Send,
{
    #[inline]
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        self(environ, start_response)
    }
}

impl<A: App> App for Arc<A> {
    #[inline]
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        (**self).call(environ, start_response)
    }

    fn startup(&self) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).startup()
    }

    fn shutdown(&self) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).shutdown()
    }
}

// This impl is not in `http_error.rs`: the input's errors use `HttpError`, and modules have no
// circles.
impl App for HttpError {
    async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
        self.report();
        let (status, headers, page) = self.page();
        start_response.start(status, headers)?;
        if self.closes_connection() {
            start_response.close_connection();
        }
        Ok(Body::from(page))
    }
}

/// Makes an app from a closure; the types of its arguments are inferred.
///
/// # Examples
///
/// ```
/// use gateway_core::{App, Body, app_fn};
///
/// fn teapot() -> impl App {
///     app_fn(|_environ, start_response| async move {
///         start_response.start(418, [("content-type", "text/plain")])?;
///         Ok(Body::from("short and stout"))
///     })
/// }
/// # let _ = teapot();
/// ```
pub fn app_fn<F, Fut>(f: F) -> AppFn<F>
where
    F: Fn(Environ, StartResponse) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Body, Error>> + Send,
{
    AppFn(f)
}

/// An app made from a closure; see [`app_fn`].
#[derive(Clone, Copy)]
pub struct AppFn<F>(F);

impl<F, Fut> App for AppFn<F>
where
    F: Fn(Environ, StartResponse) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Body, Error>> + Send,
{
    #[inline]
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        (self.0)(environ, start_response)
    }
}

impl<F> fmt::Debug for AppFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppFn").field(&type_name::<F>()).finish()
    }
}
