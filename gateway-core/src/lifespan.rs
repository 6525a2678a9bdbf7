//! Calls `App::startup` when a server starts, before it accepts a request, and `App::shutdown` when
//! it stops, after its last request has ended (L9 to L11).
//!
//! A server calls [`App::startup`] before it accepts, and [`App::shutdown`] when its last exchange has
//! ended. The servers of `adapter-hyper` and `adapter-cgi` do so by themselves. Where a host accepts the
//! requests (axum, actix-web, hyper's own connections), no adapter calls them: the program calls [`run`]
//! around the future of the host's server. If it does not, the app is never started, and nothing says so.
//!
//! A middleware forwards both methods to the app that it wraps ([`forward_lifespan!`]), and one with
//! several apps by [`startup_all`] and [`shutdown_all`].
//!
//! [`forward_lifespan!`]: crate::forward_lifespan

use std::pin::pin;

use crate::app::App;
use crate::box_app::BoxApp;
use crate::catch_unwind::CatchUnwind;
use crate::error::Error;
use crate::log::{self, Chain};

/// Runs a server between an app's startup and its shutdown: for hosts that do not call them.
///
/// The app is shut down when `server` is over, however it ended. The server must have let its exchanges
/// end by then, and the streams that were switched.
///
/// # Errors
///
/// - The app's startup failed or panicked: `server` was not polled.
/// - The app's shutdown failed or panicked. What `server` gave is lost then, and is dropped.
///
/// # Cancellation
///
/// When the future is dropped, the app is not shut down.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::sync::Arc;
/// use gateway_core::{App, Body, Environ, Error, StartResponse, lifespan};
///
/// #[derive(Default)]
/// struct Counted { open: AtomicU32 }
///
/// impl App for Counted {
///     async fn call(&self, _: Environ, start_response: StartResponse) -> Result<Body, Error> {
///         start_response.start(200, [("content-type", "text/plain")])?;
///         Ok(Body::from("Hello!"))
///     }
///     async fn startup(&self) -> Result<(), Error> {
///         self.open.fetch_add(1, Ordering::Relaxed);
///         Ok(())
///     }
///     async fn shutdown(&self) -> Result<(), Error> {
///         self.open.fetch_sub(1, Ordering::Relaxed);
///         Ok(())
///     }
/// }
///
/// let app = Arc::new(Counted::default());
/// let open = lifespan::run(&app, async { app.open.load(Ordering::Relaxed) }).await?;
/// assert_eq!(open, 1);
/// assert_eq!(app.open.load(Ordering::Relaxed), 0);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
pub async fn run<A: App, T>(app: &A, server: impl Future<Output = T>) -> Result<T, Error> {
    start(app).await?;
    let output = server.await;
    stop(app).await?;
    Ok(output)
}

/// Starts an app: for servers. A panic is an error (B9).
///
/// # Errors
///
/// The app's error. It is not to be shut down then.
pub async fn start<A: App>(app: &A) -> Result<(), Error> {
    pin!(CatchUnwind::new(async { app.startup().await })).await?
}

/// Shuts an app down that was started: for servers. A panic is an error (B9).
///
/// # Errors
///
/// The app's error.
pub async fn stop<A: App>(app: &A) -> Result<(), Error> {
    pin!(CatchUnwind::new(async { app.shutdown().await })).await?
}

/// Starts several apps in their order: for middlewares that have more than one.
///
/// # Errors
///
/// That of the first app that failed. Those that were started are shut down, in the other order.
pub async fn startup_all<'a, I>(apps: I) -> Result<(), Error>
where
    I: IntoIterator<Item = &'a BoxApp, IntoIter: Send>,
{
    let mut started = Vec::new();
    for app in apps {
        if let Err(error) = start(app).await {
            // The error of the startup is the one that says why.
            if let Err(error) = shutdown_all(started).await {
                let chain = Chain(error.as_dyn());
                log::error("L11", "shutting down behind a failed startup", &chain);
            }
            return Err(error);
        }
        started.push(app);
    }
    Ok(())
}

/// Shuts several apps down, in the other order than [`startup_all`]. The error of one keeps no other
/// from its shutdown.
///
/// # Errors
///
/// The first error; further ones are logged.
pub async fn shutdown_all<'a, I>(apps: I) -> Result<(), Error>
where
    I: IntoIterator<Item = &'a BoxApp, IntoIter: DoubleEndedIterator + Send>,
{
    let mut outcome = Ok(());
    for app in apps.into_iter().rev() {
        if let Err(error) = stop(app).await {
            if outcome.is_ok() {
                outcome = Err(error);
            } else {
                log::error("L11", "shutting down an app", &Chain(error.as_dyn()));
            }
        }
    }
    outcome
}

/// Forwards [`App::startup`] and [`App::shutdown`] to the app in a field: for middlewares (L11). It stands
/// in the `impl` of [`App`].
///
/// # Examples
///
/// ```
/// use gateway_core::{App, Body, Environ, Error, StartResponse, forward_lifespan};
///
/// struct Transparent<A> { app: A }
///
/// impl<A: App> App for Transparent<A> {
///     async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
///         self.app.call(environ, start_response).await
///     }
///
///     forward_lifespan!(app);
/// }
/// ```
#[macro_export]
macro_rules! forward_lifespan {
    ($field:tt) => {
        fn startup(
            &self,
        ) -> impl ::core::future::Future<Output = ::core::result::Result<(), $crate::Error>>
        + ::core::marker::Send {
            $crate::App::startup(&self.$field)
        }

        fn shutdown(
            &self,
        ) -> impl ::core::future::Future<Output = ::core::result::Result<(), $crate::Error>>
        + ::core::marker::Send {
            $crate::App::shutdown(&self.$field)
        }
    };
}
