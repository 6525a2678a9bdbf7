//! `Upload`: an input that remembers why it could not be read.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::{Input, InputError};
use http_body::{Body, Frame, SizeHint};

/// The input as `dav-server` reads it.
pub(crate) struct Upload {
    input: Input,
    failed: Failed,
}

/// The error of an input, for who gave it away.
#[derive(Clone, Default)]
pub(crate) struct Failed(Arc<OnceLock<InputError>>);

impl Upload {
    pub(crate) fn new(input: Input) -> (Self, Failed) {
        let failed = Failed::default();
        let upload = Self {
            input,
            failed: failed.clone(),
        };
        (upload, failed)
    }
}

impl Failed {
    /// The error, if there was one.
    pub(crate) fn take(&self) -> Option<InputError> {
        self.0.get().cloned()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = InputError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InputError>>> {
        let polled = Pin::new(&mut self.input).poll_frame(cx);
        if let Poll::Ready(Some(Err(error))) = &polled {
            // The first is the one that counts.
            let _ = self.failed.0.set(error.clone());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.input.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.input.size_hint()
    }
}
