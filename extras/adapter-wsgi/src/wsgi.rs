//! A WSGI callable as an app.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gateway_core::{App, Body, Environ, Error, HttpError, StartResponse};
use http::header::RETRY_AFTER;
use pyo3::prelude::*;
use tokio::sync::oneshot;

use crate::import::{ImportError, import};
use crate::output::{Answer, Chunks};
use crate::pool::{Job, Pool};
use crate::worker;

const THREADS: usize = 8;
const QUEUE: usize = 1024;
const RETRY: Duration = Duration::from_secs(1);

/// A WSGI callable (PEP 3333) as an app.
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
    /// Imports a callable.
    ///
    /// # Errors
    ///
    /// See [`ImportError`].
    pub fn import(name: &str) -> Result<Self, ImportError> {
        Ok(Self::new(import(name)?, name))
    }

    /// A callable that is at hand.
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

    /// How many calls run at a time.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        self.with(|settings| settings.threads = threads.max(1))
    }

    /// How many requests wait for a thread.
    #[must_use]
    pub fn queue(self, requests: usize) -> Self {
        self.with(|settings| settings.queue = requests.max(1))
    }

    /// What a client is told when the queue is full.
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

    /// Takes no more requests, and waits until those that run have ended, with their `close()`.
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
