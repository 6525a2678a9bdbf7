//! The request's body on its way to the upstream, and since when it is the upstream that is waited for.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::{Input, InputError};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// Since when the upstream is waited for; `None` while it is the client.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<Option<Instant>>>);

impl Watch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// The upstream is waited for from now on.
    pub(crate) fn touch(&self) {
        self.set(Some(Instant::now()));
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the upstream was waited for this long.
    pub(crate) async fn expires(&self, timeout: Duration) {
        loop {
            let since = self.since();
            match since.unwrap_or_else(Instant::now).checked_add(timeout) {
                Some(end) => sleep_until(end).await,
                // A limit beyond the clock is none.
                None => pending().await,
            }
            if since.is_some() && since == self.since() {
                return;
            }
        }
    }
}

/// The body, which tells the watch of itself.
pub(crate) struct Watched {
    input: Input,
    watch: Watch,
    /// There is something to wait for.
    is_there: bool,
}

impl Watched {
    pub(crate) fn new(input: Input, watch: Watch) -> Self {
        let is_there = !input.is_end_stream();
        Self {
            input,
            watch,
            is_there,
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = InputError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InputError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.input).poll_frame(cx);
        let since = polled.is_ready().then(Instant::now);
        this.watch.set(since);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.input.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.input.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Sent, or given up by the upstream.
        if self.is_there {
            self.watch.touch();
        }
    }
}
