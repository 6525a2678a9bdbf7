//! A WSGI callable as an app.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};
use http::header::RETRY_AFTER;
use pyo3::prelude::*;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::import::{ImportError, import};
use crate::output::{Answer, Chunks};
use crate::pool::{Job, Pool};
use crate::worker;

const THREADS: usize = 8;
const QUEUE: usize = 1024;
const RETRY: Duration = Duration::from_secs(1);

/// A WSGI callable (PEP 3333) as an app: a Flask or Django application, say.
///
/// Clones share the threads.
///
/// # Contract
///
/// - Calls run on threads of their own, which stay attached to the interpreter: at most
///   [`threads`](Self::threads) at a time. Further requests wait in a [`queue`](Self::queue); one whose
///   client leaves meanwhile is never started, and one that finds the queue full is answered with a 503
///   and `Retry-After`. A call that does not return holds its thread.
/// - The environ is that of PEP 3333. SCRIPT_NAME is where the app is mounted, in all. Variables that
///   middlewares set are there. `wsgi.input` reads as the client sends (I6), ends where the body ends
///   (`wsgi.input_terminated`), and raises an `OSError` for one that was cut short (I3) or is over a limit
///   (I4): let pass, it is a 400 or a 413. `wsgi.errors` is the log.
/// - `start_response` may be called at any time before the first bytes (S4). It raises what is wrong
///   with the head, and that head is never sent (S5 to S9). With `exc_info` it replaces the head until
///   bytes were handed over; afterwards it raises the exception again, and the response is aborted
///   (S2).
/// - An exception, of whatever kind, is a 500 before the first bytes and aborts the response after them
///   (B1, B8). Its traceback is in the log.
/// - An item is taken from the iterable when the one before is on its way (B3). A list or tuple of one
///   item is a whole body, with its Content-Length (B4). Once as many bytes as were declared are handed
///   over, the response is complete, and the client need not wait for the rest of the call (B5).
/// - `close()` is called exactly once, on the thread of the call (L1). What it raises is logged.
/// - A call runs in a context of its own (PEP 567), with its iterable and its `close()`: what it sets in
///   context variables, no other call sees. The context is empty at first; below a WSGI server it is a
///   copy of the server's. Thread-local values stay with their thread.
/// - No thread holds the interpreter while it waits for a client, for a request, or for the log.
/// - It needs no tokio runtime.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use adapter_wsgi::Wsgi;
/// use gateway_core::{AppExt, Environ};
///
/// let app = Wsgi::import("wsgiref.simple_server:demo_app")?.threads(2);
/// let response = app.respond(Environ::from_request(http::Request::get("/").body(())?)).await?;
/// assert_eq!(response.status(), 200);
/// assert!(response.into_body().bytes().await?.starts_with(b"Hello world!"));
/// # Ok::<(), gateway_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Wsgi {
    callable: Arc<Py<PyAny>>,
    name: Arc<str>,
    settings: Settings,
    pool: Arc<OnceLock<io::Result<Pool>>>,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    threads: usize,
    queue: usize,
    retry_after: Duration,
}

impl Wsgi {
    /// Imports a callable: `package.module:attribute`. It starts the interpreter if need be. Modules are
    /// looked for in `sys.path`; see [`look_in`](crate::look_in).
    ///
    /// # Errors
    ///
    /// When the name is none of that form, there is no such module or attribute, it is not callable, or
    /// the module raised an exception.
    pub fn import(name: &str) -> Result<Self, ImportError> {
        Ok(Self::new(import(name)?, name))
    }

    /// A callable that is at hand: for those who make or find one by themselves.
    #[must_use]
    pub fn from_callable(callable: Py<PyAny>) -> Self {
        Self::new(callable, "a callable")
    }

    fn new(callable: Py<PyAny>, name: &str) -> Self {
        Self {
            callable: Arc::new(callable),
            name: name.into(),
            settings: Settings {
                threads: THREADS,
                queue: QUEUE,
                retry_after: RETRY,
            },
            pool: Arc::default(),
        }
    }

    /// Sets how many calls run at a time, 8 unless set; at least one does. Clones from before keep their
    /// own threads.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        self.with(|settings| settings.threads = threads.max(1))
    }

    /// Sets how many requests wait for a thread, 1024 unless set; at least one does.
    #[must_use]
    pub fn queue(self, requests: usize) -> Self {
        self.with(|settings| settings.queue = requests.max(1))
    }

    /// Sets what `Retry-After` says when the queue is full, one second unless set; it is rounded up to
    /// whole seconds.
    #[must_use]
    pub fn retry_after(self, delay: Duration) -> Self {
        self.with(|settings| settings.retry_after = delay)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        // Clones from before keep their own threads.
        self.pool = Arc::default();
        self
    }

    /// Ends the pool (L4): takes no more requests, which are answered with a 503, and waits until those
    /// that wait or run have ended, with their `close()`. False if some had not by then. Call it when the
    /// server has ended; on a thread of the runtime it blocks.
    ///
    /// Without it, the threads end by themselves once the last clone is dropped and their calls are
    /// done. A process that ends before that cuts them off.
    #[must_use = "it says whether the calls have ended"]
    pub fn close(&self, within: Duration) -> bool {
        match self.pool.get() {
            Some(Ok(pool)) => pool.close(within),
            _ => true,
        }
    }

    fn pool(&self) -> Result<&Pool, Error> {
        let pool = self.pool.get_or_init(|| {
            let callable = self.callable.clone();
            let is_multithreaded = self.settings.threads > 1;
            Pool::start(self.settings.threads, self.settings.queue, move |queue| {
                worker::work(queue, &callable, is_multithreaded);
            })
        });
        pool.as_ref()
            .map_err(|error| Error::msg(format!("no thread for a WSGI callable: {error}")))
    }

    fn overloaded(&self) -> Error {
        let delay = self.settings.retry_after;
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        match HttpError::service_unavailable().with_headers([(RETRY_AFTER, seconds)]) {
            Ok(error) => error.into(),
            Err(error) => error.into(),
        }
    }
}

impl App for Wsgi {
    async fn call(&self, environ: Environ, start_response: StartResponse) -> Result<Body, Error> {
        let (sender, answer) = oneshot::channel();
        let job = Job {
            environ,
            start_response,
            answer: sender,
            runtime: Handle::try_current().ok(),
        };
        self.pool()?.push(job).map_err(|_| self.overloaded())?;
        match answer.await {
            Ok(Answer::Full(bytes)) => Ok(Body::from(bytes)),
            Ok(Answer::Stream(chunks)) => Ok(Body::new(Chunks::new(chunks))),
            Ok(Answer::Failed(error)) => Err(error),
            Err(_) => Err(Error::msg("the thread of a WSGI callable has ended")),
        }
    }
}

impl fmt::Debug for Wsgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wsgi")
            .field("callable", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
