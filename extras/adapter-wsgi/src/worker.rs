//! A thread of the pool: attached to the interpreter for its whole life.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use gateway_core::Error;
use http::Method;
use pyo3::prelude::*;
use tokio::runtime::Handle;

use crate::call::{Call, ClientGone};
use crate::close::close;
use crate::environ::Environs;
use crate::errors::Errors;
use crate::input::{Input, RequestBodyError};
use crate::iterate::{is_buffered, iterate};
use crate::pool::{Job, Next, Queue};
use crate::python_error::PythonError;
use crate::start_response::Start;

/// Runs jobs until the queue is closed and empty.
///
/// The thread stays attached: its thread-local values live from one request to the next, as they do
/// under other servers. The interpreter is free whenever it waits.
pub(crate) fn work(queue: &Queue, callable: &Py<PyAny>, is_multithreaded: bool) {
    Python::attach(|py| {
        let mut worker = Worker {
            callable: callable.bind(py),
            errors: None,
            environs: None,
            is_multithreaded,
        };
        loop {
            match queue.next() {
                Next::Job(job) => {
                    worker.run(py, job);
                    queue.done();
                }
                Next::Nothing => py.detach(|| queue.wait()),
                Next::Closed => break,
            }
        }
    });
}

struct Worker<'a, 'py> {
    callable: &'a Bound<'py, PyAny>,
    errors: Option<Py<Errors>>,
    environs: Option<Environs>,
    is_multithreaded: bool,
}

impl<'py> Worker<'_, 'py> {
    fn run(&mut self, py: Python<'py>, job: Job) {
        // Its client left while it waited: the callable hears nothing of it.
        if job.answer.is_closed() {
            return;
        }
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
            let dict = self.environs(py)?.make(py, &environ, input)?;
            let start = Bound::new(py, Start(call.clone()))?;
            let returned = iterable.insert(self.callable.call1((dict, start))?);
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
        if let Some(errors) = &self.errors {
            errors.get().flush(py);
        }
    }

    fn environs(&mut self, py: Python<'_>) -> PyResult<&mut Environs> {
        if self.environs.is_none() {
            let errors = Py::new(py, Errors::default())?;
            self.environs = Some(Environs::new(py, &errors, self.is_multithreaded)?);
            self.errors = Some(errors);
        }
        self.environs
            .as_mut()
            .ok_or_else(|| pyo3::exceptions::PyRuntimeError::new_err("no environs"))
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
