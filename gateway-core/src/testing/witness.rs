//! What stands around the app: the lint, and an eye on its errors.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::fail;
use crate::app::App;
use crate::body::{Body, FrameSource, Frames, Repr};
use crate::box_app::BoxApp;
use crate::environ::Environ;
use crate::error::Error;
use crate::lint::{Findings, Lint};
use crate::log::Chain;
use crate::start_response::StartResponse;

/// What is seen of one exchange. It travels to the app in the environ, and is taken out there.
#[derive(Clone, Default)]
pub(super) struct Seen {
    findings: Findings,
    error: Arc<Mutex<Option<String>>>,
}

impl Seen {
    /// Ends the test if the lint has found something.
    #[track_caller]
    pub(super) fn raise(&self) {
        let findings = self.findings.take();
        if findings.is_empty() || std::thread::panicking() {
            return;
        }
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        fail(&format!("the lint has found:\n  {}", lines.join("\n  ")));
    }

    /// The error of the app, with its causes.
    pub(super) fn error(&self) -> Option<String> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn record(&self, error: &Error) {
        let text = Chain(error.as_dyn()).to_string();
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

/// The app under test.
pub(super) struct Witness {
    app: Arc<BoxApp>,
    has_lint: bool,
}

impl Witness {
    pub(super) fn new(app: impl App) -> Self {
        Self {
            app: Arc::new(BoxApp::new(app)),
            has_lint: true,
        }
    }

    pub(super) fn without_lint(&self) -> Self {
        Self {
            app: self.app.clone(),
            has_lint: false,
        }
    }
}

impl App for Witness {
    async fn call(
        &self,
        mut environ: Environ,
        start_response: StartResponse,
    ) -> Result<Body, Error> {
        let seen = environ
            .extensions_mut()
            .remove::<Seen>()
            .unwrap_or_default();
        let outcome = if self.has_lint {
            let lint = Lint::new(self.app.clone()).on_finding(&seen.findings);
            lint.call(environ, start_response).await
        } else {
            self.app.call(environ, start_response).await
        };
        match outcome {
            Ok(body) => Ok(watch(body, seen)),
            Err(error) => {
                seen.record(&error);
                Err(error)
            }
        }
    }
}

/// Keeps an eye on the errors of a stream.
fn watch(body: Body, seen: Seen) -> Body {
    match body.0 {
        Repr::Stream { frames, flush } => Body(Repr::Stream {
            frames: Box::pin(Watched { frames, seen }),
            flush,
        }),
        repr => Body(repr),
    }
}

struct Watched {
    frames: Frames,
    seen: Seen,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let poll = self.frames.as_mut().poll_frame(cx);
        if let Poll::Ready(Some(Err(error))) = &poll {
            self.seen.record(error);
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.size_hint()
    }
}

impl FrameSource for Watched {
    fn buffered(&self) -> Option<&Bytes> {
        self.frames.buffered()
    }
}
