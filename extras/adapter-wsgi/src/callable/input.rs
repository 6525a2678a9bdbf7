//! `wsgi.input` as the input of an app.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{BoxError, Input};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// So much is asked for at a time.
const PIECE: u64 = 64 * 1024;

/// The input of a request.
pub(super) fn input(environ: &Bound<'_, PyDict>, length: Option<u64>) -> PyResult<Input> {
    let py = environ.py();
    let is_terminated = match environ.get_item(intern!(py, "wsgi.input_terminated"))? {
        Some(flag) => flag.is_truthy()?,
        None => false,
    };
    // A file that has no end must not be read behind its length (PEP 3333).
    if length.is_none_or(|length| length == 0) && !(is_terminated && length.is_none()) {
        return Ok(Input::empty());
    }
    Ok(match environ.get_item(intern!(py, "wsgi.input"))? {
        Some(stream) => Input::new(WsgiInput {
            stream: stream.unbind(),
            left: length,
            is_over: false,
        }),
        None => Input::empty(),
    })
}

struct WsgiInput {
    stream: Py<PyAny>,
    /// What is left of the declared length.
    left: Option<u64>,
    is_over: bool,
}

impl HttpBody for WsgiInput {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let size = self.left.map_or(PIECE, |left| left.min(PIECE));
        let read = Python::attach(|py| {
            let read = self.stream.call_method1(py, intern!(py, "read"), (size,))?;
            let bytes = read.bind(py).cast::<PyBytes>()?.as_bytes();
            PyResult::Ok(Bytes::copy_from_slice(bytes))
        });
        Poll::Ready(match read {
            Ok(bytes) if bytes.is_empty() => {
                self.is_over = true;
                None
            }
            Ok(bytes) => {
                if let Some(left) = &mut self.left {
                    *left = left.saturating_sub(bytes.len() as u64);
                }
                Some(Ok(Frame::data(bytes)))
            }
            Err(error) => {
                self.is_over = true;
                Some(Err(error.into()))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Some(left) if !self.is_over => SizeHint::with_exact(left),
            _ => SizeHint::default(),
        }
    }
}
