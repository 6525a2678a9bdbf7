//! `BoxApp`: an app behind a pointer. With it, apps of different types fit into one collection. A
//! clone shares the app.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::app::App;
use crate::body::Body;
use crate::environ::Environ;
use crate::error::Error;
use crate::start_response::StartResponse;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

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
/// # Startup
///
/// Clones are one app: however often they are started, by several mounts or servers, the app's
/// [`startup`](App::startup) runs the first time, and its [`shutdown`](App::shutdown) when each has shut
/// it down (L9).
#[derive(Clone)]
pub struct BoxApp {
    app: Arc<dyn DynApp>,
    /// How many have started it.
    started: Arc<AtomicUsize>,
}

/// [`App`] with a boxed future, so that it can be a trait object.
trait DynApp: Send + Sync {
    fn call_boxed(&self, environ: Environ, start_response: StartResponse) -> BoxFuture<'_, Body>;
    fn startup_boxed(&self) -> BoxFuture<'_, ()>;
    fn shutdown_boxed(&self) -> BoxFuture<'_, ()>;
}

impl<A: App> DynApp for A {
    fn call_boxed(&self, environ: Environ, start_response: StartResponse) -> BoxFuture<'_, Body> {
        Box::pin(self.call(environ, start_response))
    }

    fn startup_boxed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.startup())
    }

    fn shutdown_boxed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.shutdown())
    }
}

impl BoxApp {
    /// Puts an app behind a pointer.
    pub fn new(app: impl App) -> Self {
        Self::shared(Arc::new(app))
    }

    fn shared(app: Arc<dyn DynApp>) -> Self {
        Self {
            app,
            started: Arc::default(),
        }
    }
}

impl App for BoxApp {
    fn call(
        &self,
        environ: Environ,
        start_response: StartResponse,
    ) -> impl Future<Output = Result<Body, Error>> + Send {
        self.app.call_boxed(environ, start_response)
    }

    async fn startup(&self) -> Result<(), Error> {
        if self.started.fetch_add(1, Relaxed) > 0 {
            return Ok(());
        }
        let started = Started(&self.started);
        self.app.startup_boxed().await?;
        std::mem::forget(started);
        Ok(())
    }

    async fn shutdown(&self) -> Result<(), Error> {
        let one_less = |started: usize| started.checked_sub(1);
        match self.started.fetch_update(Relaxed, Relaxed, one_less) {
            Ok(1) => self.app.shutdown_boxed().await,
            // Others use it, or nobody has started it.
            _ => Ok(()),
        }
    }
}

/// A startup that has not succeeded: it does not count.
struct Started<'a>(&'a AtomicUsize);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl<A: App> From<Box<A>> for BoxApp {
    fn from(app: Box<A>) -> Self {
        Self::shared(Arc::<A>::from(app))
    }
}

impl<A: App> From<Arc<A>> for BoxApp {
    fn from(app: Arc<A>) -> Self {
        Self::shared(app)
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

    fn startup(&self) -> impl Future<Output = Result<(), Error>> + Send {
        self.0.startup()
    }

    fn shutdown(&self) -> impl Future<Output = Result<(), Error>> + Send {
        self.0.shutdown()
    }
}

impl fmt::Debug for BoxApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxApp")
    }
}
