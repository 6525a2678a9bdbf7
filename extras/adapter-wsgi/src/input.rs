//! `wsgi.input`: the request's body as a file.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use gateway_core::InputError;
use gateway_util::wait_for;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::call::{Call, ClientGone};

create_exception!(
    adapter_wsgi,
    RequestBodyError,
    PyOSError,
    "The request's body could not be read: it was cut short, or is larger than is allowed."
);

/// The input of a request. A read waits for the client, and meanwhile the interpreter is free.
#[pyclass(frozen, module = "adapter_wsgi")]
pub(crate) struct Input {
    call: Arc<Call>,
    place: Mutex<Place>,
}

enum Place {
    Here(Reader),
    /// With the thread that reads.
    Taken,
    Closed,
}

struct Reader {
    input: gateway_core::Input,
    /// What was received and not read.
    chunk: Bytes,
}

impl Input {
    pub(crate) fn new(call: Arc<Call>, input: gateway_core::Input) -> Self {
        let reader = Reader {
            input,
            chunk: Bytes::new(),
        };
        Self {
            call,
            place: Mutex::new(Place::Here(reader)),
        }
    }

    /// Lets go of the request's body (I5), whoever keeps this object.
    pub(crate) fn close(&self) {
        let reader = std::mem::replace(&mut *self.place(), Place::Closed);
        drop(reader);
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads with the reader of this input.
    fn with<T>(&self, read: impl FnOnce(&mut Reader) -> PyResult<T>) -> PyResult<T> {
        // Without the lock: another thread that wants it would wait with the interpreter in hand.
        let taken = {
            let mut place = self.place();
            match &*place {
                Place::Here(_) => std::mem::replace(&mut *place, Place::Taken),
                Place::Taken => Place::Taken,
                Place::Closed => Place::Closed,
            }
        };
        let mut reader = match taken {
            Place::Here(reader) => reader,
            Place::Taken => {
                return Err(PyRuntimeError::new_err("another thread reads wsgi.input"));
            }
            Place::Closed => return Err(PyValueError::new_err("the request is over")),
        };
        let outcome = read(&mut reader);
        let mut place = self.place();
        if matches!(*place, Place::Taken) {
            *place = Place::Here(reader);
        }
        outcome
    }
}

impl Reader {
    /// Makes sure that there is something to read; false at the end.
    fn fill(&mut self, py: Python<'_>, call: &Call) -> PyResult<bool> {
        while self.chunk.is_empty() {
            match self.next(py, call)? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn next(&mut self, py: Python<'_>, call: &Call) -> PyResult<Option<Bytes>> {
        // What is there already costs no change of threads.
        let ready = pin!(self.input.chunk()).poll(&mut Context::from_waker(Waker::noop()));
        let chunk = match ready {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => py
                .detach(|| wait(&mut self.input, call))
                .ok_or_else(|| ClientGone::new_err("nobody waits for the answer any more"))?,
        };
        chunk.map_err(|error| {
            let raised = RequestBodyError::new_err(error.to_string());
            call.set_input_error(error);
            raised
        })
    }

    /// Up to `size` bytes, and no fewer but at the end.
    fn read(&mut self, py: Python<'_>, call: &Call, size: usize) -> PyResult<Py<PyBytes>> {
        let mut all = Vec::new();
        while all.len() < size && self.fill(py, call)? {
            let count = self.chunk.len().min(size - all.len());
            let part = &self.chunk[..count];
            // Most reads are of one chunk, and are copied once.
            if all.is_empty() && (count == size || self.ends_behind(count)) {
                let bytes = PyBytes::new(py, part).unbind();
                self.chunk.advance(count);
                return Ok(bytes);
            }
            all.extend_from_slice(part);
            self.chunk.advance(count);
        }
        Ok(PyBytes::new(py, &all).unbind())
    }

    /// True if nothing follows what is there.
    fn ends_behind(&self, count: usize) -> bool {
        count == self.chunk.len() && http_body::Body::is_end_stream(&self.input)
    }

    /// Up to the end of a line, or `size` bytes of it.
    fn line(&mut self, py: Python<'_>, call: &Call, size: usize) -> PyResult<Py<PyBytes>> {
        let mut line = Vec::new();
        while line.len() < size && self.fill(py, call)? {
            let most = self.chunk.len().min(size - line.len());
            let end = self.chunk[..most].iter().position(|byte| *byte == b'\n');
            let count = end.map_or(most, |end| end + 1);
            line.extend_from_slice(&self.chunk[..count]);
            self.chunk.advance(count);
            if end.is_some() {
                break;
            }
        }
        Ok(PyBytes::new(py, &line).unbind())
    }
}

/// The next chunk; `None` when nobody waits for the answer any more.
fn wait(input: &mut gateway_core::Input, call: &Call) -> Option<Result<Option<Bytes>, InputError>> {
    let mut chunk = pin!(input.chunk());
    let mut abandoned = pin!(call.abandoned());
    let waited = wait_for(std::future::poll_fn(|cx| {
        if let Poll::Ready(chunk) = chunk.as_mut().poll(cx) {
            return Poll::Ready(Some(chunk));
        }
        Pin::new(&mut abandoned).poll(cx).map(|()| None)
    }));
    waited.ok().flatten()
}

#[pymethods]
impl Input {
    #[pyo3(signature = (size = None, /))]
    fn read(&self, py: Python<'_>, size: Option<isize>) -> PyResult<Py<PyBytes>> {
        self.with(|reader| reader.read(py, &self.call, bound(size)))
    }

    #[pyo3(signature = (size = None, /))]
    fn readline(&self, py: Python<'_>, size: Option<isize>) -> PyResult<Py<PyBytes>> {
        self.with(|reader| reader.line(py, &self.call, bound(size)))
    }

    /// All lines, or as many as have `hint` bytes together.
    #[pyo3(signature = (hint = None, /))]
    fn readlines<'py>(&self, py: Python<'py>, hint: Option<isize>) -> PyResult<Bound<'py, PyList>> {
        let lines = PyList::empty(py);
        let mut left = match hint {
            Some(0) | None => usize::MAX,
            hint => bound(hint),
        };
        while left > 0 {
            let line = self.readline(py, None)?;
            let length = line.as_bytes(py).len();
            if length == 0 {
                break;
            }
            lines.append(line)?;
            left = left.saturating_sub(length);
        }
        Ok(lines)
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyBytes>>> {
        let line = self.readline(py, None)?;
        Ok((!line.as_bytes(py).is_empty()).then_some(line))
    }
}

/// What is negative, or not there, is no bound.
fn bound(size: Option<isize>) -> usize {
    size.and_then(|size| usize::try_from(size).ok())
        .unwrap_or(usize::MAX)
}
