//! A thread of the pool: attached to the interpreter for its whole life.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::{Environ, Error};
use http::Method;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tokio::runtime::Handle;

use crate::call::{Call, ClientGone};
use crate::close::close;
use crate::environ::Environs;
use crate::errors::Errors;
use crate::input::{Input, RequestBodyError};
use crate::iterate::{is_buffered, iterate};
use crate::outer::OuterEnviron;
use crate::pool::{Job, Next, Queue};
use crate::python_error::PythonError;
use crate::start_response::Start;

/// Runs jobs until the queue is closed and empty.
///
/// The thread stays attached: its thread-local values live from one request to the next, as they do
/// under other servers. Each call has a context of its own (PEP 567). The interpreter is free whenever
/// the thread waits.
pub(crate) fn work(queue: &Queue, callable: &Py<PyAny>, is_multithreaded: bool) {
    Python::attach(|py| {
        let mut worker = None;
        let mut has_come = false;
        loop {
            match queue.next(std::mem::take(&mut has_come)) {
                Next::Job(job) => {
                    let ran = ready(&mut worker, || Worker::new(py, callable, is_multithreaded))
                        .and_then(|worker| worker.run(py, job));
                    if let Err(error) = ran {
                        // Its job was dropped, and is answered with a 500 (B9).
                        let error = PythonError::new(py, &error);
                        tracing::error!(target: "gateway", clause = "B9", "no call: {error}");
                    }
                    queue.done();
                }
                Next::Nothing => has_come = py.detach(|| queue.wait()),
                Next::Closed => break,
            }
        }
    });
}

/// What is made when it is first needed, as often as it takes.
fn ready<T>(place: &mut Option<T>, make: impl FnOnce() -> PyResult<T>) -> PyResult<&T> {
    Ok(match place.take() {
        Some(made) => place.insert(made),
        None => place.insert(make()?),
    })
}

struct Worker<'py> {
    /// `contextvars.Context`.
    context: Bound<'py, PyAny>,
    turn: Bound<'py, Turn>,
}

impl<'py> Worker<'py> {
    fn new(py: Python<'py>, callable: &Py<PyAny>, is_multithreaded: bool) -> PyResult<Self> {
        let errors = Py::new(py, Errors::default())?;
        let turn = Turn {
            callable: callable.clone_ref(py),
            environs: Mutex::new(Environs::new(py, &errors, is_multithreaded)?),
            errors,
            job: Mutex::new(None),
        };
        Ok(Self {
            context: py.import("contextvars")?.getattr("Context")?,
            turn: Bound::new(py, turn)?,
        })
    }

    /// Runs a job, with its `close()`, in a context of its own: what it sets there, no other call sees.
    ///
    /// # Errors
    ///
    /// What Python raises where no call could be made. What the callable raises is not among it.
    fn run(&self, py: Python<'py>, job: Job) -> PyResult<()> {
        // Its client left while it waited: the callable hears nothing of it.
        if job.answer.is_closed() {
            return Ok(());
        }
        let context = self.context_of(py, &job.environ)?;
        let turn = self.turn.get();
        *turn.job() = Some(job);
        let ran = context.call_method1(intern!(py, "run"), (&self.turn,));
        drop(turn.job().take());
        ran.map(drop)
    }

    /// An empty context; below a WSGI server, a copy of the one that it called in.
    fn context_of(&self, py: Python<'py>, environ: &Environ) -> PyResult<Bound<'py, PyAny>> {
        match environ.extensions().get::<OuterEnviron>() {
            Some(outer) => outer.context(py),
            None => self.context.call0(),
        }
    }
}

/// What a thread does for a job, as an object that `Context.run` can call.
#[pyclass(frozen, module = "adapter_wsgi")]
struct Turn {
    callable: Py<PyAny>,
    environs: Mutex<Environs>,
    errors: Py<Errors>,
    /// The next one. Only the thread of this object puts one here.
    job: Mutex<Option<Job>>,
}

#[pymethods]
impl Turn {
    fn __call__(&self, py: Python<'_>) {
        let job = self.job().take();
        if let Some(job) = job {
            self.run(py, job);
        }
    }
}

impl Turn {
    fn job(&self) -> MutexGuard<'_, Option<Job>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, py: Python<'_>, job: Job) {
        let _context = job.runtime.as_ref().map(Handle::enter);
        let mut environ = job.environ;
        let is_head = *environ.request_method() == Method::HEAD;
        let call = Arc::new(Call::new(job.start_response, job.answer, is_head));
        let body = environ.take_input();
        let mut input: Option<Bound<'_, Input>> = None;
        let mut iterable = None;
        // A panic of ours, or one that Python passed on (B9).
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let input = &*input.insert(Bound::new(py, Input::new(call.clone(), body))?);
            let dict = self.environ(py, &environ, input)?;
            let start = Bound::new(py, Start(call.clone()))?;
            let returned = iterable.insert(self.callable.bind(py).call1((dict, start))?);
            if is_buffered(returned) {
                // Nobody reads on. The driver learns of it before the head goes out (I5).
                input.get().close();
            }
            iterate(py, &call, returned)
        }));
        if let Some(input) = input {
            input.get().close();
        }
        let outcome = match outcome {
            Ok(Ok(())) => Ok(()),
            // It ended because of what it was told.
            Ok(Err(error)) if error.is_instance_of::<ClientGone>(py) => Ok(()),
            Ok(Err(error)) => Err(as_error(py, &call, &error)),
            Err(_) => Err(Error::msg("a panic on the thread of a WSGI callable")),
        };
        // L3: what nobody waits for is not answered. It is no error of the app, unless it is one.
        if let Some(error) = call.finish(py, outcome) {
            py.detach(|| {
                tracing::warn!(target: "gateway", clause = "L3", "behind the response: {error}");
            });
        }
        if let Some(iterable) = &iterable {
            // L1: exactly once, whatever happened.
            let closed = catch_unwind(AssertUnwindSafe(|| close(py, iterable)));
            if closed.is_err() {
                tracing::error!(target: "gateway", clause = "B9", "close() panicked");
            }
        }
        self.errors.get().flush(py);
    }

    fn environ<'py>(
        &self,
        py: Python<'py>,
        environ: &Environ,
        input: &Bound<'_, Input>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut environs = self.environs.lock().unwrap_or_else(PoisonError::into_inner);
        environs.make(py, environ, input)
    }
}

/// An error of the input that a callable let pass keeps its own answer (I3, I4).
fn as_error(py: Python<'_>, call: &Call, error: &PyErr) -> Error {
    if error.is_instance_of::<RequestBodyError>(py)
        && let Some(error) = call.take_input_error()
    {
        return error.into();
    }
    PythonError::new(py, error).into()
}
