//! Calls a tower service as its contract says: a clone for each call, called when it is ready.

use std::any::type_name;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};

use gateway_core::{BoxError, Error, HttpError};
use tower_service::Service;

/// The service that is cloned for each call.
///
/// The mutex is held only while it is cloned. Many services are `Send` and not
/// `Sync` (`BoxCloneService`, say), and apps must be both.
pub(crate) struct ReadyClone<S>(Mutex<S>);

impl<S: Clone> ReadyClone<S> {
    pub(crate) fn new(service: S) -> Self {
        Self(Mutex::new(service))
    }

    /// A clone that is ready for one request. Readiness belongs to the clone that was polled.
    ///
    /// # Errors
    ///
    /// 503 when the service accepts no more requests.
    pub(crate) async fn ready<R>(&self) -> Result<S, Error>
    where
        S: Service<R>,
        S::Error: Into<BoxError>,
    {
        let mut service = self.get();
        match poll_fn(|cx| service.poll_ready(cx)).await {
            Ok(()) => Ok(service),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    fn get(&self) -> S {
        // A clone that panicked changed nothing.
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn unavailable(error: BoxError) -> Error {
    if error.is::<HttpError>() {
        return Error::from_boxed(error);
    }
    HttpError::service_unavailable().with_source(error).into()
}

impl<S: Clone> Clone for ReadyClone<S> {
    fn clone(&self) -> Self {
        Self::new(self.get())
    }
}

impl<S> fmt::Debug for ReadyClone<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<S>())
    }
}
