//! `BoxApp`: an app behind a pointer, so that apps of different types fit into one collection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::app::App;
use crate::body::Body;
use crate::environ::Environ;
use crate::error::Error;
use crate::start_response::StartResponse;

type BoxFuture<'a> = Pin<Box<dyn Future<Output = Result<Body, Error>> + Send + 'a>>;

/// An app behind a pointer: for collections of apps, and to end a deep stack of middlewares.
///
/// Clones share the app. `From` makes one of a `Box<A>`, an `Arc<A>` or a `&'static A`. Of these,
/// only `Arc<A>` is an app by itself (SPEC.md says why).
///
/// Each call boxes one future. It also limits how deep types nest: a stack of more than about 30
/// generic layers needs one [`boxed`](crate::AppExt::boxed) in its middle, or the compiler gives
/// up.
///
/// # Examples
///
/// ```
/// use gateway_core::{AppExt, BoxApp, HttpError, view};
///
/// let apps: Vec<BoxApp> = vec![
///     view(async |_| "hello").boxed(),
///     HttpError::not_found().boxed(),
/// ];
/// assert_eq!(apps.len(), 2);
///
/// // A factory, such as the one that actix-web calls in each worker, clones it.
/// let app = BoxApp::from(Box::new(view(async |_| "hello")));
/// let factory = move || app.clone();
/// # let _ = factory();
/// ```
#[derive(Clone)]
pub struct BoxApp(Arc<dyn DynApp>);

/// [`App`] with a boxed future, so that it can be a trait object.
trait DynApp: Send + Sync {
    fn call_boxed(&self, environ: Environ, start_response: StartResponse) -> BoxFuture<'_>;
}

impl<A: App> DynApp for A {
    fn call_boxed(&self, environ: Environ, start_response: StartResponse) -> BoxFuture<'_> {
        Box::pin(self.call(environ, start_response))
    }
}

impl BoxApp {
    /// Puts an app behind a pointer.
    pub fn new(app: impl App) -> Self {
        Self(Arc::new(app))
    }
}

impl App for BoxApp {
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        self.0.call_boxed(environ, start_response)
    }
}

impl<A: App> From<Box<A>> for BoxApp {
    fn from(app: Box<A>) -> Self {
        Self(Arc::<A>::from(app))
    }
}

impl<A: App> From<Arc<A>> for BoxApp {
    fn from(app: Arc<A>) -> Self {
        Self(app)
    }
}

impl<A: App> From<&'static A> for BoxApp {
    fn from(app: &'static A) -> Self {
        Self::new(Static(app))
    }
}

/// A static app, behind a type that can be put into an `Arc`.
struct Static<A: 'static>(&'static A);

impl<A: App> App for Static<A> {
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        self.0.call(environ, start_response)
    }
}

impl fmt::Debug for BoxApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxApp")
    }
}
