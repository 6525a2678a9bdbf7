//! The wrapper around the app under test: the lint, and a record of the app's errors.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::lint::{Findings, Lint};
use gateway_core::{App, Body, BoxApp, Environ, Error, StartResponse};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::fail;

/// What is seen of one exchange. It travels to the app in the environ, and is taken out there.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    findings: Findings,
    error: Arc<Mutex<Option<String>>>,
}

impl Seen {
    /// Ends the test if the lint has found something.
    #[track_caller]
    pub(crate) fn raise(&self) {
        let findings = self.findings.take();
        if findings.is_empty() || std::thread::panicking() {
            return;
        }
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        fail(&format!("the lint has found:\n  {}", lines.join("\n  ")));
    }

    /// The error of the app, with its causes.
    pub(crate) fn error(&self) -> Option<String> {
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
pub(crate) struct Witness {
    app: Arc<BoxApp>,
    has_lint: bool,
}

impl Witness {
    pub(crate) fn new(app: impl App) -> Self {
        Self {
            app: Arc::new(BoxApp::new(app)),
            has_lint: true,
        }
    }

    pub(crate) fn without_lint(&self) -> Self {
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

    gateway_core::forward_lifespan!(app);
}

/// Records the errors of a stream. A buffered body has none and passes as it is.
fn watch(body: Body, seen: Seen) -> Body {
    if body.buffered().is_some() {
        return body;
    }
    body.wrap(|body| Watched { body, seen })
}

struct Watched {
    body: Body,
    seen: Seen,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Err(error))) = &poll {
            self.seen.record(error);
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An error with its causes, on one line: `outer: inner: innermost`.
struct Chain<'a>(&'a (dyn StdError + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
